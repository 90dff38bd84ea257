"""Hands a conversation over to a person; the only module that does so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain import wording
from domain.conversation_state import Act
from domain.events import HandedOver
from domain.languages import Language, guess_language
from domain.messages import Role
from domain.records import Conversation, StoredMessage, Ticket
from domain.stores import UnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.turns import TicketRef
from pipeline.disclosure import due_disclosure, note_disclosure
from pipeline.moves import move, open_ticket
from pipeline.queueing import send_message
from pipeline.response_times import expected_wait_of, start_clock
from pipeline.telling import tell_of_hand_over
from pipeline.unproven import notice

_GUESSED_CHARS = 400
"""A message whose whole text can't be processed still begins in some language."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Why a conversation is handed over, the summary for the person, and who decided it."""

    reason: EscalationReason
    summary: str
    author: str
    """A model's name, `rules`, `delivery`, `customer` or an outside agent; for the audit log."""
    priority: Priority = Priority.LOW
    """The ticket's least priority; the reason may raise it further."""
    note: str = ""
    """A line for the summary of a ticket that already waits for a person."""
    new_ticket: TicketRef | None = None
    """Opened if the conversation has no ticket."""
    topic: str | None = None
    """The id of the company's topic that asks for it."""


@dataclass(frozen=True, slots=True)
class HandedOverTicket:
    """The ticket after the hand-over; observe `event`, None if it already waited, after the commit."""

    ticket: Ticket
    event: HandedOver | None


async def hand_over(
    uow: UnitOfWork, conversation: Conversation, given: HandOver
) -> HandedOverTicket:
    """Escalate the conversation's ticket and queue the conversation for a person.

    A ticket that already waits for a person keeps its reason and summary and is not counted again, unless
    somebody is in danger, which is a new hand-over. A
    resolved ticket is reopened. A person who owns the conversation keeps it. The caller's transaction
    has locked `conversation`.

    Raises:
        Conflict: The new ticket's number is taken.
    """
    before = await uow.tickets.current(conversation.id)
    if before is None and given.new_ticket is not None:
        before = await uow.tickets.open(
            given.new_ticket,
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            channel=conversation.channel,
        )
    if before is None:
        before = await open_ticket(uow, conversation, Priority.HIGH)
    is_news = (
        given.reason is EscalationReason.DANGER
        and before.escalation_reason is not EscalationReason.DANGER
    )
    waits_already = before.waits_for_person and not is_news
    moved = await move(uow, conversation, Act.HANDED_OVER)
    ticket = await uow.tickets.escalate(
        before.id,
        given.reason,
        given.note if waits_already else given.summary,
        given.priority.raised_to(given.reason.record.priority),
        given.topic,
    )
    await start_clock(uow, moved.conversation, ticket)
    if waits_already:
        return HandedOverTicket(ticket, None)
    await uow.audit.add(
        given.author,
        "hand_over",
        "conversation",
        str(conversation.id),
        {"reason": given.reason.value} | ({"topic": given.topic} if given.topic else {}),
    )
    await tell_of_hand_over(uow, moved.conversation, ticket)
    event = HandedOver(conversation.channel, given.reason, given.author)
    return HandedOverTicket(ticket, event)


async def tell_customer(
    uow: UnitOfWork,
    conversation: Conversation,
    key: str,
    language: Language,
    ticket: Ticket,
    trace_id: str | None,
) -> StoredMessage | None:
    """Queue one of our own texts with the ticket's number, in the channel's form, as part of the caller's transaction.

    None if nothing may be sent; a sender whose address is not proven gets the fixed text in its place.
    """
    config = await uow.channel_configs.get(conversation.channel)
    profile = await uow.company.current()
    customer = await uow.customers.get(conversation.customer_id)
    name = conversation.name_of(customer)
    text = wording.say_with_ticket(profile.company, language, key, ticket.number)
    if key.startswith(("handover.", "apology")):
        wait = await expected_wait_of(uow, profile.company)
        note = wording.person_note(profile.company, language, datetime.now(UTC), wait)
        text = f"{text}\n\n{note}" if note else text
    if conversation.is_unproven_mail:
        fixed = await notice(uow, conversation, profile.company, language)
        if fixed is None:
            return None
        name, text = "", fixed
    disclosure = await due_disclosure(uow, conversation, profile.company, language)
    message = await send_message(
        uow,
        conversation,
        role=Role.AGENT,
        author="rules",
        content=wording.render(
            text,
            config,
            name,
            ticket.number,
            profile.company,
            language,
            disclosure=disclosure,
        ),
        trace_id=trace_id,
    )
    await note_disclosure(uow, message, disclosure)
    return message


def language_of(conversation: Conversation, latest: StoredMessage | None) -> Language:
    """Return the language that the conversation's last turn read, or guess it from the latest message."""
    if conversation.language is not None:
        return conversation.language
    return (
        guess_language(latest.content[:_GUESSED_CHARS]) if latest is not None else Language.ENGLISH
    )
