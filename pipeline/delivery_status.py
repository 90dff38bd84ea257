"""Records providers' status callbacks, and hands over replies that were not delivered."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from domain import topics
from domain.channels import Channel
from domain.errors import NotFound
from domain.events import DeliveryRecorded, Event, HandedOver, ignore
from domain.messages import Bounce, DeliveryState, Role
from domain.ports import Observe
from domain.records import ConversationStatus, StoredMessage
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from pipeline.hand_over import HandOver, hand_over
from pipeline.queueing import queue_dead_letter

log = logging.getLogger(__name__)

_MOST_RETRIES = 5
"""Of a reply whose delivery the provider reports as limited by rate."""
_FIRST_RETRY = timedelta(seconds=30)
"""Each later one after twice the time."""


async def record_status(
    open_uow: OpenUnitOfWork,
    channel: Channel,
    provider_message_id: str,
    state: DeliveryState,
    error_code: str | None,
    observe: Observe = ignore,
    part_key: tuple[UUID, int] | None = None,
) -> bool:
    """Record a provider's status callback; hand over a failure once.

    Idempotent, and independent of the callbacks' order. `part_key` is the reply and the part that the
    callback names: an attempt without an answer gets the provider's id from it.

    Returns:
        False when the provider's id is unknown; the status is stored until the id is recorded. Of a reply
        whose customer was erased nothing is stored.
    """
    async with open_uow() as uow:
        if part_key is not None:
            try:
                await uow.conversations.lock_of(part_key[0])
            except NotFound:
                log.info("a status of an erased customer's message %s is dropped", part_key[0])
                return True
            if await uow.deliveries.claim(channel, provider_message_id, *part_key):
                log.info("the provider reports message %s, part %d, as accepted", *part_key)
        events = await _apply(uow, channel, provider_message_id, state, error_code)
        await uow.commit()
    if not events:
        log.info("a status of a message not recorded yet is kept")
        return False
    for event in events:
        observe(event)
    return True


async def record_bounce(
    open_uow: OpenUnitOfWork,
    bounce: Bounce,
    thread_keys: Sequence[str],
    observe: Observe = ignore,
) -> bool:
    """Fail the delivery that a bounce reports, hand over once, and mark the address; False if it is none of ours.

    Idempotent. `thread_keys` are those of the report itself.
    """
    async with open_uow() as uow:
        found = await _bounced(uow, bounce, thread_keys)
        if found is None:
            return False
        message, part = found
        attempts = await uow.deliveries.of_message(message.id)
        latest = max((attempt.attempt for attempt in attempts if attempt.part == part), default=1)
        is_known = any(
            attempt.state is DeliveryState.FAILED
            and attempt.part == part
            and attempt.attempt == latest
            for attempt in attempts
        )
        events: list[Event] = []
        if not is_known:
            await uow.deliveries.record(
                message.id, latest, part, DeliveryState.FAILED, None, bounce.status
            )
            await uow.customers.mark_failing(bounce.addresses, bounce.status)
            events.append(DeliveryRecorded(message.channel, DeliveryState.FAILED, bounce.status))
            events += await _end_failed(uow, message, bounce.status, bounce.explanation)
        await uow.commit()
    for event in events:
        observe(event)
    return True


async def _bounced(
    uow: UnitOfWork, bounce: Bounce, thread_keys: Sequence[str]
) -> tuple[StoredMessage, int] | None:
    """Find the message and part that came back: by our own key, else by Message-ID and address."""
    for message_id, part in bounce.reply_keys:
        with suppress(NotFound):
            message = await uow.messages.get(message_id)
            if message.role is not Role.CUSTOMER and message.channel is bounce.channel:
                return message, part
    thread = (*bounce.message_ids, *bounce.references, *thread_keys)
    messages = uow.messages
    found = await messages.find_sent(bounce.channel, bounce.message_ids)
    if found is None:
        found = await messages.last_sent_to(bounce.channel, bounce.addresses, thread)
    return None if found is None else (found, 0)


async def apply_early(uow: UnitOfWork, channel: Channel, provider_message_id: str) -> list[Event]:
    """Apply the status that arrived before its id, in the transaction that records the id.

    Returns the events to observe after the commit.
    """
    early = await uow.deliveries.take_early(channel, provider_message_id)
    return await _apply(uow, channel, provider_message_id, *early) if early is not None else []


async def hand_over_undelivered(
    uow: UnitOfWork,
    message: StoredMessage,
    state: DeliveryState,
    code: str | None,
    explanation: str = "",
) -> HandedOver | None:
    """Hand over the ticket of a reply that the customer did not get: it must not look answered.

    The customer is not notified, since the channel itself failed.
    """
    try:
        conversation = await uow.conversations.lock(message.conversation_id)
    except NotFound:
        return None
    if conversation.status is ConversationStatus.CLOSED:
        # A notice of ours, in which nobody waits: that its address fails is told where it was typed.
        return None
    why = _explain(message, state, code)
    if explanation:
        why = f"{why}: {explanation}"
    reason, summary = EscalationReason.DELIVERY_FAILED, why
    ticket = await uow.tickets.current(conversation.id)
    if ticket is not None and not ticket.is_over and ticket.escalation_reason is not None:
        # A person's own reply may have failed: the ticket keeps the reason of its hand-over.
        reason, summary = ticket.escalation_reason, f"{ticket.escalation_summary}\n{why}"
    done = await hand_over(uow, conversation, HandOver(reason, summary, "delivery", note=why))
    return done.event


async def _apply(
    uow: UnitOfWork,
    channel: Channel,
    provider_message_id: str,
    state: DeliveryState,
    code: str | None,
) -> list[Event]:
    """Return the events to observe after the commit; none while the id is unknown."""
    words = channel.facts.failure_words.get(code or "")
    change = await uow.deliveries.update_from_provider(
        channel, provider_message_id, state, code, words
    )
    if change is None:
        return []
    events: list[Event] = [DeliveryRecorded(channel, state, code)]
    if change.has_moved and state is DeliveryState.FAILED:
        message = await uow.messages.get(change.message_id)
        if code in channel.facts.passing_codes and await _try_again(uow, message, code):
            return events
        if code in channel.facts.our_codes:
            await _keep_for_replay(uow, message, provider_message_id, code)
        events += await _end_failed(uow, message, code)
    return events


async def _try_again(uow: UnitOfWork, message: StoredMessage, code: str | None) -> bool:
    """Queue a reply's failed parts for a later attempt; False once that has been tried often enough."""
    attempts = await uow.deliveries.of_message(message.id)
    failures = sum(attempt.error_code == code for attempt in attempts)
    if failures > _MOST_RETRIES:
        return False
    await uow.deliveries.allow_again(message.id)
    await uow.messages.deliver_later(message.id, _FIRST_RETRY * 2 ** (failures - 1))
    log.info("message %s is sent again later: the provider reports %s", message.id, code)
    return True


