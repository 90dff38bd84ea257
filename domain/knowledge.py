"""What the knowledge base holds, what it may learn from people, and the stores of both.

Stores never commit. Every method raises StoreUnavailable when PostgreSQL can't be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.channels import Channel
from domain.tickets import Category, EscalationReason
from domain.turns import Passage

Vector = NDArray[np.float32]
"""Of length 1."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an article, ready to be stored.

    `own_vector` is what the model made of `embedded_text` alone; None: not kept. `vector` is what
    searches compare with.
    """

    chunk_index: int
    content: str
    content_hash: str
    vector: Sequence[float] | Vector
    own_vector: Sequence[float] | Vector | None = None
    embedded_text: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    id: UUID
    title: str
    category: str
    source: str
    url: str | None
    chunks: tuple[Chunk, ...]
    author: str = "import"
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    article_id: UUID
    version: int
    title: str
    category: str
    content: str
    source: str
    url: str | None
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """An article as it is now. `down_votes` and `reopened` count tickets that were answered from it."""

    article_id: UUID
    version: int
    title: str
    category: str
    source: str
    url: str | None
    is_published: bool
    expires_at: datetime | None
    updated_at: datetime
    down_votes: int = 0
    up_votes: int = 0
    reopened: int = 0
    contradicted: int = 0


@dataclass(frozen=True, slots=True)
class Embeddable:
    """A chunk that lacks a vector of some model."""

    chunk_id: UUID
    embedded_text: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """`missing` is how many chunks that searches can find have no vector of this model."""

    model_id: str
    dimension: int
    chunks: int
    missing: int
    is_live: bool
    is_previous: bool
    comparison: Mapping[str, object] | None


class CandidateState(StrEnum):
    PROPOSED = "proposed"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Evidence:
    ticket_number: str
    question: str
    reopened: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that people's answers propose."""

    id: UUID
    title: str
    text: str
    category: str
    state: CandidateState
    reason: str | None
    evaluation: Mapping[str, object] | None
    article_id: UUID | None
    decided_by: str | None
    expires_at: datetime
    created_at: datetime
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.state in (CandidateState.PROPOSED, CandidateState.HELD)


@dataclass(frozen=True, slots=True)
class ResolvedTicket:
    """A ticket that a person resolved, with everything that was said in it, by who said it."""

    id: UUID
    number: str
    category: Category
    reason: EscalationReason | None
    subject: str
    note: str
    resolved_at: datetime
    private_words: tuple[str, ...]
    """Names and identifiers of the customer and names of the staff."""
    customer_texts: tuple[str, ...]
    staff_texts: tuple[str, ...]
    agent_texts: tuple[str, ...]
    search_failed: bool
    """The agent looked for an answer in it and found none."""
    is_disputed: bool
    """The customer's newest word on it is a thumbs-down."""


class Lesson(StrEnum):
    """What came of a resolved ticket."""

    CANDIDATE = "candidate"
    EVIDENCE = "evidence"
    KNOWN = "known"
    HARD_LIMIT = "hard_limit"
    ONE_OFF = "one_off"
    PRIVATE = "private"
    NOTHING_GENERAL = "nothing_general"
    CONTRADICTION = "contradiction"
    DISPUTED = "disputed"
    REJECTED_BEFORE = "rejected_before"


@dataclass(frozen=True, slots=True)
class RegressionQuestion:
    question: str
    article_id: UUID


@dataclass(frozen=True, slots=True)
class ConfirmedAnswer:
    """An answer from an article that its customer called helpful."""

    ticket_id: UUID
    question: str
    article_id: UUID
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedSearch:
    """What was searched for and not found, in one turn."""

    query: str
    conversation_id: UUID
    channel: Channel
    at: datetime
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedTicket:
    """A ticket as the digest groups it by topic."""

    number: str
    channel: Channel
    text: str
    sentiment: float | None
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredDigest:
    day: date
    body: Mapping[str, object]
    computed_at: datetime
    mailed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Figures of a day, of one channel or, where that is None, of all together."""

    channel: Channel | None
    messages: int = 0
    conversations: int = 0
    scored: int = 0
    avg_sentiment: float | None = None
    negative: int = 0
    tickets: int = 0
    resolved_confirmed: int = 0
    resolved_assumed: int = 0
    answers: int = 0
    avg_latency_ms: float | None = None
    p50_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    staff_answers: int = 0
    avg_staff_wait_s: float | None = None
    p95_staff_wait_s: float | None = None
    escalations: int = 0
    escalations_by_reason: Mapping[str, int] = field(default_factory=dict)


class Knowledge(Protocol):
    async def live_model(self) -> str | None:
        """The model whose vectors searches compare with; None while nothing was ever stored."""
        ...

    async def nearest(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str | None = None
    ) -> list[Passage]:
        """Published, unexpired chunks by cosine, best first. `model_id` made `vector`; None: the live one."""
        ...

    async def around(self, passage: Passage, vector: Vector, model_id: str) -> list[Passage]:
        """The passage and its neighbours in its article, in the article's order."""
        ...

    async def hashes(self, source: str) -> Mapping[tuple[UUID, int], str]:
        """content_hash of what is indexed of a source, by (article id, chunk index)."""
        ...

    async def own_vectors(self, content_hashes: Sequence[str]) -> Mapping[str, Vector]:
        """What is already embedded of these, wherever it stands."""
        ...

    async def put(self, article: Article, model_id: str) -> None:
        """Replace an article's chunks by these (a higher version where it existed).

        An article that was unpublished stays so. The first model ever stored becomes the live one;
        raises Conflict where another one is live: embed again.
        """
        ...

    async def remove(self, article_ids: Sequence[UUID]) -> None:
        """What was written in their versions stays."""
        ...

    async def count(self) -> int: ...

    async def articles(self, source: str | None, limit: int) -> list[ArticleEntry]:
        """Those with complaints first, then those about to expire, then the newest."""
        ...

    async def versions(self, article_id: UUID) -> list[ArticleVersion]:
        """Newest first. Raises NotFound."""
        ...

    async def set_published(self, article_id: UUID, is_published: bool) -> None:
        """Found by the next search, or no longer. Raises NotFound."""
        ...


