"""Defines the knowledge base's records, what is learned from staff, and the stores of both.

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

from domain.articles import ArticleState
from domain.channels import Channel
from domain.gate import Gate
from domain.tickets import Category, EscalationReason
from domain.turns import Passage

Vector = NDArray[np.float32]
"""A unit vector."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an article to store.

    `own_vector` is the embedding of `embedded_text` alone, or None; searches compare with `vector`.
    """

    chunk_index: int
    content: str
    content_hash: str
    vector: Sequence[float] | Vector
    own_vector: Sequence[float] | Vector | None = None
    embedded_text: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A stored chunk as an import compares it: what differs is stored anew."""

    content_hash: str
    content: str
    category: str
    url: str | None
    language: str | None
    section: str
    is_whole: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Article:
    """An article to store and to index.

    `is_whole` means that it is said whole or not at all; one that `is_outdated` is stored unpublished. `body` is
    its Markdown, the chunks' text where it is empty. `is_internal` None leaves who may read it unchanged; `state`
    None keeps an unpublished article unpublished. `origin_hash` covers what its source says; `is_edited` means
    that a person wrote this text over the source's. `version` is the stored one to index, None for a new one.
    """

    id: UUID
    title: str
    category: str
    source: str
    url: str | None
    chunks: tuple[Chunk, ...]
    author: str = "import"
    expires_at: datetime | None = None
    language: str | None = None
    is_whole: bool = False
    is_outdated: bool = False
    body: str = ""
    is_internal: bool | None = None
    state: ArticleState | None = None
    origin_hash: str | None = None
    is_edited: bool = False
    restored_from: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """An article's text at one version."""

    article_id: UUID
    version: int
    title: str
    category: str
    content: str
    source: str
    url: str | None
    author: str
    created_at: datetime
    language: str | None = None
    expires_at: datetime | None = None
    is_whole: bool = False
    is_internal: bool = False
    restored_from: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """An article's current state. `down_votes` and `reopened` count tickets that it answered."""

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
    language: str | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Embeddable:
    """A chunk without a vector of some model."""

    chunk_id: UUID
    embedded_text: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """An embedding model; `missing` counts findable chunks without its vector."""

    model_id: str
    dimension: int
    chunks: int
    missing: int
    is_live: bool
    is_previous: bool
    comparison: Mapping[str, object] | None


class CandidateState(StrEnum):
    """What was decided about a candidate."""

    PROPOSED = "proposed"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A ticket whose resolution supports a candidate."""

    ticket_number: str
    conversation_id: UUID
    question: str
    reopened: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article made of staff's answers, before or after its approval."""

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
        """Whether it is undecided."""
        return self.state in (CandidateState.PROPOSED, CandidateState.HELD)


@dataclass(frozen=True, slots=True)
class ResolvedTicket:
    """A ticket that a person resolved, with its texts by author."""

    id: UUID
    number: str
    category: Category
    reason: EscalationReason | None
    subject: str
    note: str
    resolved_at: datetime
    private_words: tuple[str, ...]
    """The customer's names and identifiers, and the staff's names."""
    customer_texts: tuple[str, ...]
    staff_texts: tuple[str, ...]
    agent_texts: tuple[str, ...]
    search_failed: bool
    """The agent searched and found no answer."""
    is_disputed: bool
    """The customer's newest feedback is a thumbs-down."""


class Lesson(StrEnum):
    """What a resolved ticket taught."""

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
    """A question and the article that must answer it."""

    question: str
    article_id: UUID


@dataclass(frozen=True, slots=True)
class ConfirmedAnswer:
    """A question that was answered from an article, and whose customer called the answer helpful."""

    ticket_id: UUID
    question: str
    article_id: UUID
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedSearch:
    """A turn's search that found no answer."""

    query: str
    conversation_id: UUID
    channel: Channel
    at: datetime
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedTicket:
    """A ticket for the digest's topics."""

    number: str
    channel: Channel
    text: str
    sentiment: float | None
    private_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """The digest of a finished day."""

    day: date
    body: Mapping[str, object]
    computed_at: datetime
    mailed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """A day's figures of a channel, or of all channels if it is None."""

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
    """The store of articles and their vectors."""

    async def live_model(self) -> str | None:
        """Return the model whose vectors searches use; None until something is stored."""
        ...

    async def nearest(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str | None = None
    ) -> list[Passage]:
        """Return published, unexpired chunks by cosine, best first.

        `model_id` is the model of `vector`; None means the live one.
        """
        ...

    async def around(self, passage: Passage, vector: Vector, model_id: str) -> list[Passage]:
        """Return the passage and its neighbours in the article's order."""
        ...

    async def nearest_internal(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str
    ) -> list[Passage]:
        """Return chunks that are for staff alone, by cosine, best first."""
        ...

    async def stored_chunks(self, source: str) -> Mapping[tuple[UUID, int], StoredChunk]:
        """Return the indexed chunks of a source by (article id, chunk index)."""
        ...

    async def own_vectors(self, content_hashes: Sequence[str]) -> Mapping[str, Vector]:
        """Return the stored vectors of these hashes, of any article."""
        ...

    async def put(self, article: Article, model_id: str) -> int:
        """Replace an article's chunks under a higher version, and return its number.

        An unpublished article stays unpublished, and an outdated one becomes so. The first model ever stored
        becomes the live one. Raises Conflict if another model is live: embed again.
        """
        ...

    async def remove(self, article_ids: Sequence[UUID]) -> None:
        """Remove articles; their versions stay."""
        ...

    async def count(self) -> int:
        """Count the articles."""
        ...

    async def articles(self, source: str | None, limit: int) -> list[ArticleEntry]:
        """Return articles with complaints first, then those about to expire, then the newest."""
        ...

    async def versions(self, article_id: UUID) -> list[ArticleVersion]:
        """Return an article's versions, newest first. Raises NotFound."""
        ...

    async def set_published(self, article_id: UUID, is_published: bool) -> None:
        """Show or hide an article from the next search on. Raises NotFound."""
        ...

    async def gate(self, model_id: str) -> Gate | None:
        """Return how sure a search by this model must be; None until it was calibrated."""
        ...

    async def set_gate(self, model_id: str, gate: Gate) -> None:
        """Replace the gate of a model, from the next search on."""
        ...

    async def state_of_articles(self, model_id: str) -> str:
        """Return a name of what a search can find now; another one after every change. Empty without articles."""
        ...


