"""Defines articles as people write them: their text and settings, state, versions and origin, and their store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

WRITTEN = "console"
"""The source of articles that were written here."""
UPLOADED = "upload"
"""The source of articles from uploaded files."""
LEARNED = "learned"
"""The source of articles made of staff's answers."""


class ArticleState(StrEnum):
    """Whether customers are answered from an article."""

    DRAFT = "draft"
    """It never was published."""
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"


class Origin(StrEnum):
    """Where an article's text came from."""

    WRITTEN = "written"
    LEARNED = "learned"
    UPLOAD = "upload"
    IMPORT = "import"
    CRAWL = "crawl"


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What an editor sets; `body` is Markdown.

    `is_whole`: its answer is said whole or not at all. `is_internal`: for staff, never quoted to customers.
    """

    title: str
    body: str
    category: str = "general"
    language: str | None = None
    url: str | None = None
    expires_at: datetime | None = None
    is_whole: bool = False
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article at its newest version.

    `published_version` is the version that searches know; a higher `version` is a draft of a change.
    """

    id: UUID
    version: int
    published_version: int | None
    state: ArticleState
    text: ArticleText
    source: str
    origin: Origin
    is_edited: bool
    author: str
    created_at: datetime
    updated_at: datetime
    questions: int = 0
    down_votes: int = 0
    up_votes: int = 0
    reopened: int = 0
    contradicted: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether a change of a published article waits to be published."""
        return self.published_version is not None and self.published_version < self.version

    @property
    def is_expired(self) -> bool:
        """Whether its time is over, so that no search finds it."""
        return self.text.expires_at is not None and self.text.expires_at <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles to list; None or an empty text means all."""

    words: str = ""
    state: str | None = None
    """A state, or `expired`, or `changed` for those whose change waits."""
    source: str | None = None
    language: str | None = None
    is_internal: bool | None = None


@dataclass(frozen=True, slots=True)
class ArticleQuestion:
    """A question that an article must answer."""

    id: UUID
    question: str
    origin: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ArticleEvidence:
    """A customer's question that a draft was begun for."""

    conversation_id: UUID
    question: str


class Articles(Protocol):
    """The store of articles as people write them; what searches find is `Knowledge`'s."""

    async def lock(self, article_id: UUID) -> StoredArticle | None:
        """Return an article; no one else changes it until the transaction ends."""
        ...

    async def get(self, article_id: UUID) -> StoredArticle:
        """Return an article. Raises NotFound."""
        ...

    async def find(self, wanted: ArticleFilter, limit: int, offset: int = 0) -> list[StoredArticle]:
        """Return articles with complaints first, then those about to expire, then the newest."""
        ...

    async def save(
        self,
        article_id: UUID,
        text: ArticleText,
        *,
        state: ArticleState,
        source: str,
        author: str,
        restored_from: int | None = None,
    ) -> int:
        """Store a new version that searches do not know, and return its number."""
        ...

    async def origins(self, source: str) -> Mapping[UUID, tuple[str | None, bool]]:
        """Return of each article of a source the hash of what the source said, and whether it was edited since."""
        ...

    async def questions(self, article_id: UUID) -> list[ArticleQuestion]:
        """Return an article's regression questions, oldest first."""
        ...

    async def forget_question(self, article_id: UUID, question_id: UUID) -> str:
        """Remove a regression question and return it. Raises NotFound."""
        ...

    async def add_evidence(self, article_id: UUID, evidence: Sequence[ArticleEvidence]) -> None:
        """Link customers' questions to an article."""
        ...

    async def evidence(self, article_id: UUID) -> list[ArticleEvidence]:
        """Return the linked questions, oldest first."""
        ...
