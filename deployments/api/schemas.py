"""What the API's calls answer, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints

from domain.channels import Channel
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


class FormAccepted(BaseModel):
    """`access_token` opens the ticket; it is shown once and belongs into no log."""

    ticket_id: str
    status: TicketStatus
    message: str
    created_at: datetime
    access_token: str


class TicketResponse(BaseModel):
    role: Literal["customer", "agent", "staff"]
    content: str
    created_at: datetime
    channel: Channel


class TicketEscalation(BaseModel):
    reason: EscalationReason


class TicketView(BaseModel):
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
    escalation: TicketEscalation | None


class MessageAccepted(BaseModel):
    ticket_id: str
    message_id: UUID
    created_at: datetime


class Feedback(BaseModel):
    helpful: bool
    comment: NoteText | None = None


class Suggestion(BaseModel):
    article_id: UUID
    title: str
    excerpt: str


class Suggestions(BaseModel):
    suggestions: list[Suggestion]


class ChannelFigures(BaseModel):
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
    conversations: int
    messages: int
    negative: int
    escalations: int
    escalation_rate: float
    escalations_by_reason: dict[str, int]


class ChannelReport(BaseModel):
    """`negative` are messages with a sentiment below `negative_below`, where the agent hands over."""

    period: Literal["1h", "24h", "7d", "30d"]
    channels: list[ChannelFigures]
    totals: Totals
    negative_below: float
    escalations_by_reason: dict[str, int]
    """The one of the totals, where the staff console looks for it."""


class AlertView(BaseModel):
    """`since` is null where the figure is a rate over the last hour."""

    name: Literal[
        "latency", "escalation_rate", "unanswered", "silent_channel", "dead_letters",
        "watch_expiring",
    ]  # fmt: skip
    severity: Literal["warning", "critical"]
    detail: str
    channel: Channel | None
    since: datetime | None


class Alerts(BaseModel):
    alerts: list[AlertView]


class Health(BaseModel):
    """A component is healthy, degraded, unhealthy or, where its channel is not enabled, off."""

    status: Literal["healthy", "degraded", "unhealthy"]
    components: dict[str, Literal["healthy", "degraded", "unhealthy", "off"]]
    version: str
    timestamp: datetime


class Probe(BaseModel):
    status: Literal["ok", "not_ready"]


class QueueLine(BaseModel):
    id: UUID
    ticket_id: str | None
    customer_name: str
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


class Queue(BaseModel):
    """`viewer` is the caller's own name, so that a console knows which conversations are theirs."""

    viewer: str
    conversations: list[QueueLine]


class StaffMessage(BaseModel):
    id: UUID
    role: str
    content: str
    channel: Channel
    created_at: datetime
    sentiment: float | None
    sentiment_label: SentimentLabel | None
    delivery_state: str | None
    trace_id: str | None
    """Finds the message's spans, and its lines in the logs of every stage."""


class HistoryLine(BaseModel):
    conversation_id: UUID
    role: str
    content: str
    channel: Channel
    created_at: datetime


class IdentifierView(BaseModel):
    kind: str
    value: str
    assurance: str


class CustomerView(BaseModel):
    id: UUID
    name: str
    identifiers: list[IdentifierView]


class SourceView(BaseModel):
    title: str
    article_id: UUID
    version: int


class SentimentPoint(BaseModel):
    at: datetime
    sentiment: float


class HandOver(BaseModel):
    """All that a person needs so that the customer does not have to say it again."""

    summary: str | None
    reason: EscalationReason | None
    sentiment_curve: list[SentimentPoint]
    tried: list[dict[str, object]]
    sources: list[SourceView]


class ConversationView(BaseModel):
    id: UUID
    channel: Channel
    status: ConversationStatus
    owner: Owner
    owner_name: str | None
    subject: str | None


class StaffTicket(BaseModel):
    ticket_id: str
    status: TicketStatus
    category: Category
    priority: Priority
    subject: str
    created_at: datetime
    updated_at: datetime
    escalation: TicketEscalation | None
    trace_id: str | None
    """Of the customer's latest message."""


class StaffConversation(BaseModel):
    conversation: ConversationView
    ticket: StaffTicket | None
    customer: CustomerView
    messages: list[StaffMessage]
    history: list[HistoryLine]
    handover: HandOver


class StaffReply(BaseModel):
    content: MessageText


class ResolutionNote(BaseModel):
    note: MessageText


class DiscardReason(BaseModel):
    reason: NoteText


class DeadLetterView(BaseModel):
    id: UUID
    topic: str
    cause: str
    attempts: int
    payload: str
    created_at: datetime
    state: DeadLetterState


class DeadLetters(BaseModel):
    dead_letters: list[DeadLetterView]


class Done(BaseModel):
    status: Literal["done"] = "done"


class Taken(Done):
    owner_name: str


class LinkedIdentifier(BaseModel):
    """An identifier that a person on our side has verified."""

    kind: Literal["email", "phone"]
    value: NoteText


class Linked(BaseModel):
    customer_id: UUID
