"""Lets staff begin a conversation: by mail to an address, or by WhatsApp to a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from domain.channels import Channel
from domain.conversation_state import Act
from domain.errors import Conflict, Malformed
from domain.identifiers import Assurance, Identifier, IdentifierKind, identify_email, identify_phone
from domain.messages import Role
from domain.records import Conversation
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import Priority
from domain.traces import current_trace_id
from pipeline.moves import move, open_ticket
from pipeline.queueing import send_message

_IDENTIFY: Mapping[IdentifierKind, Callable[[str, Assurance], Identifier]] = {
    IdentifierKind.EMAIL: identify_email,
    IdentifierKind.PHONE: identify_phone,
}


def recipient_of(channel: Channel, to: str) -> Identifier:
    """Read an address or number.

    What is sent reaches its owner, and nothing that others claimed is joined to it: so it counts as verified.

    Raises:
        Malformed: It is no address of this channel, or the channel keeps its replies on a page.
    """
    if channel.facts.keeps_replies:
        raise Malformed("not on this channel", {"channel": "can't be used to begin a conversation"})
    identify = _IDENTIFY[channel.facts.reply_kinds[0]]
    try:
        return identify(to, Assurance.VERIFIED)
    except Malformed as error:
        raise Malformed(str(error), {"to": " ".join(error.fields.values())}) from error


async def begin(
    open_uow: OpenUnitOfWork,
    channel: Channel,
    recipient: Identifier,
    staff: str,
    *,
    name: str,
    subject: str,
    content: str,
) -> Conversation:
    """Open a conversation that `staff` owns, with its ticket, and queue its first message.

    Raises:
        Conflict: The customer ended our messages, or WhatsApp lets nobody write to them now.
    """
    async with open_uow() as uow:
        customer = await uow.customers.resolve(recipient, name)
        if customer.is_opted_out and channel.facts.renews_consent:
            raise Conflict("the customer asked for no more messages on this channel")
        await _check_window(uow, customer.id, channel)
        conversation = await uow.conversations.begin(
            customer.id, channel, recipient, subject=subject, name=name
        )
        await open_ticket(uow, conversation, Priority.MEDIUM)
        moved = await move(uow, conversation, Act.TAKEN, staff)
        moved = await move(uow, moved.conversation, Act.STAFF_REPLIED, staff)
        await send_message(
            uow,
            moved.conversation,
            role=Role.STAFF,
            author=staff,
            content=content,
            trace_id=current_trace_id(),
        )
        await uow.audit.add(
            staff, "begin", "conversation", str(conversation.id), {"channel": channel.value}
        )
        await uow.commit()
    return moved.conversation


async def window_end(uow: UnitOfWork, customer_id: UUID, channel: Channel) -> datetime | None:
    """Return until when a reply may be written freely; None for ever, and before the customer's first message."""
    if channel.facts.writes_freely_for is None:
        return None
    wrote_at = await uow.customers.last_wrote_at(customer_id, channel)
    return None if wrote_at is None else wrote_at + channel.facts.writes_freely_for


async def _check_window(uow: UnitOfWork, customer_id: UUID, channel: Channel) -> None:
    if channel.facts.writes_freely_for is None:
        return
    end = await window_end(uow, customer_id, channel)
    if end is not None and end > datetime.now(UTC):
        return
    config = await uow.channel_configs.get(channel)
    if not config.templates:
        raise Conflict(
            f"{channel.facts.label} takes a first message only as a template: name one under"
            f" channels.{channel}.templates in the company profile"
        )
