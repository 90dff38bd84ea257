"""Stores mails that people sent from the mailbox itself as staff messages: whoever answers there takes over."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from domain.channels import Channel
from domain.identifiers import IdentifierKind
from domain.messages import DeliveryState, SentMail
from domain.records import Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import TicketStatus

log = logging.getLogger(__name__)

_ACTOR = "mailbox"


async def receive_sent(open_uow: OpenUnitOfWork, sent: SentMail) -> bool:
    """Store a mail of a known thread and give the conversation to its sender; False for any other mail. Idempotent.

    A running turn loses its fence, and replies that wait for delivery are dropped. A person who owns the
    conversation already keeps it. Of a mail in the thread that went to somebody else only the take-over is kept: the
    customer has not read its words. Raises StoreUnavailable if nothing was stored.
    """
    async with open_uow() as uow:
        conversation = await uow.conversations.find_thread(
            Channel.EMAIL, sent.thread_keys, sent.recipients
        )
        if conversation is None:
            return False
        goes_to_customer = await _goes_to_customer(uow, conversation, sent)
        if goes_to_customer and not await _store(uow, conversation, sent):
            return False
        if not conversation.is_taken:
            conversation = await uow.conversations.take(conversation.id, sent.sender)
            await uow.audit.add(_ACTOR, "take", "conversation", str(conversation.id))
        await uow.messages.drop_pending(conversation.id)
        await _end_waiting(uow, conversation, sent, goes_to_customer)
        await uow.commit()
    log.info("conversation %s: a person answered from the mailbox", conversation.id)
    return True


async def _goes_to_customer(uow: UnitOfWork, conversation: Conversation, sent: SentMail) -> bool:
    """Whether the customer is among the recipients, or nobody else is: a mail may name only ourselves."""
    others = set(sent.recipients) - {sent.sender}
    identifiers = await uow.customers.identifiers(conversation.customer_id)
    theirs = {each.value for each in identifiers if each.kind is IdentifierKind.EMAIL}
    return not others or bool(others & theirs)


async def _store(uow: UnitOfWork, conversation: Conversation, sent: SentMail) -> bool:
    message = await uow.messages.add_sent(sent, conversation.id)
    if message is None:
        return False
    await uow.deliveries.record(message.id, 1, 0, DeliveryState.SENT, sent.mail_id)
    await uow.conversations.note_context(conversation.id, sent.sent_at)
    await uow.audit.add(_ACTOR, "reply", "conversation", str(conversation.id))
    return True


async def _end_waiting(
    uow: UnitOfWork, conversation: Conversation, sent: SentMail, goes_to_customer: bool
) -> None:
    """Move what waited for the agent to the person, as answered if the customer has got this mail."""
    never = datetime.min.replace(tzinfo=UTC)
    await uow.messages.answered_until(conversation.id, sent.sent_at if goes_to_customer else never)
    ticket = await uow.tickets.current(conversation.id)
    if ticket is None or ticket.is_over:
        return
    if goes_to_customer:
        await uow.tickets.set_status(ticket.id, TicketStatus.WAITING_CUSTOMER)
    elif ticket.waits_for_person:
        await uow.tickets.set_status(ticket.id, TicketStatus.IN_PROGRESS)
