"""Stores mails that people sent from the mailbox itself as staff messages: whoever answers there takes over."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from domain.channels import Channel
from domain.conversation_state import Act
from domain.identifiers import IdentifierKind
from domain.messages import DeliveryState, SentMail
from domain.records import Conversation, ConversationStatus
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.moves import move

log = logging.getLogger(__name__)

_ACTOR = "mailbox"
_NEVER = datetime.min.replace(tzinfo=UTC)


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
        was_taken = conversation.is_taken
        if goes_to_customer:
            moved = await move(uow, conversation, Act.ANSWERED_OUTSIDE, sent.sender)
            latest = await uow.messages.last_inbound(conversation.id)
            if latest is not None and latest.created_at > sent.sent_at:
                await move(uow, moved.conversation, Act.CUSTOMER_WROTE)
        elif not was_taken and conversation.status is ConversationStatus.OPEN:
            await move(uow, conversation, Act.TAKEN, sent.sender)
        if not was_taken:
            await uow.audit.add(_ACTOR, "take", "conversation", str(conversation.id))
        await uow.messages.drop_pending(conversation.id)
        # What waited for the agent is the person's, answered if the customer has got this mail.
        answered_until = sent.sent_at if goes_to_customer else _NEVER
        await uow.messages.answered_until(conversation.id, answered_until)
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
