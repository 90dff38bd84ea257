"""Defines the bodies of the form and of the ticket page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from deployments.api.bodies import NoteText
from domain.channels import Channel
from domain.conversation_state import Shown
from domain.records import Owner
from domain.tickets import Category, EscalationReason, Priority, TicketStatus


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
    choices: list[str]
    """What our newest reply offers to choose from; the customer answers with one of them. Mostly empty."""


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
