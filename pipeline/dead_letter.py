"""Dead-letters a message: stores it, raises an alert, apologises to the customer and hands over to staff."""

from __future__ import annotations

import logging
from uuid import UUID

from domain import topics
from domain.errors import NotFound
from domain.events import HandedOver, MessageDeadLettered, ignore
from domain.messages import MessageState, Role
from domain.ports import Observe
from domain.records import DeadLetterState, StoredMessage
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason, Priority
from pipeline.hand_over import HandOver, hand_over, language_of, tell_customer
from pipeline.queueing import queue_dead_letter, queue_message

log = logging.getLogger(__name__)


async def dead_letter(
    open_uow: OpenUnitOfWork,
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
    """Move a record to the dead letters; apologise for a customer's message and hand it over.

    Idempotent by `origin` (topic, partition and offset). Of a record without a message (no valid
    envelope, unknown id) only the raw bytes are stored, and nothing if its key is an erased customer's.
    """
    async with open_uow() as uow:
        message = await _lock_message(uow, message_id)
        await queue_dead_letter(
            uow,
            topic=topic,
            key=key,
            value=value,
            origin=origin,
            message=message,
            cause=cause,
            attempts=attempts,
        )
        handed_over = None
        if message is not None:
            handed_over = await _hand_over(uow, message, cause)
        await uow.commit()
    observe(MessageDeadLettered(topic, message.channel if message is not None else None))
    if handed_over is not None:
        observe(handed_over)
    log.error("record %s dead-lettered after %d attempts: %s", origin, attempts, cause)


async def replay(open_uow: OpenUnitOfWork, dead_letter_id: UUID, staff: str) -> bool:
    """Queue a dead letter's message again, or retry its failed item; False when nothing is left to retry.

    Audited and idempotent: only a message that is still dead is queued, so a second replay, or one
    after the answer, changes nothing. Raises NotFound, or Conflict when it was discarded.
    """
    async with open_uow() as uow:
        letter = await uow.dead_letters.close(dead_letter_id, DeadLetterState.REPLAYED, staff)
        message = await _lock_message(uow, letter.message_id)
        is_inbound = message is not None and message.role is Role.CUSTOMER
        is_due = message is not None and message.state is (
            MessageState.DEAD if is_inbound else MessageState.SETTLED
        )
        if message is None and letter.key is not None:
            is_due = await uow.failed_items.retry_now(letter.topic, letter.key)
        elif message is not None and is_due:
            state = MessageState.WAITING if is_inbound else MessageState.UNDELIVERED
            if not is_inbound:
                await uow.deliveries.allow_again(message.id)
            await uow.messages.set_state([message.id], state, message.turn_id)
            await queue_message(uow, topics.INCOMING if is_inbound else topics.OUTGOING, message)
        if is_due:
            await uow.audit.add(staff, "replay", "dead_letter", str(dead_letter_id))
        await uow.commit()
    return is_due


async def discard(open_uow: OpenUnitOfWork, dead_letter_id: UUID, staff: str, reason: str) -> None:
    """Close a dead letter without a retry. Audited. Raises NotFound or Conflict."""
    async with open_uow() as uow:
        await uow.dead_letters.close(
            dead_letter_id, DeadLetterState.DISCARDED, staff, f"Discarded: {reason}"
        )
        await uow.audit.add(staff, "discard", "dead_letter", str(dead_letter_id))
        await uow.commit()


async def _lock_message(uow: UnitOfWork, message_id: UUID | None) -> StoredMessage | None:
    """Lock the message's conversation; None if it is unknown or its customer was erased."""
    if message_id is None:
        return None
    try:
        await uow.conversations.lock_of(message_id)
        return await uow.messages.get(message_id)
    except NotFound:
        return None


async def _hand_over(uow: UnitOfWork, message: StoredMessage, cause: str) -> HandedOver | None:
    conversation = await uow.conversations.lock(message.conversation_id)
    summary = f"Could not be processed: {cause}"
    done = await hand_over(
        uow,
        conversation,
        HandOver(EscalationReason.REPEATED_FAILURE, summary, "dead_letter", Priority.HIGH, summary),
    )
    if message.role is not Role.CUSTOMER or message.state is not MessageState.WAITING:
        await _end_delivery(uow, message)
        return done.event
    await uow.conversations.advance_fence(conversation.id)
    await uow.messages.set_state([message.id], MessageState.DEAD, None)
    language = language_of(conversation, message)
    await tell_customer(uow, conversation, "apology", language, done.ticket, message.trace_id)
    return done.event


async def _end_delivery(uow: UnitOfWork, message: StoredMessage) -> None:
    if message.role is not Role.CUSTOMER:
        await uow.messages.set_state([message.id], MessageState.SETTLED, message.turn_id)
