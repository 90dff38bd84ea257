"""Defines the bodies of the staff queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from deployments.api.bodies import ShownAssurance, SlaView
from domain.channels import Channel
from domain.conversation_state import NextMove, Shown
from domain.records import Owner
from domain.tickets import EscalationReason, Priority, TicketStatus
from pipeline.sentiment_labels import SentimentLabel


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
    sla: SlaView | None
    """Null where no time is set for the answer, or nobody waits for it."""
    unread: int
    """Customer's messages for a person that no owner, or nobody of staff, has seen."""
    tags: list[str]
    snoozed_until: datetime | None
    is_mentioned: bool
    """A note names the caller, who has not looked since."""
    is_spam: bool


class QueueCounts(BaseModel):
    """How many conversations each view has."""

    waiting: int
    mine: int
    unassigned: int
    snoozed: int
    mentioned: int
    spam: int
    all: int


class Queue(BaseModel):
    """A page of the staff queue. `viewer` is the caller's name, which marks their own conversations."""

    viewer: str
    counts: QueueCounts
    next_cursor: str | None
    conversations: list[QueueLine]
