"""Defines stored rows as the use cases read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from domain.channels import Channel, ChannelConfig
from domain.company import StoredCompany
from domain.components import ComponentState
from domain.identifiers import Assurance
from domain.languages import Language
from domain.messages import MAILBOX, Attachment, DeliveryState, InboundMessage, MessageState, Role
from domain.payloads import PayloadKind, kind_of
from domain.tickets import Category, EscalationReason, Priority, Stage, TicketStatus
from domain.turns import TicketRef, TurnOutcome


class Owner(StrEnum):
    """Who answers in a conversation."""

    AGENT = "agent"
    HUMAN = "human"
    """A person, or the queue for a person if no name is set."""


class ConversationStatus(StrEnum):
    """Whether a conversation goes on."""

    OPEN = "open"
    RESOLVED = "resolved"
    """The customer's next message reopens it."""
    CLOSED = "closed"


class DeadLetterState(StrEnum):
    """What was decided about a dead letter."""

    OPEN = "open"
    """Undecided."""
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer."""

    id: UUID
    name: str
    is_opted_out: bool


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Work that had begun when its customer was erased; it stores nothing about them any more."""

    kind: Literal["turn", "reply"]
    channel: Channel
    until: datetime | None
    """Of a send: until when the provider may still act on it."""


@dataclass(frozen=True, slots=True)
class FailingAddress:
    """Since when mail to an address comes back, and the code that its server gave last."""

    since: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation on a channel; `fence` is its turn counter."""

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
    """The provider's id of the thread that replies go to."""
    language: Language | None = None
    """The customer's, as the last turn read it; None before the first one."""
    sender_name: str | None = None
    """The name given in it, by its newest message that gives one."""
    last_owner_name: str | None = None
    """Of a resolved conversation: the person who gets it back once it is reopened."""
    resolved_at: datetime | None = None
    """When it was last resolved."""
    turn_since: datetime | None = None
    """Since when it has been the turn of whoever has the next move."""
    seen_at: datetime | None = None
    """When its owner, or anybody of staff while nobody owns it, last read it or acted in it."""
    continues_id: UUID | None = None
    """The customer's earlier conversation that this one goes on from."""
    tags: tuple[str, ...] = ()
    snoozed_until: datetime | None = None
    """Until then, or until the customer writes, it waits for nobody."""
    is_spam: bool = False
    """What comes into it gets no turn."""
    recipient_id: UUID | None = None
    """Of one that staff began: the identifier that they wrote to."""

    def name_of(self, customer: Customer) -> str:
        """Return what the sender is called: as given here, and in a claimed conversation never by another's name."""
        return self.sender_name or (customer.name if self.assurance.is_proven else "")

    @property
    def is_unproven_mail(self) -> bool:
        """Whether a reply would go to an address that the sender only claims.

        It may hold nothing that the sender wrote, since it may reach a third person.
        """
        return not self.assurance.is_proven and not self.channel.facts.keeps_replies

    @property
    def is_taken(self) -> bool:
        """Whether a person owns it, so that the agent is silent; waiting for a person is not enough."""
        return self.owner is Owner.HUMAN and self.owner_name is not None


