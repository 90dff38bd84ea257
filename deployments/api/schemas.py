"""Defines the bodies of the API's calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints

from domain.channels import Channel
from domain.conversation_state import NextMove, Shown
from domain.identifiers import Assurance
from domain.messages import DeliveryState
from domain.payloads import PayloadKind
from domain.records import ConversationStatus, DeadLetterState, Owner
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from pipeline.sentiment_labels import SentimentLabel


def _without_control_characters(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\r\t" for character in text):
        raise ValueError("contains characters that can't be stored")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("contains characters that can't be stored") from error
    return text


_Storable = AfterValidator(_without_control_characters)
MessageText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), _Storable
]
NoteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), _Storable
]

ArticleMarkdown = Annotated[str, StringConstraints(max_length=200_000), _Storable]


class FormAccepted(BaseModel):
    """The new ticket. `access_token` opens it, is shown only here and must not be logged."""

    ticket_id: str
    status: TicketStatus
    message: str
    created_at: datetime
    access_token: str


class TicketResponse(BaseModel):
    """One message of the ticket's conversation."""

    role: Literal["customer", "agent", "staff"]
    content: str
    html: str | None
    """One of our replies as HTML that is safe to show; null for what the customer wrote."""
    created_at: datetime
    channel: Channel


class TicketEscalation(BaseModel):
    """Why a ticket was handed over to staff."""

    reason: EscalationReason


class TopicEscalation(TicketEscalation):
    """A hand-over for one of the company's own topics."""

    topic: str
    """The topic's id."""


def escalation_of(reason: EscalationReason, topic: str | None) -> TicketEscalation:
    """Say why a ticket was handed over."""
    if topic is None:
        return TicketEscalation(reason=reason)
    return TopicEscalation(reason=reason, topic=topic)


class TicketView(BaseModel):
    """A ticket as its customer sees it."""

    ticket_id: str
    status: TicketStatus
    category: Category
    priority: Priority
    subject: str
    source_channel: Channel
    owner: Owner
    created_at: datetime
    updated_at: datetime
    responses: list[TicketResponse]
    escalation: TopicEscalation | TicketEscalation | None
    """While a person is waited for or has it; null while the agent does."""
    state: Shown
    """Whose turn it is. `with_person` only once somebody has taken it."""
    state_text: str
    """The same in a sentence, in the customer's language."""


class MessageAccepted(BaseModel):
    """A stored follow-up."""

    ticket_id: str
    message_id: UUID
    created_at: datetime


class Feedback(BaseModel):
    """Whether the answer helped."""

    helpful: bool
    comment: NoteText | None = None


class Suggestion(BaseModel):
    """An article that may answer the question."""

    article_id: UUID
    title: str
    excerpt: str


class Suggestions(BaseModel):
    """Suggested articles, the best first; empty if none fits."""

    suggestions: list[Suggestion]


class ChannelFigures(BaseModel):
    """Figures of one channel."""

    channel: Channel
    conversations: int
    messages: int
    avg_sentiment: float | None
    negative: int
    escalations: int
    escalation_rate: float
    avg_latency_ms: float | None
    p95_latency_ms: float | None
    escalations_by_reason: dict[str, int]


class Totals(BaseModel):
    """Figures of all channels together."""

    conversations: int
    messages: int
    negative: int
    escalations: int
    escalation_rate: float
    escalations_by_reason: dict[str, int]


class ChannelReport(BaseModel):
    """Figures by channel. `negative` counts messages below `negative_below`, where the agent hands over."""

    period: Literal["1h", "24h", "7d", "30d"]
    channels: list[ChannelFigures]
    totals: Totals
    negative_below: float
    escalations_by_reason: dict[str, int]
    """The same as in `totals`, for the staff console."""


class AlertView(BaseModel):
    """A figure over its threshold; `since` is null for a rate over the last hour."""

    name: Literal[
        "latency", "escalation_rate", "unanswered", "silent_channel", "dead_letters",
        "watch_expiring", "model_failing", "model_budget",
    ]  # fmt: skip
    severity: Literal["warning", "critical"]
    detail: str
    channel: Channel | None
    since: datetime | None


