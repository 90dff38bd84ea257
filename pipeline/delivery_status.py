"""Records providers' status callbacks, and hands over replies that were not delivered."""

from __future__ import annotations

import logging
from uuid import UUID

from domain.channels import Channel
from domain.errors import NotFound
from domain.events import DeliveryRecorded, Event, HandedOver, ignore
from domain.messages import DeliveryState
from domain.ports import Observe
from domain.records import StoredMessage
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from pipeline.hand_over import HandOver, hand_over

log = logging.getLogger(__name__)


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
        False when the provider's id is unknown; the status is stored until the id is recorded.
    """
    async with open_uow() as uow:
        if part_key is not None and await uow.deliveries.claim(
            channel, provider_message_id, *part_key
        ):
            log.info("the provider reports message %s, part %d, as accepted", *part_key)
        events = await _apply(uow, channel, provider_message_id, state, error_code)
        await uow.commit()
    if not events:
        log.info("a status of a message not recorded yet is kept")
        return False
    for event in events:
        observe(event)
    return True


async def apply_early(uow: UnitOfWork, channel: Channel, provider_message_id: str) -> list[Event]:
    """Apply the status that arrived before its id, in the transaction that records the id.

    Returns the events to observe after the commit.
    """
    early = await uow.deliveries.take_early(channel, provider_message_id)
    return await _apply(uow, channel, provider_message_id, *early) if early is not None else []


async def hand_over_undelivered(
    uow: UnitOfWork, message: StoredMessage, state: DeliveryState, code: str | None
) -> HandedOver | None:
    """Hand over the ticket of a reply that the customer did not get: it must not look answered.

    The customer is not notified, since the channel itself failed.
    """
    try:
        conversation = await uow.conversations.lock(message.conversation_id)
    except NotFound:
        return None
    why = _explain(message, state, code)
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
    change = await uow.deliveries.update_from_provider(channel, provider_message_id, state, code)
    if change is None:
        return []
    events: list[Event] = [DeliveryRecorded(channel, state, code)]
    if change.has_moved and state is DeliveryState.FAILED:
        message = await uow.messages.get(change.message_id)
        await uow.audit.add(
            "delivery", state.value, "message", str(message.id), {"code": code or ""}
        )
        handed_over = await hand_over_undelivered(uow, message, state, code)
        if handed_over is not None:
            events.append(handed_over)
        log.warning("message %s on %s was not delivered, code %s", message.id, channel, code)
    return events


def _explain(message: StoredMessage, state: DeliveryState, code: str | None) -> str:
    why = f"A reply on {message.channel.value} ended as {state.value}"
    return f"{why} (provider code {code})" if code else why
