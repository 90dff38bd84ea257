"""Lets staff take, assign, answer, release, resolve and reopen conversations, and customers ask for a person."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain import topics
from domain.conversation_state import Act
from domain.desk import mentioned
from domain.errors import Conflict, NotFound
from domain.events import ignore
from domain.messages import MessageState, Role
from domain.notifications import EventType
from domain.ports import Observe
from domain.records import FAILED_FOR_GOOD, Conversation, StoredMessage, Ticket, worst_of
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.traces import current_trace_id
from pipeline.hand_over import HandOver, hand_over, language_of, tell_customer
from pipeline.moves import Moved, move, open_ticket
from pipeline.queueing import queue_message, send_message
from pipeline.telling import tell_of_conversation

_MOST_RELEASED = 100
"""In one run; the next one follows soon."""


async def take(
    open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, note: str | None = None
) -> Conversation:
    """Make `staff` the owner; a running turn of the agent can't commit any more.

    Idempotent for the same person. Raises Conflict(holder) if somebody else owns it, or it is resolved.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        moved = await _own(uow, conversation, Act.TAKEN, staff)
        if note:
            await uow.conversations.add_note(conversation_id, staff, note)
        await uow.audit.add(staff, "take", "conversation", str(conversation_id))
        await uow.commit()
    return moved.conversation


async def assign(
    open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, to: str, note: str | None = None
) -> Conversation:
    """Give the conversation to a colleague, whoever owns it. Raises Conflict if it is resolved.

    The caller has checked that `to` is somebody of staff.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        assigned = await assign_within(uow, conversation, staff, to, note)
        await uow.commit()
    return assigned


async def assign_within(
    uow: UnitOfWork, conversation: Conversation, staff: str, to: str, note: str | None = None
) -> Conversation:
    """`assign` as part of the caller's transaction, which has locked the conversation."""
    moved = await _own(uow, conversation, Act.ASSIGNED, to)
    if note:
        await uow.conversations.add_note(conversation.id, staff, note)
    await uow.audit.add(
        staff,
        "assign",
        "conversation",
        str(conversation.id),
        {"to": to, "from": conversation.owner_name or ""},
    )
    return moved.conversation


