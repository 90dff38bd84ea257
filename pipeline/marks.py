"""Lets staff tag, snooze, prioritise and mark conversations as spam, and block senders."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.conversation_state import Act, NextMove, state_of
from domain.desk import clean_tags
from domain.errors import Conflict, Malformed, NotFound
from domain.identifiers import Identifier
from domain.messages import InboundMessage
from domain.records import Conversation, ConversationStatus
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import Priority, Stage
from pipeline.moves import move, open_ticket
from pipeline.response_times import start_clock
from pipeline.telling import tell_of_hand_over

_MOST_WOKEN = 100
"""In one run; the next one follows soon."""


async def tag(
    open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, tags: Collection[str]
) -> list[str]:
    """Replace the conversation's tags and return them as stored. Raises Malformed or NotFound."""
    clean = clean_tags(tags)
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await set_tags(uow, conversation, clean, staff)
        await uow.commit()
    return clean


async def snooze(
    open_uow: OpenUnitOfWork,
    conversation_id: UUID,
    staff: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Let it wait for nobody until then, or until the customer writes; None ends that.

    Raises:
        Malformed: The time is not in the future.
        Conflict: The conversation is resolved.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await set_snooze(uow, conversation, until, staff, now)
        await uow.commit()


async def wake_due(open_uow: OpenUnitOfWork) -> int:
    """Wake the conversations whose time has come; return their number."""
    woken = 0
    async with open_uow() as uow:
        for conversation_id in await uow.marks.due(_MOST_WOKEN):
            await uow.marks.snooze(conversation_id, None)
            await _tell_of_wake(uow, conversation_id)
            woken += 1
        await uow.commit()
    return woken


async def _tell_of_wake(uow: UnitOfWork, conversation_id: UUID) -> None:
    """Tell people again of a conversation that nobody owns and that waits for one of them."""
    conversation = await uow.conversations.get(conversation_id)
    ticket = await uow.tickets.current(conversation_id)
    if ticket is not None and state_of(conversation, ticket).next_move is NextMove.ANYONE:
        await tell_of_hand_over(uow, conversation, ticket)


async def prioritise(
    open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str, priority: Priority
) -> None:
    """Set the ticket's priority, higher or lower; a conversation without a ticket gets one."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await set_priority(uow, conversation, priority, staff)
        await uow.commit()


async def mark_spam(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> None:
    """Resolve it as spam: what comes into it later is stored and gets no turn. Raises Conflict(holder)."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        await set_spam(uow, conversation, staff)
        await uow.commit()


async def unmark_spam(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> None:
    """Take the mark away and open the conversation again for `staff`. Raises Conflict if it has none."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        if not conversation.is_spam:
            raise Conflict("it is not marked as spam")
        await uow.marks.set_spam(conversation_id, False)
        if conversation.status is ConversationStatus.RESOLVED:
            await move(uow, conversation, Act.REOPENED, staff)
        await uow.audit.add(staff, "not_spam", "conversation", str(conversation_id))
        await uow.commit()


async def block_sender(open_uow: OpenUnitOfWork, conversation_id: UUID, staff: str) -> Identifier:
    """Block the conversation's sender and mark it as spam; return whom.

    Who only claims an address is blocked as a claimant: its owner's messages still get turns.
    Raises NotFound if the conversation has no sender.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        sender = await sender_of(uow, conversation)
        await uow.marks.block(sender, staff)
        if not conversation.is_spam:
            await set_spam(uow, conversation, staff)
        await uow.audit.add(
            staff,
            "block_sender",
            "conversation",
            str(conversation_id),
            {"kind": sender.kind.value, "assurance": sender.assurance.value},
        )
        await uow.commit()
    return sender


async def unblock(open_uow: OpenUnitOfWork, sender: Identifier, staff: str) -> None:
    """Let a sender's messages get turns again. Raises NotFound if it is not blocked."""
    async with open_uow() as uow:
        if not await uow.marks.unblock(sender):
            raise NotFound("this sender is not blocked")
        await uow.audit.add(staff, "unblock_sender", "sender", sender.kind.value)
        await uow.commit()


async def sender_of(uow: UnitOfWork, conversation: Conversation) -> Identifier:
    """Return the identifier that the conversation's customer writes from. Raises NotFound."""
    identifier = await uow.customers.recipient(conversation.customer_id, conversation.channel)
    if conversation.assurance.is_proven:
        return identifier
    return Identifier(identifier.kind, identifier.value, conversation.assurance)


async def gets_no_turn(
    uow: UnitOfWork, conversation: Conversation, inbound: InboundMessage
) -> bool:
    """Whether a message is stored and nothing else: its sender is blocked or its conversation is spam.

    A new conversation of a blocked sender becomes spam.
    """
    if conversation.is_spam:
        return True
    if not await uow.marks.blocked_among([inbound.sender]):
        return False
    await uow.marks.set_spam(conversation.id, True)
    return True


async def set_tags(
    uow: UnitOfWork, conversation: Conversation, tags: list[str], staff: str
) -> None:
    """Replace the tags as part of the caller's transaction."""
    await uow.marks.set_tags(conversation.id, tags)
    # Not which: a tag may name the customer, and the audit log outlives an erasure.
    await uow.audit.add(staff, "tag", "conversation", str(conversation.id), {"tags": len(tags)})


async def set_snooze(
    uow: UnitOfWork, conversation: Conversation, until: datetime | None, staff: str, now: datetime
) -> None:
    """`snooze` as part of the caller's transaction."""
    if until is not None and until <= now:
        raise Malformed("not in the future", {"until": "must be in the future"})
    if until is not None and conversation.status is not ConversationStatus.OPEN:
        raise Conflict("it is resolved; there is nothing to put off")
    await uow.marks.snooze(conversation.id, until)
    if until is not None:
        await uow.notifications.acknowledge(conversation.id, staff)
    detail = {"until": until.isoformat()} if until else {}
    action = "snooze" if until else "wake"
    await uow.audit.add(staff, action, "conversation", str(conversation.id), detail)


async def set_priority(
    uow: UnitOfWork, conversation: Conversation, priority: Priority, staff: str
) -> None:
    """`prioritise` as part of the caller's transaction."""
    ticket = await uow.tickets.current(conversation.id)
    if ticket is None:
        ticket = await open_ticket(uow, conversation, priority)
    await uow.tickets.set_priority(ticket.id, priority)
    if state_of(conversation, ticket).stage is Stage.FOR_PERSON:
        await start_clock(uow, conversation, await uow.tickets.current(conversation.id))
    await uow.audit.add(
        staff,
        "priority",
        "conversation",
        str(conversation.id),
        {"priority": priority.value, "from": ticket.priority.value},
    )


async def set_spam(uow: UnitOfWork, conversation: Conversation, staff: str) -> None:
    """`mark_spam` as part of the caller's transaction."""
    await move(uow, conversation, Act.RESOLVED, staff)
    await uow.marks.set_spam(conversation.id, True)
    await uow.marks.snooze(conversation.id, None)
    await uow.messages.drop_pending(conversation.id)
    await uow.messages.answered_by_staff(conversation.id)
    await uow.audit.add(staff, "spam", "conversation", str(conversation.id))
