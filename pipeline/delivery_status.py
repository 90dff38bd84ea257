"""What a provider says later about a reply, and a person for whatever did not arrive."""

from __future__ import annotations

import logging

from domain.channels import Channel
from domain.errors import NotFound
from domain.events import DeliveryRecorded, ignore
from domain.messages import DeliveryState
from domain.ports import Observe
from domain.records import StatusChange, StoredMessage
from domain.stores import OpenWork, UnitOfWork
from domain.tickets import EscalationReason, Priority, TicketStatus

log = logging.getLogger(__name__)

_DONE = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


async def record_status(
    open_work: OpenWork,
    channel: Channel,
    provider_message_id: str,
    state: DeliveryState,
    error_code: str | None,
    observe: Observe = ignore,
) -> bool:
    """A provider's status callback. Idempotent, order-proof; a failure goes to a person, once.

    False when the id is not ours, or not yet: the status is kept until the id is recorded.
    """
    async with open_work() as work:
        change = await _apply(work, channel, provider_message_id, state, error_code)
        await work.commit()
    if change is None:
        log.info("a status of a message not recorded yet is kept")
        return False
    observe(DeliveryRecorded(channel, state, error_code))
    return True


async def apply_early(
    work: UnitOfWork, channel: Channel, provider_message_id: str
) -> tuple[DeliveryState, str | None] | None:
    """Apply the status that came before its id was recorded, in the transaction that records it."""
    early = await work.deliveries.take_early(channel, provider_message_id)
    if early is not None:
        await _apply(work, channel, provider_message_id, *early)
    return early


async def call_a_person(
    work: UnitOfWork, message: StoredMessage, state: DeliveryState, code: str | None
) -> None:
    """What the customer did not get must not look answered: the ticket goes to the queue.

    A ticket that a person has already keeps its reason; its summary tells the failure as well.
    """
    try:
        conversation = await work.conversations.lock(message.conversation_id)
    except NotFound:
        return
    ticket = await work.tickets.current(conversation.id)
    if ticket is None:
        return
    reason, summary = EscalationReason.REPEATED_FAILURE, _explain(message, state, code)
    if ticket.escalation_reason is not None and ticket.status not in _DONE:
        reason = ticket.escalation_reason
        if ticket.escalation_summary:
            summary = f"{ticket.escalation_summary}\n{summary}"
    await work.tickets.escalate(ticket.id, reason, summary, Priority.HIGH)
    if not conversation.is_taken:
        await work.conversations.hand_over(conversation.id)


async def _apply(
    work: UnitOfWork,
    channel: Channel,
    provider_message_id: str,
    state: DeliveryState,
    code: str | None,
) -> StatusChange | None:
    change = await work.deliveries.update_from_provider(channel, provider_message_id, state, code)
    if change is not None and change.has_moved and state is DeliveryState.FAILED:
        message = await work.messages.get(change.message_id)
        await work.audit.add(
            "delivery", state.value, "message", str(message.id), {"code": code or ""}
        )
        await call_a_person(work, message, state, code)
        log.warning("message %s on %s was not delivered, code %s", message.id, channel, code)
    return change


def _explain(message: StoredMessage, state: DeliveryState, code: str | None) -> str:
    why = f"A reply on {message.channel.value} ended as {state.value}"
    return f"{why} (provider code {code})" if code else why