@dataclass(frozen=True, slots=True)
class Note:
    """What a person wrote about a conversation for the others."""

    author: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedConversation:
    """A conversation whose sender only claimed an address that another customer has proven."""

    id: UUID
    ticket_number: str | None
    channel: Channel
    sender_name: str
    subject: str | None
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """How a turn ended; `found_answer` is None if it did not search."""

    id: UUID
    conversation_id: UUID
    outcome: TurnOutcome
    reason: EscalationReason | None
    model: str
    found_answer: bool | None
    started_at: datetime
    sources: tuple[str, ...] = ()
    """Titles of the articles that the reply names."""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message of any role."""

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
    """Number of readers that died or stalled while they handled it."""
    is_cut: bool = False
    """Whether only a part of the customer's text could be read."""
    author: str | None = None
    """Of one of ours: the person, the model's name or the rule that wrote it."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Of a customer's: the provider's facts, by its own names, and the kind (domain/payloads.py)."""

    @property
    def kind(self) -> PayloadKind:
        """What a customer's message consists of."""
        return kind_of(self.content, self.attachments, self.details)

    @property
    def mailbox(self) -> str | None:
        """Address of the mailbox that a customer's mail came to."""
        return self.details.get(MAILBOX)


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A message of the agent or a person to store and send to the customer."""

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
    """A form, its customer and the ticket that it opens."""

    inbound: InboundMessage
    customer_id: UUID
    ticket: TicketRef
    trace_id: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket of a conversation."""

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
    escalation_topic: str | None = None
    """The id of the company's topic that asked for a person."""

    @property
    def is_over(self) -> bool:
        """Whether it is resolved or closed."""
        return self.status in (TicketStatus.RESOLVED, TicketStatus.CLOSED)

    @property
    def waits_for_person(self) -> bool:
        """Whether it is in the queue for a person."""
        return self.status is TicketStatus.ESCALATED

    @property
    def open_reason(self) -> EscalationReason | None:
        """Why it waits for a person; None if it does not."""
        return self.escalation_reason if self.waits_for_person else None

    @property
    def ref(self) -> TicketRef:
        """The ticket as a turn knows it."""
        return TicketRef(self.id, self.number, self.category, self.priority, self.subject)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An attempt at a part of a reply."""

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
    error_text: str | None = None
    """The provider's own words on a failure."""


_WORST_FIRST = (
    DeliveryState.FAILED,
    DeliveryState.UNSURE,
    DeliveryState.PARKED,
    DeliveryState.SUPPRESSED,
    DeliveryState.SENDING,
    DeliveryState.QUEUED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
)


FAILED_FOR_GOOD = frozenset({DeliveryState.FAILED, DeliveryState.UNSURE, DeliveryState.PARKED})
"""Of a message that is no longer being delivered: a person may have it sent again."""


def worst_of(deliveries: Iterable[Delivery]) -> Delivery | None:
    """Return the latest attempt at the part that fared worst: a message is as delivered as that part."""
    latest: dict[int, Delivery] = {}
    for delivery in deliveries:
        known = latest.get(delivery.part)
        if known is None or delivery.attempt > known.attempt:
            latest[delivery.part] = delivery
    return min(
        latest.values(), key=lambda delivery: _WORST_FIRST.index(delivery.state), default=None
    )


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The effect of a provider's status; `has_moved` is False if it was known or outdated."""

    message_id: UUID
    has_moved: bool


class NewOutboxRow(NamedTuple):
    """A record to publish."""

    topic: str
    key: UUID
    value: Mapping[str, object]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BeforeTurn:
    """What a turn needs to know when it begins."""

    customer: Customer
    channel: ChannelConfig
    company: StoredCompany
    waiting: tuple[StoredMessage, ...]
    """The customer's unanswered messages, oldest first."""
    ticket: Ticket | None
    """The conversation's unresolved ticket, else its newest."""
    automatic_replies: int
    """Replies of the agent to the customer within the last hour, on all channels.

    Those in conversations that are only claimed count apart.
    """
    failed_searches: int
    """Turns since the conversation was last resolved that found no answer."""
    clarifications: int
    """Turns since then that asked back."""
    has_history: bool
    unproven_turns: int = 0
    """Turns within the last day in conversations of whoever claims this address; 0 in a proven one."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A stored record that waits for publication."""

    id: int
    topic: str
    key: UUID
    value: Mapping[str, object]
    headers: Mapping[str, str]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record or item that could not be processed."""

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
    """A channel's sums over a time; `escalation_rate` is 0..1."""

    channel: Channel
    conversations: int
    messages: int
    avg_sentiment: float | None
    escalations: int
    escalation_rate: float
    avg_latency_ms: float | None
    p95_latency_ms: float | None
    escalations_by_reason: Mapping[str, int] = field(default_factory=dict)
    """Conversations by reason; a conversation that was handed over twice may count for two reasons."""


