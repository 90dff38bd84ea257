"""Stores a customer's message and queues it, in one transaction before the channel acknowledges it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from domain import topics
from domain.channels import Channel
from domain.company import period
from domain.conversation_state import Act
from domain.errors import NotFound
from domain.events import HandedOver, MessageReceived, ignore
from domain.messages import InboundMessage, MessageState, Standing
from domain.notifications import EventType
from domain.ports import Observe
from domain.records import Conversation, StoredMessage, Ticket
from domain.small_words import SmallWord, small_word
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason, Priority, new_ticket_number
from domain.traces import current_trace_id
from domain.turns import TicketRef
from pipeline.attested import join_attested
from pipeline.consent import change_consent
from pipeline.hand_over import HandOver, hand_over
from pipeline.marks import gets_no_turn
from pipeline.moves import move
from pipeline.queueing import queue_message
from pipeline.sensitive import without_secrets
from pipeline.telling import tell_of_message

log = logging.getLogger(__name__)

_LATE = HandOver(
    EscalationReason.MODEL_UNAVAILABLE,
    "The message was read so late that no automatic answer goes out any more.",
    "mailbox",
    Priority.HIGH,
    note="Another message was read too late for an automatic answer.",
)


_WITH_TICKET = (Standing.NORMAL, Standing.LATE, Standing.ANSWERED, Standing.BLOCKED)
"""Whoever is blocked gets a number like anybody else, and does not learn of it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A durable message. A repeated delivery has the same ids and `is_duplicate` set."""

    message_id: UUID
    conversation_id: UUID
    ticket: Ticket | None
    created_at: datetime
    is_duplicate: bool


async def receive(
    open_uow: OpenUnitOfWork,
    inbound: InboundMessage,
    trace_id: str | None = None,
    observe: Observe = ignore,
) -> Accepted:
    """Store the message with its customer and conversation, and queue it for the agent.

    Idempotent by channel and provider message id. Without a trace id the message belongs to the
    current trace. Raises StoreUnavailable if nothing was stored.
    """
    await join_attested(open_uow, inbound)
    accepted, state, handed_over = await _store(open_uow, inbound, trace_id)
    observe(MessageReceived(inbound.channel, "duplicate" if accepted.is_duplicate else state))
    if handed_over is not None:
        observe(handed_over)
    return accepted


async def _store(
    open_uow: OpenUnitOfWork, inbound: InboundMessage, trace_id: str | None
) -> tuple[Accepted, MessageState, HandedOver | None]:
    async with open_uow() as uow:
        customer = await uow.customers.resolve(inbound.sender, inbound.sender_name)
        known = await uow.messages.find_inbound(inbound.channel, inbound.provider_message_id)
        if known is None and inbound.repeats is not None:
            known = await uow.messages.find_repeated(customer.id, inbound.channel, inbound.repeats)
        if known is not None:
            return await _repeat(uow, known), known.state, None
        profile = await uow.company.current()
        conversation = await uow.conversations.find_or_open(
            customer.id, inbound, period(profile.company.reopen_within)
        )
        standing = await change_consent(uow, customer, conversation, inbound)
        inbound = await without_secrets(uow, replace(inbound, standing=standing))
        ticket = None
        state = MessageState.IGNORED
        if inbound.standing is not Standing.CONTEXT and await gets_no_turn(
            uow, conversation, inbound
        ):
            inbound = replace(inbound, standing=Standing.BLOCKED)
        if inbound.standing in (Standing.NORMAL, Standing.LATE):
            conversation, ticket, state = await arrive(uow, conversation, inbound.text)
        if inbound.standing is Standing.LATE:
            state = MessageState.WITH_HUMAN
        elif inbound.standing is Standing.ANSWERED:
            state = MessageState.ANSWERED
        message = await uow.messages.add_inbound(
            inbound,
            customer_id=customer.id,
            conversation_id=conversation.id,
            state=state,
            trace_id=trace_id or current_trace_id(),
        )
        if message is None:
            known = await uow.messages.find_inbound(inbound.channel, inbound.provider_message_id)
            if known is None:
                raise NotFound("a message reported as stored is missing")
            return await _repeat(uow, known), known.state, None
        handed_over = None
        if inbound.standing in (Standing.NORMAL, Standing.LATE, Standing.ANSWERED):
            await uow.conversations.note_inbound(conversation.id, inbound.received_at)
        if inbound.channel.facts.opens_ticket_at_once and inbound.standing in _WITH_TICKET:
            # Elsewhere the agent's first turn opens it. Such a message always opens a new conversation.
            ticket = await uow.tickets.open(
                ticket_of_form(inbound),
                customer_id=message.customer_id,
                conversation_id=message.conversation_id,
                channel=inbound.channel,
            )
        if inbound.standing is Standing.CONTEXT:
            await uow.conversations.note_context(conversation.id, inbound.received_at)
        if inbound.standing in (Standing.NORMAL, Standing.LATE, Standing.ANSWERED):
            await tell_of_message(uow, EventType.MESSAGE_RECEIVED, conversation, message)
        if state is MessageState.WAITING:
            await queue_message(uow, topics.INCOMING, message)
        elif inbound.standing is Standing.LATE and not conversation.is_taken:
            done = await hand_over(uow, conversation, _LATE)
            ticket, handed_over = done.ticket, done.event
        await uow.commit()
    log.info("accepted message %s on %s as %s", message.id, message.channel, state)
    accepted = Accepted(message.id, conversation.id, ticket, message.created_at, is_duplicate=False)
    return accepted, state, handed_over


async def receive_follow_up(
    open_uow: OpenUnitOfWork,
    ticket: Ticket,
    text: str,
    idempotency_key: str | None = None,
    observe: Observe = ignore,
) -> Accepted:
    """Store a further message from the ticket's page in the same conversation.

    With an idempotency key a repeat returns the first result. Raises StoreUnavailable.
    """
    provider_id = f"{ticket.id}:{idempotency_key or uuid4()}"
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(ticket.conversation_id)
        known = await uow.messages.find_inbound(Channel.WEB_FORM, provider_id)
        if known is not None:
            observe(MessageReceived(Channel.WEB_FORM, "duplicate"))
            return await _repeat(uow, known)
        sender = await uow.customers.recipient(ticket.customer_id, conversation.channel)
        now = datetime.now().astimezone()
        inbound = InboundMessage(
            channel=Channel.WEB_FORM,
            provider_message_id=provider_id,
            sender=sender,
            sender_name="",
            text=text,
            raw_text=text,
            received_at=now,
        )
        inbound = await without_secrets(uow, inbound)
        current, state = None, MessageState.IGNORED
        if not await gets_no_turn(uow, conversation, inbound):
            conversation, current, state = await arrive(uow, conversation, text)
        message = await uow.messages.add_inbound(
            inbound,
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            state=state,
            trace_id=current_trace_id(),
        )
        if message is None:
            raise NotFound("a message reported as stored is missing")
        await uow.conversations.note_inbound(conversation.id, now)
        await tell_of_message(uow, EventType.MESSAGE_RECEIVED, conversation, message)
        if message.state is MessageState.WAITING:
            await queue_message(uow, topics.INCOMING, message)
        await uow.commit()
    observe(MessageReceived(Channel.WEB_FORM, message.state))
    ticket = current or ticket
    return Accepted(message.id, conversation.id, ticket, message.created_at, is_duplicate=False)


async def arrive(
    uow: UnitOfWork, conversation: Conversation, text: str
) -> tuple[Conversation, Ticket | None, MessageState]:
    """Move the conversation by a customer's message; return who gets the message as its state."""
    is_small = small_word(text) is SmallWord.ACKNOWLEDGEMENT
    act = Act.CUSTOMER_ACKNOWLEDGED if is_small else Act.CUSTOMER_WROTE
    moved = await move(uow, conversation, act)
    state = MessageState.WITH_HUMAN if moved.state.owner else MessageState.WAITING
    return moved.conversation, moved.ticket, state


def ticket_of_form(inbound: InboundMessage) -> TicketRef:
    """Make the ticket of a form, under a new number."""
    return TicketRef(
        id=uuid4(),
        number=new_ticket_number(),
        category=inbound.category,
        priority=inbound.priority,
        subject=inbound.subject or "",
    )


async def _repeat(uow: UnitOfWork, known: StoredMessage) -> Accepted:
    ticket = await uow.tickets.current(known.conversation_id)
    return Accepted(known.id, known.conversation_id, ticket, known.created_at, is_duplicate=True)
