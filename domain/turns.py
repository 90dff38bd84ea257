"""Defines a turn, which turns a customer's unanswered messages into a reply or a hand-over.

A turn only drafts. Tools and models change the draft; nothing reaches the database or a customer before
the pipeline has checked and committed it as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.acts import PLAIN_QUESTION, ActReading
from domain.channels import Channel, ChannelConfig
from domain.company import Company
from domain.identifiers import Assurance
from domain.languages import Language
from domain.messages import Attachment, Role
from domain.model_calls import TurnJournal
from domain.payloads import PayloadKind
from domain.tickets import Category, EscalationReason, Priority, Stage


class TurnOutcome(StrEnum):
    """How a committed turn ended."""

    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    """With a question to the customer."""
    DRAFTED = "drafted"
    """With a reply that waits for a person to approve it."""
    ESCALATED = "escalated"
    SILENT = "silent"
    """Without a message to the customer."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of an article that a search found.

    The similarities are cosines with the question: of the chunk, of its title, and of its closest sentence, 0 if
    its sentences were not compared. `position` is the
    chunk's index in its article, `section` the heading that it stands under. An article that `is_whole` is said
    whole or not at all.
    """

    chunk_id: UUID
    article_id: UUID
    title: str
    text: str
    similarity: float
    version: int = 1
    url: str | None = None
    title_similarity: float = 0.0
    position: int = 0
    section: str = ""
    language: str | None = None
    is_whole: bool = False
    sentence_similarity: float = 0.0
    closeness: tuple[tuple[str, float], ...] = ()
    """Each of its sentences, flattened, with its cosine; none if its sentences were not compared."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages, best first, and the calibrated probability that they hold the answer.

    `is_unsure` means that the answer may be in one of the first articles: they are worth offering.
    """

    passages: tuple[Passage, ...]
    answerable: float
    is_answerable: bool
    is_unsure: bool = False
    answerable_from: float = 0.0
    """The probability from which this knowledge base's passages count as holding the answer."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An earlier message that the turn may read."""

    role: Role
    channel: Channel
    content: str
    created_at: datetime
    conversation_id: UUID
    assurance: Assurance = Assurance.CLAIMED
    """Of the conversation that it was said in."""


@dataclass(frozen=True, slots=True)
class TurnMessage:
    """A message that the turn answers.

    `text` is the part that a turn reads (domain/turn_text.py); `is_cut` means that the customer wrote more.
    """

    id: UUID
    text: str
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    is_cut: bool = False
    kind: PayloadKind = PayloadKind.TEXT
    quoted: str = ""
    """What the message says it answers, ours or the customer's own; empty if it quotes nothing."""
    subject: str = ""
    """A subject that this message brought: the conversation's first, or a mail's that differs from it."""
    beside: str = ""
    """What a mail holds beside the customer's own words and ours, such as a forwarded text; judged, not answered."""

    @property
    def with_subject(self) -> str:
        """Return the text below the subject that it brought, which people write demands into."""
        if not self.subject or self.subject in self.text:
            return self.text
        return f"{self.subject}\n{self.text}"


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A ticket as a turn knows it."""

    id: UUID
    number: str
    category: Category
    priority: Priority
    subject: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What the agent may know. All ids come from here, none from a model.

    `fence` is the conversation's turn counter: only the turn with the newest value may commit. `history`
    holds only what `assurance` allows this sender to see.
    """

    id: UUID
    fence: int
    customer_id: UUID
    customer_name: str
    conversation_id: UUID
    assurance: Assurance
    channel: ChannelConfig
    company: Company
    """The profile as it was when the turn began."""
    messages: tuple[TurnMessage, ...]
    history: tuple[HistoryEntry, ...]
    ticket: TicketRef | None
    subject: str | None = None
    trace_id: str | None = None
    failed_searches_before: int = 0
    clarifications_before: int = 0
    language: Language = Language.ENGLISH
    """The one that the customer writes in."""
    stage: Stage = Stage.FOR_US
    """What the conversation waited for when the turn began."""
    act: ActReading = PLAIN_QUESTION
    """What the customer does with these messages; triage reads it."""

    @property
    def text(self) -> str:
        """All unanswered messages in their order, joined by line breaks."""
        return "\n".join(message.text for message in self.messages)

    @property
    def text_with_subjects(self) -> str:
        """Return `text`, each message below the subject that it brought."""
        return "\n".join(message.with_subject for message in self.messages)

    @property
    def is_wordless(self) -> bool:
        """Whether no message holds words of the customer's own."""
        return all(message.kind is not PayloadKind.TEXT for message in self.messages)

    @property
    def is_unproven_mail(self) -> bool:
        """Whether a reply would go to an address that the sender only claims (see Conversation)."""
        return not self.assurance.is_proven and not self.channel.channel.facts.keeps_replies

    @property
    def is_cut(self) -> bool:
        """Whether the customer wrote more than the turn reads, so that a person has to answer."""
        return any(message.is_cut for message in self.messages)


@dataclass(frozen=True, slots=True)
class Escalation:
    """A hand-over that the draft asks for."""

    reason: EscalationReason
    summary: str
    """For the person who takes over: what is wanted and what was tried."""
    score: float | None = None
    topic: str | None = None
    """The id of the company's topic that asks for it."""


@dataclass(slots=True)
class Draft:
    """The proposed end of a turn. Tools fill it; the pipeline checks and commits it."""

    reply: str | None = None
    escalation: Escalation | None = None
    ticket: TicketRef | None = None
    is_new_ticket: bool = False
    is_held: bool = False
    """The reply waits for a person: the company has the agent draft, not answer."""
    fixed: str = ""
    """The part of the reply that the company has fixed: sent whole, whatever the channel's limit of words."""
    answered: str = ""
    """The part of the reply that answers some of a message's questions, where the others are handed over."""
    asks_back: bool = False
    """The reply is a question to the customer, so the ticket waits for them."""
    choices: tuple[str, ...] = ()
    """The titles of articles that the reply offers, in order, because no one of them is sure to answer."""
    silent_article: str = ""
    """The title of the article under discussion, where the hand-over says that it does not answer."""
    searches: list[str] = field(default_factory=list)
    found: list[SearchResult] = field(default_factory=list)
    sources: list[Passage] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    """What tools gave, passages aside, that a reply may rest on."""
    model: str = ""
    journal: TurnJournal = field(default_factory=TurnJournal)
    has_read_history: bool = False
    tool_calls: list[str] = field(default_factory=list)

    @property
    def input_tokens(self) -> int:
        """Return the tokens that the turn's models read."""
        return sum(usage.input_tokens for usage in self.journal.used.values())

    @property
    def output_tokens(self) -> int:
        """Return the tokens that the turn's models wrote."""
        return sum(usage.output_tokens for usage in self.journal.used.values())

    @property
    def outcome(self) -> TurnOutcome:
        """How a turn with this draft ends."""
        if self.escalation is not None:
            return TurnOutcome.ESCALATED
        if self.reply is None:
            return TurnOutcome.SILENT
        if self.is_held:
            return TurnOutcome.DRAFTED
        return TurnOutcome.ASKED_BACK if self.asks_back else TurnOutcome.ANSWERED

    @property
    def reason(self) -> EscalationReason | None:
        """Why it is handed over; None if it is not."""
        return self.escalation.reason if self.escalation is not None else None
