"""The end of a message that can't be processed: kept, alarmed on, and the customer told the truth."""

from __future__ import annotations

import logging
from uuid import UUID, uuid4

from domain import topics, wording
from domain.errors import Conflict, NotFound
from domain.events import MessageBuried, ignore
from domain.messages import Role
from domain.ports import Observe
from domain.records import StoredMessage
from domain.stores import OpenWork, UnitOfWork
from domain.tickets import Category, EscalationReason, Priority, new_ticket_number
from domain.turns import TicketRef
from pipeline.queueing import queue_dead_letter, queue_message, send_message

log = logging.getLogger(__name__)


async def bury(
    open_work: OpenWork,
    *,
    topic: str,
    key: str | None,
    value: bytes,
    origin: str,
    message_id: UUID | None,
    cause: str,
    attempts: int,
    observe: Observe = ignore,
) -> None:
    """Move a record to the dead letters; a customer's message is also apologised for and handed over.

    `origin` is topic, partition and offset: burying the same record twice changes nothing. A record
    without a message behind it (no valid envelope, unknown id) is kept with its raw bytes alone.
    """
    async with open_work() as work:
        message = await _message(work, message_id)
        await queue_dead_letter(
            work,
            topic=topic,
            key=key,
            value=value,
            origin=origin,
            message=message,
            cause=cause,
            attempts=attempts,
        )
        if message is not None:
            await _hand_over(work, message, cause)
        await work.commit()
    observe(MessageBuried(topic, message.channel if message is not None else None))
    log.error("record %s buried after %d attempts: %s", origin, attempts, cause)


async def replay(open_work: OpenWork, dead_letter_id: UUID, staff: str) -> bool:
    """Queue a dead letter's message again; False when there is nothing (any more) to queue.

    Audited and idempotent: only a message that is still dead comes back to life, so a second replay,
    or one after the answer, changes nothing. Raises NotFound, or Conflict when it was discarded.
    """
    async with open_work() as work:
        letter = await work.dead_letters.settle(dead_letter_id, "replayed", staff)
        message = await _message(work, letter.message_id)
        is_inbound = message is not None and message.role is Role.CUSTOMER
        is_due = message is not None and message.state == ("dead" if is_inbound else "settled")
        if message is not None and is_due:
            state = "waiting" if is_inbound else "undelivered"
            await work.messages.settle([message.id], state, message.turn_id)
            await queue_message(work, topics.INCOMING if is_inbound else topics.OUTGOING, message)
            await work.audit.add(staff, "replay", "dead_letter", str(dead_letter_id))
        await work.commit()
    return is_due


async def discard(open_work: OpenWork, dead_letter_id: UUID, staff: str, reason: str) -> None:
    """Settle a dead letter without trying again. Audited. Raises NotFound or Conflict."""
    async with open_work() as work:
        await work.dead_letters.settle(dead_letter_id, "discarded", staff, f"Discarded: {reason}")
        await work.audit.add(staff, "discard", "dead_letter", str(dead_letter_id))
        await work.commit()


async def _message(work: UnitOfWork, message_id: UUID | None) -> StoredMessage | None:
    if message_id is None:
        return None
    try:
        return await work.messages.get(message_id)
    except NotFound:
        return None


async def _hand_over(work: UnitOfWork, message: StoredMessage, cause: str) -> None:
    conversation = await work.conversations.lock(message.conversation_id)
    ref = TicketRef(
        uuid4(), new_ticket_number(), Category.GENERAL, Priority.HIGH, conversation.subject or ""
    )
    ticket = await work.tickets.open(
        ref,
        customer_id=message.customer_id,
        conversation_id=conversation.id,
        channel=conversation.channel,
    )
    if ticket.escalation_reason is None:
        await work.tickets.escalate(
            ticket.id,
            EscalationReason.REPEATED_FAILURE,
            f"Could not be processed: {cause}",
            Priority.HIGH,
        )
    if not conversation.is_taken:
        await work.conversations.hand_over(conversation.id)
    if message.role is not Role.CUSTOMER or message.state != "waiting":
        await _settle_outbound(work, message)
        return
    await work.conversations.advance_fence(conversation.id)
    await work.messages.settle([message.id], "dead", None)
    config = await work.channel_configs.get(conversation.channel)
    customer = await work.customers.get(message.customer_id)
    text = wording.dress(
        wording.apology_text(ticket.number, like=message.content),
        config,
        customer.name,
        ticket.number,
    )
    try:
        await send_message(
            work,
            conversation,
            role=Role.AGENT,
            author="rules",
            content=text,
            trace_id=message.trace_id,
        )
    except Conflict:
        return


async def _settle_outbound(work: UnitOfWork, message: StoredMessage) -> None:
    if message.role is not Role.CUSTOMER:
        await work.messages.settle([message.id], "settled", message.turn_id)
