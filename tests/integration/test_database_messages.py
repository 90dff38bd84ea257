"""Tests messages, turns and tickets: stored once, answered once, never forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain import topics
from domain.channels import Channel
from domain.conversation_state import Act
from domain.errors import Conflict, NotFound
from domain.messages import Attachment, MessageState, Role
from domain.records import Ticket
from domain.stores import OpenUnitOfWork
from domain.tickets import Category, EscalationReason, Priority, TicketStatus, new_ticket_number
from domain.turns import Draft, Passage, SearchResult, TicketRef
from pipeline.moves import move
from pipeline.queueing import send_message
from tests.integration.correspondence import (
    a_message,
    answer,
    open_ticket,
    start_turn,
    store,
)

pytestmark = pytest.mark.postgres


async def test_the_same_provider_message_is_stored_once_however_often_it_comes(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    inbound = a_message(provider_id="gmail-1")

    async def receive() -> bool:
        async with open_uow() as uow:
            customer = await uow.customers.resolve(inbound.sender, "")
            conversation = await uow.conversations.find_or_open(customer.id, inbound)
            stored = await uow.messages.add_inbound(
                inbound,
                customer_id=customer.id,
                conversation_id=conversation.id,
                state="waiting",
                trace_id=None,
            )
            if stored is not None:
                await uow.commit()
            return stored is not None

    assert sum(await asyncio.gather(*(receive() for _ in range(8)))) == 1
    assert await owner.fetchval("SELECT count(*) FROM messages") == 1
    assert await owner.fetchval("SELECT count(*) FROM conversations") == 1
    async with open_uow() as uow:
        found = await uow.messages.find_inbound(Channel.EMAIL, "gmail-1")
        assert found is not None
        assert await uow.messages.find_inbound(Channel.WHATSAPP, "gmail-1") is None


async def test_a_mails_raw_form_is_kept_once_bounded_and_for_ninety_days(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    raw = b"Subject: caf\xe9\r\n\r\n\x00 and an attachment"
    first = await store(open_uow, a_message(raw=raw))
    kept = await owner.fetchrow("SELECT * FROM raw_messages")
    assert (kept["message_id"], kept["content"], kept["size"]) == (first.id, raw, len(raw))
    large = await store(open_uow, a_message(raw=b"x" * 3_000_000))
    content, size = await owner.fetchrow(
        "SELECT content, size FROM raw_messages WHERE message_id = $1", large.id
    )
    assert (len(content), size) == (1024 * 1024, 3_000_000)
    await owner.execute(
        "UPDATE raw_messages SET stored_at = now() - interval '91 days' WHERE message_id = $1",
        first.id,
    )
    await store(open_uow, a_message(raw=raw))
    ids = {row["message_id"] for row in await owner.fetch("SELECT message_id FROM raw_messages")}
    assert first.id not in ids
    assert len(ids) == 2


async def test_a_message_is_kept_as_it_came(open_uow: OpenUnitOfWork) -> None:
    inbound = a_message(
        header="<1@example.com>",
        attachments=(Attachment("a.pdf", "application/pdf", 12), Attachment("b", "x/y", None)),
        details={"ProfileName": "Ann 🙂"},
    )
    stored = await store(open_uow, inbound)
    async with open_uow() as uow:
        again = await uow.messages.get(stored.id)
        wrote_at = await uow.customers.last_wrote_at(stored.customer_id, stored.channel)
        assert wrote_at == stored.created_at
        assert await uow.customers.last_wrote_at(stored.customer_id, Channel.WHATSAPP) is None
    assert again == stored
    assert again.attachments == inbound.attachments
    assert (again.content, again.message_id_header) == (inbound.text, "<1@example.com>")
    assert again.created_at.tzinfo is not None


async def test_text_that_postgresql_refuses_is_kept_with_a_mark_in_its_place(
    open_uow: OpenUnitOfWork,
) -> None:
    stored = await store(
        open_uow, a_message(text="a\x00b \ud83d c", details={"x\x00": "\x00y"}, name="A\x00n")
    )
    assert stored.content == "a\ufffdb \ufffd c"


async def test_waiting_messages_come_in_order_and_are_settled_by_their_turn(
    open_uow: OpenUnitOfWork,
) -> None:
    first = await store(open_uow, a_message(text="one"))
    second = await store(open_uow, a_message(text="two"))
    conversation_id = first.conversation_id
    async with open_uow() as uow:
        assert [message.id for message in await uow.messages.waiting(conversation_id)] == [
            first.id,
            second.id,
        ]
        latest = await uow.messages.last_inbound(conversation_id)
        assert latest is not None
        assert latest.id == second.id
        assert await uow.messages.oldest_since(MessageState.WAITING) == first.created_at
    turn = await start_turn(open_uow, first)
    async with open_uow() as uow:
        await uow.messages.set_sentiments({second.id: 0.75})
        await uow.turns.finish(
            turn,
            draft=Draft(reply="yes", model="rules"),
            answered={first.id: 0.25, second.id: None},
            latency=None,
            trend=0.25,
        )
        await uow.commit()
    async with open_uow() as uow:
        assert await uow.messages.waiting(conversation_id) == []
        assert await uow.messages.oldest_since(MessageState.WAITING) is None
        settled = await uow.messages.of_conversation(conversation_id)
        trend = (await uow.conversations.get(conversation_id)).sentiment_trend
    assert [(message.state, message.turn_id, message.sentiment) for message in settled] == [
        ("answered", turn.id, 0.25),
        ("answered", turn.id, 0.75),
    ]
    assert trend == 0.25


async def test_a_turn_writes_one_reply_and_a_second_one_spoils_nothing(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    turn = await start_turn(open_uow, message)
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)

        async def reply() -> None:
            await send_message(
                uow,
                conversation,
                role=Role.AGENT,
                author="rules",
                content="yes",
                turn_id=turn.id,
                trace_id=None,
            )

        await reply()
        with pytest.raises(Conflict):
            await reply()
        await uow.commit()
    async with open_uow() as uow:
        replies = [
            shown
            for shown in await uow.messages.of_conversation(message.conversation_id)
            if shown.role is Role.AGENT
        ]
        assert [(reply.content, reply.state) for reply in replies] == [("yes", "undelivered")]
        told = [row for row in await uow.outbox.unpublished(10) if row.topic == topics.OUTGOING]
        assert [row.value["message_id"] for row in told] == [str(reply.id) for reply in replies]
        assert (await uow.turns.before(message.conversation_id)).automatic_replies == 1


async def test_only_replies_of_the_last_hour_count_for_the_budget(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    message = await store(open_uow, a_message())
    long_ago = await answer(open_uow, message)
    await answer(open_uow, await store(open_uow, a_message(text="and again")))
    await owner.execute(
        "UPDATE messages SET created_at = now() - interval '61 minutes' WHERE id = $1", long_ago.id
    )
    async with open_uow() as uow:
        assert (await uow.turns.before(message.conversation_id)).automatic_replies == 1


async def test_what_was_never_finished_is_queued_again_once_and_in_order(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    waiting = [await store(open_uow, a_message()) for _ in range(4)]
    reply = await answer(open_uow, waiting[0])
    await owner.execute("UPDATE messages SET queued_at = now() - interval '1 hour'")
    await owner.execute("UPDATE outbox SET published_at = now()")
    fresh = await store(open_uow, a_message())
    expected = [message.id for message in (*waiting[1:], reply)]

    async def sweep(limit: int) -> list[UUID]:
        async with open_uow() as uow:
            found = await uow.messages.requeue_unfinished(timedelta(minutes=5), limit)
            await uow.commit()
            return [message.id for message in found]

    async with open_uow() as still_open:
        found = await still_open.messages.requeue_unfinished(timedelta(minutes=5), 2)
        assert [message.id for message in found] == expected[:2]
        async with asyncio.timeout(5):
            assert await sweep(2) == expected[2:]
        await still_open.commit()
    assert await sweep(10) == []
    assert fresh.id not in expected


async def test_what_was_queued_again_in_vain_waits_twice_as_long_but_not_without_end(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    await store(open_uow, a_message())
    minute = timedelta(minutes=1)

    async def is_found(accepted: int, queued: int) -> bool:
        """For a message accepted and last queued so many minutes ago."""
        await owner.execute(
            "UPDATE messages SET created_at = now() - $1 * interval '1 minute', "
            "queued_at = now() - $2 * interval '1 minute'",
            accepted,
            queued,
        )
        async with open_uow() as uow:
            return bool(await uow.messages.requeue_unfinished(minute, 10))

    assert await is_found(accepted=2, queued=2)
    assert not await is_found(accepted=5, queued=2)
    assert await is_found(accepted=5, queued=3)
    assert not await is_found(accepted=60, queued=3)
    assert await is_found(accepted=60, queued=5)


async def test_what_still_lies_in_the_outbox_is_not_queued_a_second_time(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    message = await store(open_uow, a_message())
    await owner.execute("UPDATE messages SET queued_at = now() - interval '1 hour'")
    async with open_uow() as uow:
        value = {"message_id": str(message.id)}
        await uow.outbox.add(topics.INCOMING, message.customer_id, value, {})
        await uow.commit()
    async with open_uow() as uow:
        assert await uow.messages.requeue_unfinished(timedelta(minutes=5), 10) == []
        rows = await uow.outbox.unpublished(10)
        await uow.outbox.mark_published([row.id for row in rows])
        found = await uow.messages.requeue_unfinished(timedelta(minutes=5), 10)
        assert [stored.id for stored in found] == [message.id]


async def test_what_a_person_did_not_answer_goes_back_to_the_agent(
    open_uow: OpenUnitOfWork,
) -> None:
    first = await store(open_uow, a_message(), state="with_human")
    second = await store(open_uow, a_message(), state="with_human")
    async with open_uow() as uow:
        returned = await uow.messages.return_to_agent(first.conversation_id)
        assert [message.id for message in returned] == [first.id, second.id]
        assert {message.state for message in returned} == {"waiting"}
        await uow.messages.answered_by_staff(first.conversation_id)
        assert await uow.messages.return_to_agent(first.conversation_id) == []


async def test_a_second_ticket_of_a_conversation_is_the_first_one(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message())
    first, second = await asyncio.gather(
        open_ticket(open_uow, message, "one"), open_ticket(open_uow, message, "two")
    )
    assert first.id == second.id
    async with open_uow() as uow:
        await uow.tickets.resolve(first.id, "done", "mia")
        await uow.commit()
    third = await open_ticket(open_uow, message, "three")
    assert third.id != first.id
    async with open_uow() as uow:
        current = await uow.tickets.current(message.conversation_id)
        assert current == third
        old = await uow.tickets.by_number(first.number.lower())
        assert old is not None
        assert old.status is TicketStatus.RESOLVED


async def test_a_taken_ticket_number_is_a_conflict_and_spoils_nothing(
    open_uow: OpenUnitOfWork,
) -> None:
    first = await open_ticket(open_uow, await store(open_uow, a_message(thread="t1")))
    other = await store(
        open_uow, a_message(channel=Channel.WEB_FORM, provider_id="form-1", text="x" * 20)
    )
    async with open_uow() as uow:
        with pytest.raises(Conflict):
            await uow.tickets.open(
                TicketRef(uuid4(), first.number, Category.GENERAL, Priority.LOW, ""),
                customer_id=other.customer_id,
                conversation_id=other.conversation_id,
                channel=other.channel,
            )
        await uow.commit()


async def test_a_ticket_goes_its_way(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message())
    ticket = await open_ticket(open_uow, message, "Export")
    assert (ticket.status, ticket.priority) == (TicketStatus.OPEN, Priority.MEDIUM)
    async with open_uow() as uow:
        tickets = uow.tickets
        await tickets.raise_priority(ticket.id, Priority.URGENT)
        await tickets.raise_priority(ticket.id, Priority.LOW)
        await tickets.escalate(ticket.id, EscalationReason.LEGAL, "summary", Priority.HIGH)
        escalated = await tickets.by_number(ticket.number)
        assert escalated is not None
        assert (escalated.status, escalated.priority, escalated.escalation_reason) == (
            TicketStatus.ESCALATED,
            Priority.URGENT,
            EscalationReason.LEGAL,
        )
        await tickets.resolve(ticket.id, "solved by hand", "mia")
        await tickets.add_feedback(ticket.id, True, "thanks")
        await tickets.set_status(ticket.id, TicketStatus.WAITING_CUSTOMER)
        await uow.commit()
    async with open_uow() as uow:
        current = await uow.tickets.current(message.conversation_id)
        assert current is not None
        assert current.status is TicketStatus.WAITING_CUSTOMER
        assert current.priority is Priority.URGENT
        assert current.updated_at > current.created_at
        assert await uow.tickets.by_number(new_ticket_number()) is None


async def test_an_answer_leaves_the_unresolved_ticket_to_the_customer_and_takes_no_hand_over_back(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    ticket = await open_ticket(open_uow, message, "Export")

    async def answered() -> Ticket | None:
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(message.conversation_id)
            moved = await move(uow, conversation, Act.AGENT_ANSWERED)
            await uow.commit()
        return moved.ticket

    waits = await answered()
    assert waits is not None
    assert (waits.id, waits.status) == (ticket.id, TicketStatus.WAITING_CUSTOMER)
    async with open_uow() as uow:
        await uow.tickets.escalate(ticket.id, EscalationReason.LEGAL, "a lawyer", Priority.HIGH)
        await uow.commit()
    kept = await answered()
    assert kept is not None
    assert (kept.status, kept.priority) == (TicketStatus.ESCALATED, Priority.HIGH)
    assert kept.escalation_reason is EscalationReason.LEGAL


async def test_a_ticket_that_waits_for_a_person_keeps_its_reason_and_gets_the_next_one_as_a_line(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    ticket = await open_ticket(open_uow, message, "Export")
    async with open_uow() as uow:
        tickets = uow.tickets
        first = await tickets.escalate(ticket.id, EscalationReason.LEGAL, "a lawyer", Priority.HIGH)
        refund = EscalationReason.REFUND
        again = await tickets.escalate(ticket.id, refund, "money back", Priority.LOW)
        silent = await tickets.escalate(ticket.id, refund, "", Priority.LOW)
        await tickets.resolve(ticket.id, "solved by hand", "mia")
        anew = await tickets.escalate(ticket.id, refund, "money back", Priority.LOW)
    assert first.escalation_summary == "a lawyer"
    for later in (again, silent):
        assert later.escalation_reason is EscalationReason.LEGAL
        assert later.escalation_summary == "a lawyer\nmoney back"
        assert later.priority is Priority.HIGH
    assert (anew.status, anew.escalation_reason) == (TicketStatus.ESCALATED, refund)
    assert anew.escalation_summary == "money back"


def draft(is_answerable: bool | None, asks_back: bool = False) -> Draft:
    made = Draft(reply="x", model="m", asks_back=asks_back)
    if is_answerable is not None:
        passage = Passage(uuid4(), uuid4(), "Exports", "text", 0.5, 3)
        made.searches.append("how to export")
        made.found.append(SearchResult((passage,), 0.75, is_answerable))
        made.sources.append(passage)
    return made


async def test_failed_searches_and_questions_back_count_since_the_last_resolution(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    conversation_id = message.conversation_id

    async def counts() -> tuple[int, int]:
        async with open_uow() as uow:
            before = await uow.turns.before(conversation_id)
        return before.failed_searches, before.clarifications

    await answer(open_uow, message, draft=draft(False))
    await answer(open_uow, message, draft=draft(True))
    await answer(open_uow, message, draft=draft(None))
    await answer(open_uow, message, outcome="asked_back", draft=draft(False, asks_back=True))
    await start_turn(open_uow, message)
    assert await counts() == (2, 1)
    async with open_uow() as uow:
        tried = await uow.turns.tried(conversation_id)
    assert [attempt["outcome"] for attempt in tried] == [
        "answered",
        "answered",
        "answered",
        "asked_back",
    ]
    assert tried[0]["searches"] == ["how to export"]
    sources = tried[0]["sources"]
    assert isinstance(sources, list)
    assert (sources[0]["title"], sources[0]["version"]) == ("Exports", 3)

    async with open_uow() as uow:
        await move(uow, await uow.conversations.lock(conversation_id), Act.RESOLVED, "mia")
        await uow.conversations.note_inbound(conversation_id, datetime.now(UTC))
        await uow.commit()
    assert await counts() == (0, 0)


async def test_an_unknown_message_is_not_found(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        with pytest.raises(NotFound):
            await uow.messages.get(uuid4())
