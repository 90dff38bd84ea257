"""Notes what people have to be told of, in the transaction in which it happens, and when they need it no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from domain.notifications import Event, EventType, plan
from domain.records import Conversation, StoredMessage, Ticket
from domain.stores import UnitOfWork


async def tell(uow: UnitOfWork, event: Event) -> None:
    """Add a notification for each route of the company profile that the event goes out by."""
    profile = await uow.company.current()
    if not profile.company.notifications:
        return
    planned = plan(profile.company, event, datetime.now(UTC))
    if planned:
        await uow.notifications.add(event, planned)


async def tell_of_conversation(
    uow: UnitOfWork,
    type_: EventType,
    conversation: Conversation,
    ticket: Ticket | None,
    more: Mapping[str, object] | None = None,
    key: str | None = None,
) -> None:
    """Tell of something in a conversation by its ids and codes, `more` of them where they are known."""
    reason = ticket.escalation_reason if ticket is not None else None
    event = Event(
        type=type_,
        conversation_id=conversation.id,
        channel=conversation.channel,
        reason=reason,
        priority=ticket.priority if ticket is not None else None,
        key=key,
        data={
            "conversation_id": str(conversation.id),
            "customer_id": str(conversation.customer_id),
            "ticket_id": ticket.number if ticket is not None else None,
            "channel": conversation.channel.value,
            "priority": ticket.priority.value if ticket is not None else None,
            "reason": reason.value if reason is not None else None,
            **(more or {}),
        },
    )
    await tell(uow, event)


async def tell_of_hand_over(uow: UnitOfWork, conversation: Conversation, ticket: Ticket) -> None:
    """Tell that a conversation waits for a person, and since when its customer does."""
    since = conversation.turn_since or datetime.now(UTC)
    more = {
        "topic": ticket.escalation_topic,
        "waiting_since": since.isoformat(),
    }
    await tell_of_conversation(uow, EventType.HANDOVER, conversation, ticket, more)


async def tell_of_message(
    uow: UnitOfWork, type_: EventType, conversation: Conversation, message: StoredMessage
) -> None:
    """Tell of a message that came in or went out; a receiver reads its words by the API."""
    if not await _is_told(uow, type_):
        return
    ticket = await uow.tickets.current(conversation.id)
    more = {
        "message_id": str(message.id),
        "role": message.role.value,
        "trace_id": message.trace_id,
    }
    key = f"{type_}/{message.id}"
    await tell_of_conversation(uow, type_, conversation, ticket, more, key)


async def tell_of_forms(uow: UnitOfWork, messages: Sequence[StoredMessage]) -> None:
    """Tell of the messages of forms that are stored together."""
    if not await _is_told(uow, EventType.MESSAGE_RECEIVED):
        return
    for message in messages:
        conversation = await uow.conversations.get(message.conversation_id)
        await tell_of_message(uow, EventType.MESSAGE_RECEIVED, conversation, message)


async def _is_told(uow: UnitOfWork, type_: EventType) -> bool:
    profile = await uow.company.current()
    return any(type_ in route.on for route in profile.company.notifications)
