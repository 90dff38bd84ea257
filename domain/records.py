"""What is stored, as the use cases read it: one frozen class a kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domain.channels import Channel, ChannelConfig
from domain.identifiers import Assurance
from domain.messages import Attachment, DeliveryState, InboundMessage, MessageState, Role
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from domain.turns import TicketRef, TurnOutcome


class Owner(StrEnum):
    """Who answers in a conversation."""

    AGENT = "agent"
    HUMAN = "human"
    """A person, or the queue for one where no name stands beside it."""


class ConversationStatus(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"
    """The customer's next message opens it again."""
    CLOSED = "closed"


class DeadLetterState(StrEnum):
    OPEN = "open"
    """Nobody has looked at it yet."""
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Customer:
    id: UUID
    name: str
    is_opted_out: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    id: UUID
    customer_id: UUID
    channel: Channel
    assurance: Assurance
    subject: str | None
    status: ConversationStatus
    owner: Owner
    owner_name: str | None
    fence: int
    sentiment_trend: float | None = None
    provider_thread_id: str | None = None
    """The provider's id of the thread that a reply belongs into."""

    @property
    def is_taken(self) -> bool:
        """A person works on it: the agent is silent. Waiting for one alone does not silence it."""
        return self.owner is Owner.HUMAN and self.owner_name is not None


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """How a turn ended; `found_answer` is None where it did not search."""

    id: UUID
    conversation_id: UUID
    outcome: TurnOutcome
    reason: EscalationReason | None
    model: str
    found_answer: bool | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel: Channel
    role: Role
    content: str
    state: MessageState
    created_at: datetime
    turn_id: UUID | None
    trace_id: str | None
    provider_message_id: str | None
    message_id_header: str | None
    references: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    sentiment: float | None
    strikes: int = 0
    """Readers that died or stood still while they worked on it."""
    is_cut: bool = False
    """Not all that the customer wrote could be read."""


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """What is about to be said to a customer, by the agent or a person."""

    id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel: Channel
    role: Role
    author: str | None
    content: str
    turn_id: UUID | None
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class NewForm:
    """A form whose sender is known by now, and the ticket that it opens."""

    inbound: InboundMessage
    customer_id: UUID
    ticket: TicketRef
    trace_id: str


@dataclass(frozen=True, slots=True)
class Ticket:
    id: UUID
    number: str
    customer_id: UUID
    conversation_id: UUID
    source_channel: Channel
    subject: str
    category: Category
    priority: Priority
    status: TicketStatus
    escalation_reason: EscalationReason | None
    escalation_summary: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_over(self) -> bool:
        """Nothing is left to do about it, unless the customer comes back."""
        return self.status in (TicketStatus.RESOLVED, TicketStatus.CLOSED)

    @property
    def waits_for_person(self) -> bool:
        return self.status is TicketStatus.ESCALATED

    @property
    def open_reason(self) -> EscalationReason | None:
        """Why it waits for a person, if it does."""
        return self.escalation_reason if self.waits_for_person else None

    @property
    def ref(self) -> TicketRef:
        return TicketRef(self.id, self.number, self.category, self.priority, self.subject)


@dataclass(frozen=True, slots=True)
class Delivery:
    message_id: UUID
    attempt: int
    part: int
    state: DeliveryState
    provider_message_id: str | None
    error_code: str | None
    age: timedelta
    """Since its last change, by the database's clock."""
    may_act_for: timedelta
    """How much longer the provider may still act on it; negative once that is over."""


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What a provider's status did; `has_moved` is False where it was known or overtaken."""

    message_id: UUID
    has_moved: bool


class NewOutboxRow(NamedTuple):
    topic: str
    key: UUID
    value: Mapping[str, object]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BeforeTurn:
    """How things stand when a turn begins."""

    customer: Customer
    channel: ChannelConfig
    waiting: tuple[StoredMessage, ...]
    """The customer's messages that no turn has answered, oldest first."""
    ticket: Ticket | None
    """The conversation's unresolved ticket, else its newest."""
    automatic_replies: int
    """That the customer had within the last hour, on all channels."""
    failed_searches: int
    """Turns since the conversation was last resolved that searched in vain."""
    clarifications: int
    """Turns since then that asked back."""
    has_history: bool


@dataclass(frozen=True, slots=True)
class OutboxRow:
    id: int
    topic: str
    key: UUID
    value: Mapping[str, object]
    headers: Mapping[str, str]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    id: UUID
    topic: str
    key: str | None
    origin: str
    value: bytes
    message_id: UUID | None
    cause: str
    attempts: int
    state: DeadLetterState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelMetrics:
    channel: Channel
    conversations: int
    messages: int
    avg_sentiment: float | None
    escalations: int
    escalation_rate: float
    avg_latency_ms: float | None
    p95_latency_ms: float | None
    escalations_by_reason: Mapping[str, int] = field(default_factory=dict)
    """Conversations by the reason of a hand-over; one that was handed over twice may count for two."""


@dataclass(frozen=True, slots=True)
class ChannelPulse:
    """What is going on on a channel now."""

    channel: Channel
    waiting: int
    oldest_waiting_at: datetime | None
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The state of the whole system now, as far as the database knows it."""

    channels: tuple[ChannelPulse, ...]
    dead_letters: int
    oldest_dead_letter_at: datetime | None
    unpublished: int
    oldest_unpublished_at: datetime | None
    watch_expires_at: datetime | None
    """The mail watch that ends first; None while there is none."""


@dataclass(frozen=True, slots=True)
class MailboxMark:
    """How far a mailbox was read; all None for one that never was."""

    history_id: int | None = None
    read_from: datetime | None = None
    """While a full read is under way: what was received before is in, what came later is still to read."""
    synced_at: datetime | None = None
    """When it was last read up to date."""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One line of the staff queue."""

    id: UUID
    ticket_number: str | None
    customer_name: str
    channel: Channel
    status: TicketStatus
    """The conversation's own where it has no ticket."""
    owner: Owner
    owner_name: str | None
    reason: EscalationReason | None
    priority: Priority | None
    subject: str | None
    last_message_at: datetime
    oldest_unanswered_at: datetime | None
    sentiment: float | None