class KnowledgeModels(Protocol):
    """The store of embedding models and of their vectors."""

    async def entries(self) -> list[ModelEntry]:
        """Return the models, the live one first."""
        ...

    async def add(self, model_id: str, dimension: int) -> None:
        """Add a model; idempotent. Raises Conflict if it is known with another dimension."""
        ...

    async def lacking(self, model_id: str, limit: int) -> list[list[Embeddable]]:
        """Return articles of the live model without vectors of this one, as lists of chunks."""
        ...

    async def add_vectors(
        self, model_id: str, vectors: Sequence[tuple[UUID, Vector, Vector]]
    ) -> None:
        """Add (chunk, own vector, vector to compare); skip chunks that were replaced meanwhile."""
        ...

    async def sample_titles(self, limit: int) -> list[RegressionQuestion]:
        """Return titles of published articles as questions whose answer is certain."""
        ...

    async def switch(self, model_id: str, actor: str, comparison: Mapping[str, object]) -> bool:
        """Make this model the live one at the commit. False while vectors are missing."""
        ...

    async def drop(self, model_id: str) -> int:
        """Delete a model; return how many vectors it had. Raises NotFound, Conflict if it is live."""
        ...


class Lessons(Protocol):
    """The store of what is learned from resolved tickets."""

    async def unread(self, limit: int) -> list[ResolvedTicket]:
        """Return tickets that a person resolved and nobody has read since, oldest first."""
        ...

    async def note(
        self, ticket_id: UUID, resolved_at: datetime, lesson: Lesson, article_id: UUID | None
    ) -> bool:
        """Note a resolution's lesson; False if it was noted before."""
        ...

    async def add_candidate(
        self, title: str, text: str, category: str, expires_at: datetime
    ) -> UUID:
        """Add a proposed candidate and return its id."""
        ...

    async def add_evidence(self, candidate_id: UUID, ticket_id: UUID, question: str) -> None:
        """Add a ticket to a candidate's evidence; a ticket counts once."""
        ...

    async def candidates(
        self, states: Collection[CandidateState] | None, limit: int
    ) -> list[Candidate]:
        """Return undecided candidates first, and of them those with the most undisputed evidence."""
        ...

    async def lock_candidate(self, candidate_id: UUID) -> Candidate:
        """Return a candidate, locked until the commit. Raises NotFound."""
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
        """Store a decision; None leaves title, text, article and evaluation unchanged."""
        ...

    async def withdraw_disputed(self) -> int:
        """Withdraw evidence that its customer disputes, and undecided candidates without any left."""
        ...

    async def questions(self, limit: int) -> list[RegressionQuestion]:
        """Return regression questions of published articles, newest first."""
        ...

    async def add_question(
        self, question: str, article_id: UUID, origin: str, ticket_id: UUID | None
    ) -> None:
        """Add a regression question; a repetition for the same article is ignored."""
        ...

    async def confirmed_answers(self, limit: int) -> list[ConfirmedAnswer]:
        """Return the agent's answers from an article that were called helpful and are no question yet."""
        ...

    async def failed_searches(
        self,
        since: datetime,
        until: datetime,
        limit: int,
        conversations: Sequence[UUID] | None = None,
    ) -> list[FailedSearch]:
        """Return searches without an answer, newest first; only those of `conversations` if given."""
        ...


class Digests(Protocol):
    """The store of daily digests and of the figures they are made of."""

    async def figures(
        self, since: datetime, until: datetime, negative_below: float
    ) -> list[DayFigures]:
        """Count all channels together, then each channel, by the rules in database/sql/digests.sql."""
        ...

    async def tickets(self, since: datetime, until: datetime, limit: int) -> list[ReportedTicket]:
        """Return tickets opened in that time, oldest first."""
        ...

    async def words(self, numbers: Sequence[str]) -> Mapping[str, ReportedTicket]:
        """Return these tickets by number, without those that were erased."""
        ...

    async def stored(self, day: date) -> StoredDigest | None:
        """Return the stored digest of a day, if any."""
        ...

    async def save(self, day: date, body: Mapping[str, object]) -> None:
        """Store a day's digest; a second one changes nothing."""
        ...

    async def claim_mail(self, day: date) -> bool:
        """Mark a digest as mailed; False if it already was."""
        ...
