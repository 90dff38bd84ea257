"""Lets staff take, answer, release and resolve conversations, and customers ask for a person."""

from __future__ import annotations

import json
from contextlib import suppress
from uuid import UUID, uuid5

from domain import topics
from domain.errors import Conflict, NotFound
from domain.events import ignore
from domain.messages import MessageState, Role
from domain.ports import Observe
from domain.records import Conversation, StoredMessage, Ticket
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason, TicketStatus
from domain.traces import current_trace_id
from pipeline.hand_over import HandOver, hand_over, language_of, tell_customer
from pipeline.queueing import queue_message, send_message


async def take(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> Conversation:
    """Make `staff` the owner; a running turn of the agent can't commit any more.

    Idempotent for the same person. Raises Conflict(holder) if somebody else owns it.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.take(conversation_id, staff)
        await uow.conversations.advance_fence(conversation_id)
        await uow.messages.drop_pending(conversation_id)
        waiting = await uow.messages.waiting(conversation_id)
        await uow.messages.set_state(
            [message.id for message in waiting], MessageState.WITH_HUMAN, None
        )
        ticket = await uow.tickets.current(conversation_id)
        if ticket is not None and ticket.status is TicketStatus.ESCALATED:
            await uow.tickets.set_status(ticket.id, TicketStatus.IN_PROGRESS)
        await uow.audit.add(staff, "take", "conversation", str(conversation_id))
        await uow.commit()
    return conversation


async def release(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> None:
    """Return the conversation to the agent, which answers the messages that are still unanswered."""
    async with open_uow() as uow:
        await uow.conversations.release(conversation_id, staff)
        for message in await uow.messages.return_to_agent(conversation_id):
            await queue_message(uow, topics.INCOMING, message)
        ticket = await uow.tickets.current(conversation_id)
        if ticket is not None and ticket.status is TicketStatus.IN_PROGRESS:
            await uow.tickets.set_status(ticket.id, TicketStatus.OPEN)
        await uow.audit.add(staff, "release", "conversation", str(conversation_id))
        await uow.commit()


async def reply(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    content: str,
    idempotency_key: str | None = None,
) -> StoredMessage:
    """Answer through the customer's channel. Raises Conflict unless `staff` owns the conversation.

    With a key, repeating the same content returns the first reply, even after the release.
    """
    message_id = _reply_id(conversation_id, staff, content, idempotency_key)
    async with open_uow() as uow:
        if message_id is not None:
            # Under the row's lock, so the second of two racing clicks waits and finds the first reply.
            await uow.conversations.lock(conversation_id)
            with suppress(NotFound):
                return await uow.messages.get(message_id)
        conversation = await _owned(uow, conversation_id, staff)
        message = await send_message(
            uow,
            conversation,
            role=Role.STAFF,
            author=staff,
            content=content,
            trace_id=current_trace_id(),
            message_id=message_id,
        )
        await uow.messages.answered_by_staff(conversation_id)
        ticket = await uow.tickets.current(conversation_id)
        if ticket is not None:
            await uow.tickets.set_status(ticket.id, TicketStatus.WAITING_CUSTOMER)
        await uow.audit.add(staff, "reply", "conversation", str(conversation_id))
        await uow.commit()
    return message


async def resolve(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, note: str) -> None:
    """Resolve ticket and conversation; the customer's next message reopens them.

    Raises Conflict if somebody else owns the conversation.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        if conversation.is_held_from(staff):
            raise Conflict("somebody else owns this conversation", conversation.owner_name)
        ticket = await uow.tickets.current(conversation_id)
        if ticket is not None:
            await uow.tickets.resolve(ticket.id, note, staff)
        await uow.messages.answered_by_staff(conversation_id)
        await uow.conversations.resolve(conversation_id)
        await uow.audit.add(staff, "resolve", "conversation", str(conversation_id))
        await uow.commit()


async def ask_for_person(
    open_uow: OpenUnitOfWork, ticket: Ticket, observe: Observe = ignore
) -> Ticket:
    """Hand over at the customer's request from the ticket page, without a message or model. Idempotent."""
    reason = EscalationReason.HUMAN_REQUEST
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(ticket.conversation_id)
        current = await uow.tickets.current(ticket.conversation_id)
        if current is None:
            raise NotFound("the ticket is gone")
        if current.waits_for_person or conversation.is_taken:
            return current
        summary = "The customer asked for a person on the ticket page."
        done = await hand_over(uow, conversation, HandOver(reason, summary, "customer"))
        language = language_of(conversation, await uow.messages.last_inbound(conversation.id))
        await tell_customer(
            uow, conversation, f"handover.{reason}", language, done.ticket, current_trace_id()
        )
        await uow.commit()
    if done.event is not None:
        observe(done.event)
    return done.ticket


def _reply_id(conversation_id: UUID, staff: str, content: str, key: str | None) -> UUID | None:
    """Derive the id from key and content, so that a key reused for other content loses no reply."""
    if not key:
        return None
    return uuid5(conversation_id, json.dumps([staff, key, content]))


async def _owned(uow: UnitOfWork, conversation_id: UUID, staff: str) -> Conversation:
    conversation = await uow.conversations.lock(conversation_id)
    if not conversation.is_taken or conversation.owner_name != staff:
        raise Conflict("take the conversation before you answer in it", conversation.owner_name)
    return conversation