class KnowledgeModels(Protocol):
    async def entries(self) -> list[ModelEntry]: ...

    async def add(self, model_id: str, dimension: int) -> None:
        """Idempotent. Raises Conflict where its dimension was another one before."""
        ...

    async def lacking(self, model_id: str, limit: int) -> list[list[Embeddable]]:
        """Articles, as far as the live model has them, that have no vectors of this one."""
        ...

    async def add_vectors(
        self, model_id: str, vectors: Sequence[tuple[UUID, Vector, Vector]]
    ) -> None:
        """(chunk, own vector, vector to compare) beside the live one's. A chunk replaced meanwhile is left out."""
        ...

    async def sample_titles(self, limit: int) -> list[RegressionQuestion]:
        """Published articles' titles, as questions whose answer is certain."""
        ...

    async def switch(self, model_id: str, actor: str, comparison: Mapping[str, object]) -> bool:
        """Searches read this model's vectors from the commit on. False while some are missing."""
        ...

    async def drop(self, model_id: str) -> int:
        """Delete its vectors; how many. Raises NotFound, Conflict for the live one."""
        ...


class Lessons(Protocol):
    async def unread(self, limit: int) -> list[ResolvedTicket]:
        """Resolved by a person and not looked at since, oldest first."""
        ...

    async def note(
        self, ticket_id: UUID, resolved_at: datetime, lesson: Lesson, article_id: UUID | None
    ) -> bool:
        """False where somebody else noted this resolution first."""
        ...

    async def add_candidate(
        self, title: str, text: str, category: str, expires_at: datetime
    ) -> UUID: ...

    async def add_evidence(self, candidate_id: UUID, ticket_id: UUID, question: str) -> None: ...

    async def candidates(
        self, states: Collection[CandidateState] | None, limit: int
    ) -> list[Candidate]:
        """Undecided ones first, and of them those with the most undisputed evidence."""
        ...

    async def lock_candidate(self, candidate_id: UUID) -> Candidate:
        """Holds it until the commit. Raises NotFound."""
        ...

    async def decide(
        self,
        candidate_id: UUID,
        state: CandidateState,
        *,
        staff: str | None,
        reason: str | None = None,
        title: str | None = None,
        text: str | None = None,
        article_id: UUID | None = None,
        evaluation: Mapping[str, object] | None = None,
    ) -> None:
        """None leaves title, text, article and evaluation as they are."""
        ...

    async def withdraw_disputed(self) -> int:
        """Take back evidence that its customer contradicts, and undecided candidates that lose all of it."""
        ...

    async def questions(self, limit: int) -> list[RegressionQuestion]:
        """Of published articles, newest first."""
        ...

    async def add_question(
        self, question: str, article_id: UUID, origin: str, ticket_id: UUID | None
    ) -> None:
        """The same question of the same article is kept once."""
        ...

    async def confirmed_answers(self, limit: int) -> list[ConfirmedAnswer]:
        """Answered by the agent from an article, called helpful, and not yet a regression question."""
        ...

    async def failed_searches(
        self, since: datetime, until: datetime, limit: int
    ) -> list[FailedSearch]:
        """Newest first."""
        ...


class Digests(Protocol):
    async def figures(
        self, since: datetime, until: datetime, negative_below: float
    ) -> list[DayFigures]:
        """All channels together first, then every channel; the rules of counting stand with the SQL."""
        ...

    async def tickets(self, since: datetime, until: datetime, limit: int) -> list[ReportedTicket]:
        """Opened in that time, oldest first."""
        ...

    async def words(self, numbers: Sequence[str]) -> Mapping[str, ReportedTicket]:
        """The same of named tickets, as far as they still have their words."""
        ...

    async def stored(self, day: date) -> StoredDigest | None: ...

    async def save(self, day: date, body: Mapping[str, object]) -> None: ...

    async def claim_mail(self, day: date) -> bool:
        """Mark it mailed; False where it was already."""
        ...