async def _keep_for_replay(
    uow: UnitOfWork, message: StoredMessage, provider_message_id: str, code: str | None
) -> None:
    """Dead-letter a reply that failed by a fault of ours, to be replayed once it is mended."""
    words = message.channel.facts.failure_words.get(code or "", "")
    await queue_dead_letter(
        uow,
        topic=topics.OUTGOING,
        key=str(message.customer_id),
        value=b"",
        origin=f"status/{message.channel.value}/{provider_message_id}",
        message=message,
        cause=f"the provider refuses our sender or settings ({code}) {words}".strip(),
        attempts=1,
    )


async def _end_failed(
    uow: UnitOfWork, message: StoredMessage, code: str | None, explanation: str = ""
) -> list[Event]:
    """Note and hand over a reply that the provider took and could not deliver."""
    state = DeliveryState.FAILED
    await uow.audit.add("delivery", state.value, "message", str(message.id), {"code": code or ""})
    handed_over = await hand_over_undelivered(uow, message, state, code, explanation)
    log.warning("message %s on %s was not delivered, code %s", message.id, message.channel, code)
    return [] if handed_over is None else [handed_over]


def _explain(message: StoredMessage, state: DeliveryState, code: str | None) -> str:
    why = f"A reply on {message.channel.value} ended as {state.value}"
    return f"{why} (provider code {code})" if code else why
