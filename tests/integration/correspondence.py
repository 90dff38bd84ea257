"""Makes messages as the channels deliver them, and stores one with its customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain.channels import Channel, ChannelConfig
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import Attachment, InboundMessage, Role
from domain.records import Conversation, StoredMessage, Ticket
from domain.stores import OpenUnitOfWork
from domain.tickets import Category, EscalationReason, Priority, new_ticket_number
from domain.turns import Draft, Escalation, TicketRef, Turn, TurnMessage
from pipeline.queueing import send_message
from tests.sample_profile import COMPANY

CLAIMED_ANN = Identifier(IdentifierKind.EMAIL, "ann@example.com", Assurance.CLAIMED)
ANN = replace(CLAIMED_ANN, assurance=Assurance.PROVIDER_ATTESTED)
ANN_PHONE = Identifier(IdentifierKind.PHONE, "+4915112345678", Assurance.PROVIDER_ATTESTED)
BOB_PHONE = Identifier(IdentifierKind.PHONE, "+4915187654321", Assurance.PROVIDER_ATTESTED)


def a_message(
    sender: Identifier = ANN,
    channel: Channel = Channel.EMAIL,
    text: str = "How do I export my data?",
    *,
    provider_id: str | None = None,
    name: str = "Ann",
    thread_keys: tuple[str, ...] = (),
    thread: str | None = None,
    header: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    details: dict[str, str] | None = None,
    subject: str | None = "Export",
    raw: bytes | None = None,
) -> InboundMessage:
    return InboundMessage(
        channel=channel,
        provider_message_id=provider_id or uuid4().hex,
        sender=sender,
        sender_name=name,
        text=text,
        raw_text=f"{text}\n-- \n{name}",
        received_at=datetime.now(UTC),
        subject=subject,
        thread_keys=thread_keys,
        message_id_header=header,
        references=(),
        provider_thread_id=thread,
        attachments=attachments,
        details=details or {},
        raw=raw,
    )


async def store(
    open_uow: OpenUnitOfWork, inbound: InboundMessage, state: str = "waiting"
) -> StoredMessage:
    """As receiving does it: customer, conversation, message, one transaction."""
    async with open_uow() as uow:
        customer = await uow.customers.resolve(inbound.sender, inbound.sender_name)
        conversation = await uow.conversations.find_or_open(customer.id, inbound)
        message = await uow.messages.add_inbound(
            inbound,
            customer_id=customer.id,
            conversation_id=conversation.id,
            state=state,
            trace_id="0" * 32,
        )
        assert message is not None
        await uow.conversations.note_inbound(conversation.id, inbound.received_at)
        await uow.commit()
    return message


async def open_ticket(
    open_uow: OpenUnitOfWork, message: StoredMessage, subject: str = ""
) -> Ticket:
    ref = TicketRef(uuid4(), new_ticket_number(), Category.TECHNICAL, Priority.MEDIUM, subject)
    async with open_uow() as uow:
        ticket = await uow.tickets.open(
            ref,
            customer_id=message.customer_id,
            conversation_id=message.conversation_id,
            channel=message.channel,
        )
        await uow.commit()
    return ticket


async def start_turn(open_uow: OpenUnitOfWork, message: StoredMessage) -> Turn:
    """What the agent stage holds while it thinks."""
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        turn_id, fence = await uow.turns.start(conversation.id, message.trace_id)
        config = await uow.channel_configs.get(conversation.channel)
        await uow.commit()
    return make_turn(turn_id, fence, conversation, message, config)


def make_turn(
    turn_id: UUID,
    fence: int,
    conversation: Conversation,
    message: StoredMessage,
    config: ChannelConfig,
) -> Turn:
    return Turn(
        id=turn_id,
        fence=fence,
        customer_id=conversation.customer_id,
        customer_name="Ann",
        conversation_id=conversation.id,
        assurance=conversation.assurance,
        company=COMPANY,
        channel=config,
        messages=(TurnMessage(message.id, message.content, message.created_at),),
        history=(),
        ticket=None,
    )


async def answer(
    open_uow: OpenUnitOfWork,
    message: StoredMessage,
    *,
    outcome: str = "answered",
    reply: str = "Open Settings, then Export.",
    draft: Draft | None = None,
    sentiment: float | None = None,
    latency: timedelta = timedelta(seconds=1),
) -> StoredMessage:
    """A whole turn: reply, settled message, finished turn and its metrics."""
    turn = await start_turn(open_uow, message)
    draft = draft or Draft(reply=reply, model="rules")
    draft.asks_back = outcome == "asked_back"
    if outcome == "silent":
        draft.reply = None
    if outcome == "escalated":
        draft.escalation = Escalation(EscalationReason.REFUND, "wants money back")
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        sent = await send_message(
            uow,
            conversation,
            role=Role.AGENT,
            author="rules",
            content=reply,
            turn_id=turn.id,
            trace_id=None,
        )
        await uow.turns.finish(
            turn,
            draft=draft,
            answered={message.id: sentiment},
            latency=latency,
            sentiment=sentiment,
        )
        await uow.commit()
    return sent


async def staff_reply(
    open_uow: OpenUnitOfWork, message: StoredMessage, staff: str
) -> StoredMessage:
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        sent = await send_message(
            uow,
            conversation,
            role=Role.STAFF,
            author=staff,
            content="I look into it.",
            trace_id=None,
        )
        await uow.messages.answered_by_staff(conversation.id)
        await uow.commit()
    return sent