@dataclass(frozen=True, slots=True)
class ChannelPulse:
    """A channel's current state."""

    channel: Channel
    waiting: int
    oldest_waiting_at: datetime | None
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The system's current state, as far as the database shows it."""

    channels: tuple[ChannelPulse, ...]
    dead_letters: int
    oldest_dead_letter_at: datetime | None
    unpublished: int
    oldest_unpublished_at: datetime | None
    watch_expires_at: datetime | None
    """The end of the mail watch that ends first; None without a watch."""
    model: str | None = None
    """The language model that was called last."""
    model_failing_since: datetime | None = None
    """None while its newest call succeeded."""
    model_said: str = ""
    """The server's words about the newest failure."""
    model_usd_today: float = 0.0
    model_usd_a_day: float | None = None
    """The company's budget; None without one."""
    oldest_undelivered_at: datetime | None = None
    """The reply that has been due for longest; one that waits for its next attempt is not due."""
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    """How the last real work of a component went."""


@dataclass(frozen=True, slots=True)
class MailboxMark:
    """How far a mailbox was read; all None before the first read."""

    history_id: int | None = None
    read_from: datetime | None = None
    """During a full read: mail received before it is stored, later mail is still to be read."""
    synced_at: datetime | None = None
    """When it was last read completely."""
    connected_at: datetime | None = None
    """Since when the mailbox is read: earlier mail is context and never answered."""
    cursor: str | None = None
    """Where a provider has no history id: its own position, in its own form."""


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A mailbox beside the one of the settings."""

    id: UUID
    address: str
    kind: str
    settings: Mapping[str, str]
    """What differs from the system's settings, by the names of its kind."""
    secret: str
    """The name of the variable or file that holds its password, token or command."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MailboxState:
    """How reading a mailbox went; all None before the first attempt."""

    synced_at: datetime | None = None
    failing_since: datetime | None = None
    """The first failure since it was last read; None while it is read."""
    last_error: str | None = None


class QueueView(StrEnum):
    """Which conversations the queue shows."""

    WAITING = "waiting"
    """A person has the next move."""
    MINE = "mine"
    UNASSIGNED = "unassigned"
    """A person has the next move, and nobody owns it."""
    SNOOZED = "snoozed"
    MENTIONED = "mentioned"
    """A note names the viewer, who has not looked since."""
    SPAM = "spam"
    ALL = "all"
    """Without spam, unless it is searched."""


class QueueSort(StrEnum):
    """In which order the queue shows conversations."""

    URGENT = "urgent"
    """A person's turn first, by priority, then by when the answer is due; what is late counts one priority higher."""
    NEWEST = "newest"
    OLDEST = "oldest"


class QueueCursor(NamedTuple):
    """The place of a conversation in a sorted queue."""

    rank: int
    """0 in orders that know no ranks."""
    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many conversations each view has."""

    waiting: int
    mine: int
    unassigned: int
    snoozed: int
    mentioned: int
    spam: int
    all: int


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A line of the staff queue."""

    id: UUID
    ticket_number: str | None
    customer_name: str
    assurance: Assurance
    channel: Channel
    status: TicketStatus
    """The ticket's status, or the conversation's if it has no ticket."""
    owner: Owner
    owner_name: str | None
    reason: EscalationReason | None
    priority: Priority | None
    subject: str | None
    last_message_at: datetime
    oldest_unanswered_at: datetime | None
    sentiment: float | None
    stage: Stage
    turn_since: datetime
    unread: int
    tags: tuple[str, ...]
    snoozed_until: datetime | None
    is_mentioned: bool
    """A note names the viewer, who has not looked since."""
    is_spam: bool
    place: QueueCursor