async def release(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> None:
    """Return the conversation to the agent, which answers the messages that are still unanswered.

    Raises Conflict(holder) if somebody else owns it.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        returned = await uow.messages.return_to_agent(conversation_id)
        for message in returned:
            await queue_message(uow, topics.INCOMING, message)
        waiting = await uow.messages.waiting(conversation_id)
        await move(uow, conversation, Act.RELEASED if waiting else Act.RELEASED_ANSWERED, staff)
        await uow.audit.add(staff, "release", "conversation", str(conversation_id))
        await uow.commit()


async def release_absent(
    open_uow: OpenUnitOfWork, absence: timedelta, now: datetime, observe: Observe = ignore
) -> int:
    """Put conversations back into the queue whose owner lets a customer wait; return their number.

    After `absence`, or once the company's opening hours have ended. The ticket keeps its reason.
    """
    released = 0
    async with open_uow() as uow:
        profile = await uow.company.current()
        ended = profile.company.hours.last_end(now)
        absent = await uow.conversations.absent(absence, ended, _MOST_RELEASED)
    for conversation_id in absent:
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(conversation_id)
            owner = conversation.owner_name
            moved = await move(uow, conversation, Act.OWNER_ABSENT)
            if moved.state == moved.before:
                continue
            ticket = moved.ticket or await open_ticket(uow, conversation, Priority.MEDIUM)
            reason = ticket.escalation_reason or EscalationReason.HUMAN_REQUEST
            summary = ticket.escalation_summary or "A person had taken it."
            summary = f"{summary}\n{owner} was absent, so it is free again."
            done = await hand_over(
                uow, moved.conversation, HandOver(reason, summary, "absence", note=summary)
            )
            await uow.audit.add(
                "system", "release_absent", "conversation", str(conversation_id), {"from": owner}
            )
            await uow.commit()
        released += 1
        if done.event is not None:
            observe(done.event)
    return released


async def reopen(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> Conversation:
    """Open a resolved conversation again; `staff` owns it. Raises Conflict unless it is resolved."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        moved = await _own(uow, conversation, Act.REOPENED, staff)
        await uow.audit.add(staff, "reopen", "conversation", str(conversation_id))
        await uow.commit()
    return moved.conversation


async def add_note(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    content: str,
    people: Collection[str] = (),
) -> list[str]:
    """Write a note that only staff see, and mention those of `people` whom it names with @. Raises NotFound.

    Returns:
        Whom it mentions.
    """
    named = [name for name in mentioned(content, people) if name != staff]
    async with open_uow() as uow:
        await uow.conversations.get(conversation_id)
        await uow.conversations.add_note(conversation_id, staff, content)
        await uow.conversations.see(conversation_id, staff)
        await uow.marks.mention(conversation_id, named, staff)
        detail = {"mentions": named} if named else {}
        await uow.audit.add(staff, "note", "conversation", str(conversation_id), detail)
        await uow.commit()
    return named


async def see(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> None:
    """Note that the owner, or anybody while nobody owns it, has read it. Raises NotFound."""
    async with open_uow() as uow:
        await uow.conversations.get(conversation_id)
        await uow.conversations.see(conversation_id, staff)
        await uow.marks.see_mentions(conversation_id, staff)
        await uow.commit()


async def reply(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    content: str,
    idempotency_key: str | None = None,
    macro: UUID | None = None,
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
        conversation = await uow.conversations.lock(conversation_id)
        moved = await move(uow, conversation, Act.STAFF_REPLIED, staff)
        message = await send_message(
            uow,
            moved.conversation,
            role=Role.STAFF,
            author=staff,
            content=content,
            trace_id=current_trace_id(),
            message_id=message_id,
        )
        await uow.messages.answered_by_staff(conversation_id)
        await uow.conversations.see(conversation_id, staff)
        detail = {"macro": str(macro)} if macro else {}
        await uow.audit.add(staff, "reply", "conversation", str(conversation_id), detail)
        await uow.commit()
    return message


async def resolve(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, note: str) -> None:
    """Resolve ticket and conversation; a later message of the customer opens them again.

    Raises Conflict if somebody else owns the conversation.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await resolve_within(uow, conversation, staff, note)
        await uow.commit()


async def resolve_within(
    uow: UnitOfWork, conversation: Conversation, staff: str, note: str
) -> None:
    """`resolve` as part of the caller's transaction, which has locked the conversation."""
    moved = await move(uow, conversation, Act.RESOLVED, staff)
    if moved.ticket is not None:
        await uow.tickets.resolve(moved.ticket.id, note, staff)
    await uow.marks.snooze(conversation.id, None)
    await uow.messages.answered_by_staff(conversation.id)
    ticket = await uow.tickets.current(conversation.id)
    await tell_of_conversation(
        uow, EventType.CONVERSATION_RESOLVED, moved.conversation, ticket, {"by": staff}
    )
    await uow.audit.add(staff, "resolve", "conversation", str(conversation.id))


async def retry_delivery(
    open_uow: OpenUnitOfWork, conversation_id: UUID, message_id: UUID, staff: str
) -> None:
    """Send the parts of a reply again that did not reach the customer; the others are not repeated.

    Raises:
        NotFound: No such reply in this conversation.
        Conflict: It is still being delivered, or has arrived.
    """
    async with open_uow() as uow:
        await uow.conversations.lock(conversation_id)
        message = await uow.messages.get(message_id)
        if message.conversation_id != conversation_id or message.role is Role.CUSTOMER:
            raise NotFound("no such reply in this conversation")
        worst = worst_of(await uow.deliveries.of_message(message_id))
        is_over = message.state is MessageState.SETTLED
        if not is_over or worst is None or worst.state not in FAILED_FOR_GOOD:
            raise Conflict("there is nothing to send again")
        await uow.deliveries.allow_again(message_id)
        await uow.messages.set_state([message_id], MessageState.UNDELIVERED, message.turn_id)
        await queue_message(uow, topics.OUTGOING, message)
        await uow.audit.add(staff, "retry", "message", str(message_id))
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
        if current.waits_for_person or conversation.is_taken or conversation.is_spam:
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


async def _own(uow: UnitOfWork, conversation: Conversation, act: Act, owner: str) -> Moved:
    """Move to `owner`, who gets what waits for the agent; replies that wait for delivery are dropped."""
    moved = await move(uow, conversation, act, owner)
    await uow.messages.drop_pending(conversation.id)
    waiting = await uow.messages.waiting(conversation.id)
    await uow.messages.set_state([message.id for message in waiting], MessageState.WITH_HUMAN, None)
    return moved