class Alerts(BaseModel):
    """Current alerts."""

    alerts: list[AlertView]


class ComponentDetail(BaseModel):
    """Since when a component is in its state, what last went wrong, and what waits for it."""

    since: datetime
    last_error: str | None
    oldest_waiting_s: float | None


class Health(BaseModel):
    """State of the system and its components.

    What is switched off is "off", what was not asked yet is "standby". `details` are for staff: null without a
    staff key.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    components: dict[str, Literal["healthy", "standby", "degraded", "unhealthy", "off"]]
    version: str
    timestamp: datetime
    details: dict[str, ComponentDetail] | None = None


class Probe(BaseModel):
    """Answer of a probe."""

    status: Literal["ok", "not_ready"]


ShownAssurance = Literal["verified", "attested", "claimed"]
"""How we know the sender: confirmed by staff, authenticated by the provider, or only said so."""


def shown_assurance(assurance: Assurance) -> ShownAssurance:
    """Return the API's word for an assurance."""
    match assurance:
        case Assurance.VERIFIED:
            return "verified"
        case Assurance.PROVIDER_ATTESTED:
            return "attested"
        case Assurance.CLAIMED:
            return "claimed"


class QueueLine(BaseModel):
    """A conversation in the staff queue."""

    id: UUID
    ticket_id: str | None
    customer_name: str
    assurance: ShownAssurance
    channel: Channel
    status: TicketStatus
    owner: Owner
    owner_name: str | None
    reason: EscalationReason | None
    priority: Priority | None
    subject: str | None
    last_message_at: datetime
    oldest_unanswered_at: datetime | None
    sentiment: float | None
    sentiment_label: SentimentLabel | None
    state: Shown
    next_move: NextMove
    turn_since: datetime
    """Since when it has been the turn of whoever has the next move."""
    unread: int
    """Customer's messages for a person that no owner, or nobody of staff, has seen."""


class QueueCounts(BaseModel):
    """How many conversations each view has."""

    waiting: int
    mine: int
    unassigned: int
    all: int


class Queue(BaseModel):
    """A page of the staff queue. `viewer` is the caller's name, which marks their own conversations."""

    viewer: str
    counts: QueueCounts
    next_cursor: str | None
    conversations: list[QueueLine]


class AttachmentView(BaseModel):
    """A file that came with a message."""

    filename: str
    content_type: str
    size: int | None
    url: str | None
    """Where the provider keeps it; null if it is not kept."""


class QuotedMessage(BaseModel):
    """The message that a message says it answers."""

    message_id: UUID | None
    """Null if we don't have it."""
    role: str | None
    content: str


class DeliveryView(BaseModel):
    """A failure: being tried again, or failed for good."""

    is_tried_again: bool
    """False: nothing more happens by itself; `POST …/messages/{id}/retry` sends it again."""
    code: str | None
    """The provider's, or our own name of the failure."""
    words: str | None
    """The provider's own words."""


class StaffMessage(BaseModel):
    """A message as staff see it."""

    id: UUID
    role: str
    content: str
    channel: Channel
    created_at: datetime
    assurance: ShownAssurance | None
    """Of a customer's message; null for one of ours."""
    sentiment: float | None
    sentiment_label: SentimentLabel | None
    delivery_state: DeliveryState | None
    """Of one of ours: that of its worst part."""
    delivery: DeliveryView | None
    """What staff have to know of a delivery that has not gone well so far."""
    trace_id: str | None
    """Id of the message's spans and log lines in every stage."""
    kind: PayloadKind
    attachments: list[AttachmentView]
    quoted: QuotedMessage | None
    payload: dict[str, str]
    """What else came with it, by the provider's names: a choice's id, a place, the ad that was tapped."""


class HistoryLine(BaseModel):
    """A message of the customer's history over all channels."""

    conversation_id: UUID
    role: str
    content: str
    channel: Channel
    created_at: datetime
    assurance: ShownAssurance | None
    """Of a customer's message; null for one of ours."""


class Failing(BaseModel):
    """Mail to an address comes back; `code` is what its server gave last."""

    since: datetime
    code: str


