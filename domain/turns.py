"""One turn: the customer's unanswered messages in, one reply or one hand-over out.

A turn only ever *drafts*. Tools and models change the draft; nothing they do reaches the database
or a customer before the pipeline has checked and committed it as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.channels import Channel, ChannelConfig
from domain.identifiers import Assurance
from domain.messages import Attachment, Role
from domain.tickets import Category, EscalationReason, Priority


class TurnOutcome(StrEnum):
    """How a committed turn ended."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    """With a question to the customer, whose turn it is now."""
    ESCALATED = "escalated"
    SILENT = "silent"
    """Without a word to the customer."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the knowledge base that a search brought up; the similarities are cosines with the
    question, of the whole piece and of its title alone. `position` is its place in its article."""

    chunk_id: UUID
    article_id: UUID
    title: str
    text: str
    similarity: float
    version: int = 1
    url: str | None = None
    title_similarity: float = 0.0
    position: int = 0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages, best first, and the calibrated probability that they hold the answer."""

    passages: tuple[Passage, ...]
    answerable: float
    is_answerable: bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    role: Role
    channel: Channel
    content: str
    created_at: datetime
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class TurnMessage:
    """`text` is what a turn reads of it (domain/turn_text.py), `is_cut` whether the customer wrote more."""

    id: UUID
    text: str
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class TicketRef:
    id: UUID
    number: str
    category: Category
    priority: Priority
    subject: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What the agent may know. Every id comes from here and none from a model.

    `fence` is the conversation's turn counter: only the turn that still holds the newest value may
    commit. `history` is already cut to what `assurance` allows this sender to see.
    """

    id: UUID
    fence: int
    customer_id: UUID
    customer_name: str
    conversation_id: UUID
    assurance: Assurance
    channel: ChannelConfig
    messages: tuple[TurnMessage, ...]
    history: tuple[HistoryEntry, ...]
    ticket: TicketRef | None
    subject: str | None = None
    trace_id: str | None = None
    failed_searches_before: int = 0
    clarifications_before: int = 0

    @property
    def text(self) -> str:
        """All unanswered messages as one, in the order they came."""
        return "\n".join(message.text for message in self.messages)

    @property
    def is_cut(self) -> bool:
        """Whether the customer wrote more than is read here, so that only a person knows what they want."""
        return any(message.is_cut for message in self.messages)


@dataclass(frozen=True, slots=True)
class Escalation:
    reason: EscalationReason
    summary: str
    """For the person who takes over: what is wanted, what was tried, what to look at."""
    score: float | None = None


@dataclass(slots=True)
class Draft:
    """What a turn wants to happen. Tools fill it; the pipeline checks and commits it."""

    reply: str | None = None
    escalation: Escalation | None = None
    ticket: TicketRef | None = None
    is_new_ticket: bool = False
    asks_back: bool = False
    """The reply is a question to the customer, so the ticket waits for them."""
    searches: list[str] = field(default_factory=list)
    found: list[SearchResult] = field(default_factory=list)
    sources: list[Passage] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    """What tools gave, passages aside, that a reply may rest on."""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    has_read_history: bool = False
    tool_calls: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> TurnOutcome:
        """How a turn with this draft ends."""
        if self.escalation is not None:
            return TurnOutcome.ESCALATED
        if self.reply is None:
            return TurnOutcome.SILENT
        return TurnOutcome.ASKED_BACK if self.asks_back else TurnOutcome.ANSWERED

    @property
    def reason(self) -> EscalationReason | None:
        return self.escalation.reason if self.escalation is not None else None
