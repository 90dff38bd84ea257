"""Defines the body of one conversation as staff see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from deployments.api.bodies import ShownAssurance, SlaView
from deployments.api.draft_schemas import DraftView
from deployments.api.ticket_schemas import TicketEscalation, TopicEscalation
from domain.channels import Channel
from domain.conversation_state import NextMove, Shown
from domain.messages import DeliveryState
from domain.payloads import PayloadKind
from domain.records import ConversationStatus, Owner
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from pipeline.sentiment_labels import SentimentLabel


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


class MergeView(BaseModel):
    """A customer that was merged into this one; `POST /staff/merges/{id}/undo` parts them again."""

    id: UUID
    name: str
    by: str
    created_at: datetime


class CustomerView(BaseModel):
    """A customer with all identifiers."""

    id: UUID
    name: str
    identifiers: list[IdentifierView]
    merges: list[MergeView]


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
    tags: list[str]
    assignee: str | None
    """Who owns it: the same as `owner_name`."""
    snoozed_until: datetime | None
    is_spam: bool
    is_blocked: bool
    """Its sender is blocked: what they write is stored and gets no turn."""
    whatsapp_window_ends_at: datetime | None
    """Until then a reply on WhatsApp may be written freely; later it takes a template. Null on other channels."""
    sla: SlaView | None
    """Null where no time is set for the answer, or nobody waits for it."""
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
    draft: DraftView | None = None
    """The newest one, whatever became of it."""
    also_claimed: list[AlsoClaimed]
    """Of a proven conversation; it is joined with none of them unless staff verify the address there."""