class IdentifierView(BaseModel):
    """A customer's address or phone and how well it is proven."""

    kind: str
    value: str
    assurance: str
    failing: Failing | None = None


class CustomerView(BaseModel):
    """A customer with all identifiers."""

    id: UUID
    name: str
    identifiers: list[IdentifierView]


class SourceView(BaseModel):
    """An article that the agent used."""

    title: str
    article_id: UUID
    version: int


class SentimentPoint(BaseModel):
    """A message's sentiment, from 0 (furious) to 1 (delighted)."""

    at: datetime
    sentiment: float


class HandOver(BaseModel):
    """What staff need so that the customer need not repeat anything."""

    summary: str | None
    reason: EscalationReason | None
    topic: str | None = None
    sentiment_curve: list[SentimentPoint]
    tried: list[dict[str, object]]
    sources: list[SourceView]


class ConversationView(BaseModel):
    """A conversation without its messages."""

    id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    owner_name: str | None
    subject: str | None
    assurance: ShownAssurance
    """Claimed: the address is not proven, so whoever wrote may be somebody else."""
    state: Shown
    next_move: NextMove
    turn_since: datetime | None
    """Since when it has been the turn of whoever has the next move."""
    continues: Continued | None
    """The customer's earlier conversation that this one goes on from."""


class Continued(BaseModel):
    """A conversation that another one goes on from."""

    conversation_id: UUID
    ticket_id: str | None


class NoteView(BaseModel):
    """What a person wrote for the others; the customer never sees it."""

    author: str
    content: str
    created_at: datetime


class AlsoClaimed(BaseModel):
    """A conversation of somebody who only claimed an address that this customer has proven."""

    conversation_id: UUID
    ticket_id: str | None
    channel: Channel
    sender_name: str
    subject: str | None
    last_message_at: datetime


class StaffTicket(BaseModel):
    """A ticket as staff see it."""

    ticket_id: str
    status: TicketStatus
    category: Category
    priority: Priority
    subject: str
    created_at: datetime
    updated_at: datetime
    escalation: TopicEscalation | TicketEscalation | None
    trace_id: str | None
    """The one of the customer's latest message."""


class StaffConversation(BaseModel):
    """A conversation with its customer, ticket, history and hand-over."""

    conversation: ConversationView
    ticket: StaffTicket | None
    customer: CustomerView
    messages: list[StaffMessage]
    history: list[HistoryLine]
    handover: HandOver
    notes: list[NoteView]
    also_claimed: list[AlsoClaimed]
    """Of a proven conversation; it is joined with none of them unless staff verify the address there."""


class StaffReply(BaseModel):
    """A staff member's answer."""

    content: MessageText


class TakeOver(BaseModel):
    """Why a person takes it; only staff see the note."""

    note: NoteText | None = None


class Assignment(BaseModel):
    """Who gets the conversation, by the name of `GET /staff/people`, and why."""

    to: NoteText
    note: NoteText | None = None


class NewNote(BaseModel):
    """A note for the others."""

    content: MessageText


class People(BaseModel):
    """Names of the staff, whom a conversation can be assigned to."""

    people: list[str]


class ResolutionNote(BaseModel):
    """What helped."""

    note: MessageText


class DiscardReason(BaseModel):
    """Why a dead letter is discarded."""

    reason: NoteText


class DeadLetterView(BaseModel):
    """A record that could not be processed, with its raw value."""

    id: UUID
    topic: str
    cause: str
    attempts: int
    payload: str
    created_at: datetime
    state: DeadLetterState


class DeadLetters(BaseModel):
    """Dead letters, the oldest first."""

    dead_letters: list[DeadLetterView]


class Done(BaseModel):
    """The call succeeded."""

    status: Literal["done"] = "done"


class Taken(Done):
    """The conversation now belongs to `owner_name`."""

    owner_name: str


class LinkedIdentifier(BaseModel):
    """An identifier that staff have verified."""

    kind: Literal["email", "phone"]
    value: NoteText


class Linked(BaseModel):
    """The customer who has the identifier now, after a merge if there was one."""

    customer_id: UUID
