"""Tests personal data: exported whole, erased everywhere, gone for good."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import topics
from domain.channels import Channel
from domain.drafts import DraftSource, NewDraft
from domain.errors import NotFound
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import Attachment, DeliveryState, InboundMessage
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Priority
from domain.turns import Draft
from pipeline.dead_letter import discard
from tests.integration.correspondence import (
    BOB_PHONE,
    a_message,
    answer,
    open_ticket,
    start_turn,
    store,
)

pytestmark = pytest.mark.postgres
MARK = "zebrafinch"
MAIL = Identifier(IdentifierKind.EMAIL, f"{MARK}@example.com", Assurance.PROVIDER_ATTESTED)
CHAT = Identifier(IdentifierKind.WHATSAPP, f"{MARK}.98765", Assurance.PROVIDER_ATTESTED)


def marked(sender: Identifier, channel: Channel, provider_id: str) -> InboundMessage:
    return a_message(
        sender,
        channel,
        f"my name is {MARK}",
        provider_id=provider_id,
        name=f"Ann {MARK}",
        thread=f"{MARK}-thread-{channel.value}",
        header=f"<{MARK}-{channel.value}@example.com>",
        attachments=(Attachment(f"{MARK}.pdf", "application/pdf", 1),),
        details={MARK: MARK},
        subject=f"About {MARK}",
        raw=f"From: {MARK}@example.com\r\n\r\nmy name is {MARK}".encode(),
    )


async def fill_every_table(open_uow: OpenUnitOfWork) -> UUID:
    """One person on two channels, merged, answered, escalated, delivered, and failed once."""
    mail = await store(open_uow, marked(MAIL, Channel.EMAIL, f"{MARK}-1"))
    chat = await store(open_uow, marked(CHAT, Channel.WHATSAPP, f"{MARK}-2"))
    draft = Draft(reply=MARK, model="m", searches=[f"where is {MARK}"])
    reply = await answer(open_uow, mail, reply=f"Dear {MARK}", draft=draft, sentiment=0.5)
    ticket = await open_ticket(open_uow, mail, f"About {MARK}")
    turn = await start_turn(open_uow, chat)
    async with open_uow() as uow:
        await uow.customers.link(mail.customer_id, CHAT, "mia")
        await uow.tickets.escalate(ticket.id, EscalationReason.REFUND, MARK, Priority.HIGH)
        await uow.tickets.add_feedback(ticket.id, False, f"{MARK} is angry")
        article = DraftSource(uuid4(), f"About {MARK}", 1)
        await uow.drafts.add(
            NewDraft(
                turn.id,
                chat.conversation_id,
                Channel.WHATSAPP,
                None,
                None,
                "m",
                f"Dear {MARK}",
                (article,),
                (chat.id,),
            )
        )
        await uow.conversations.add_note(mail.conversation_id, "mia", f"{MARK} called")
        await uow.deliveries.start(reply.id, Channel.EMAIL, 1, 0)
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, f"{MARK}-sent")
        for key in (mail.customer_id, chat.customer_id):
            value = {"customer_id": str(key), "note": MARK}
            await uow.outbox.add(topics.INCOMING, key, value, {"x": MARK})
        for origin, message_id, buried_key in (
            ("a/0/1", mail.id, None),
            ("a/0/2", None, str(chat.customer_id)),
        ):
            await uow.dead_letters.add(
                topic=topics.INCOMING,
                key=buried_key,
                value=MARK.encode(),
                origin=origin,
                message_id=message_id,
                cause=f"can't read {MARK}",
                attempts=3,
            )
        await uow.commit()
    async with open_uow() as uow:
        await uow.tickets.resolve(ticket.id, f"told {MARK}", "mia")
        letters = await uow.dead_letters.list("open", 9)
        await uow.commit()
    await discard(open_uow, letters[0].id, "mia", f"{MARK} wrote twice")
    return mail.customer_id


async def columns_with_mark(owner: asyncpg.Connection) -> set[str]:
    """Every column of every table in which the mark stands, bytes and JSON included."""
    columns = await owner.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public'"
    )
    found = set()
    for table, column, kind in columns:
        text = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
        query = f"SELECT EXISTS (SELECT FROM {table} WHERE {text} ILIKE $1)"
        if await owner.fetchval(query, f"%{MARK}%"):
            found.add(f"{table}.{column}")
    return found


async def erase(open_uow: OpenUnitOfWork, customer_id: UUID) -> None:
    async with open_uow() as uow:
        await uow.customers.erase(customer_id)
        await uow.commit()


async def test_an_erasure_leaves_no_word_of_the_customer_in_any_column_of_any_table(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    customer_id = await fill_every_table(open_uow)
    before = await columns_with_mark(owner)
    assert before >= {
        "customers.name",
        "customer_identifiers.value",
        "conversations.subject",
        "conversations.provider_thread_id",
        "messages.content",
        "messages.raw_content",
        "messages.details",
        "messages.attachments",
        "messages.provider_message_id",
        "messages.message_id_header",
        "raw_messages.content",
        "turns.tried",
        "drafts.content",
        "drafts.sources",
        "tickets.subject",
        "tickets.escalation_summary",
        "tickets.resolution_note",
        "feedback.comment",
        "deliveries.provider_message_id",
        "outbox.value",
        "outbox.headers",
        "dead_letters.value",
        "dead_letters.cause",
    }
    bystander = await store(open_uow, a_message(BOB_PHONE, Channel.WHATSAPP, "I stay"))

    await erase(open_uow, customer_id)

    assert await columns_with_mark(owner) == set()
    assert await owner.fetchval("SELECT count(*) FROM messages") == 4
    async with open_uow() as uow:
        assert (await uow.messages.get(bystander.id)).content == "I stay"
        assert (await uow.customers.get(customer_id)).name == ""
        with pytest.raises(NotFound):
            await uow.customers.export(customer_id)
    await erase(open_uow, customer_id)


async def test_nothing_of_an_erased_customer_is_worked_on_any_more(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    message = await store(open_uow, a_message())
    turn = await start_turn(open_uow, message)
    await erase(open_uow, message.customer_id)
    async with open_uow() as uow:
        with pytest.raises(NotFound):
            await uow.conversations.lock(message.conversation_id)
        conversation = await uow.conversations.get(message.conversation_id)
        assert conversation.fence > turn.fence
        assert await uow.messages.waiting(message.conversation_id) == []
        assert (
            await uow.conversations.queue(
                owner=None, status=None, channel=None, reason=None, limit=9
            )
            == []
        )
    assert await owner.fetchval("SELECT state FROM turns") == "superseded"


async def test_the_next_message_of_an_erased_customer_is_a_new_customers(
    open_uow: OpenUnitOfWork,
) -> None:
    first = await store(open_uow, a_message(thread="t1"))
    await erase(open_uow, first.customer_id)
    second = await store(open_uow, a_message(thread="t1", thread_keys=("t1",)))
    assert second.customer_id != first.customer_id
    assert second.conversation_id != first.conversation_id


async def test_an_erased_customer_gets_no_identifier_any_more(open_uow: OpenUnitOfWork) -> None:
    stored = await store(open_uow, a_message())
    await erase(open_uow, stored.customer_id)
    async with open_uow() as uow:
        with pytest.raises(NotFound):
            await uow.customers.link(stored.customer_id, BOB_PHONE, "mia")


async def test_a_webhook_repeated_after_the_erasure_brings_nothing_back(
    open_uow: OpenUnitOfWork,
) -> None:
    inbound = a_message(provider_id="gmail-1")
    stored = await store(open_uow, inbound)
    await erase(open_uow, stored.customer_id)
    async with open_uow() as uow:
        known = await uow.messages.find_inbound(Channel.EMAIL, "gmail-1")
        assert known is not None
        assert known.id == stored.id
        customer = await uow.customers.resolve(inbound.sender, "Ann")
        conversation = await uow.conversations.find_or_open(customer.id, inbound)
        again = await uow.messages.add_inbound(
            inbound,
            customer_id=customer.id,
            conversation_id=conversation.id,
            state="waiting",
            trace_id=None,
        )
        assert again is None


async def test_an_export_holds_everything_of_the_customer_and_nothing_of_others(
    open_uow: OpenUnitOfWork,
) -> None:
    customer_id = await fill_every_table(open_uow)
    other = await store(open_uow, a_message(BOB_PHONE, Channel.WHATSAPP, "wombat"))
    async with open_uow() as uow:
        document = await uow.customers.export(customer_id)
    text = json.dumps(document)
    assert "wombat" not in text
    assert str(other.customer_id) not in text
    sizes = {name: len(rows) for name, rows in document.items() if isinstance(rows, list)}
    assert sizes == {
        "customers": 2,
        "identifiers": 2,
        "merges": 1,
        "conversations": 2,
        "messages": 3,
        "raw_messages": 2,
        "deliveries": 1,
        "tickets": 1,
        "feedback": 1,
        "turns": 2,
        "metrics": 1,
        "queued": 3,
        "dead_letters": 2,
        "learned_from": 0,
        "articles_drafted_for": 0,
        "notes": 1,
        "blocked": 0,
        "notifications": 0,
        "drafts": 1,
        "regression_questions": 0,
    }
    assert document.keys() == sizes.keys()
    for told in (f"my name is {MARK}", f"Dear {MARK}", f"{MARK} is angry", f"told {MARK}"):
        assert told in text
