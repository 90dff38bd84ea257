"""Tests which conversation a message joins, who owns it, and who may still commit in it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain.channels import Channel
from domain.conversation_state import Act
from domain.errors import Conflict, NotFound
from domain.records import QueueEntry, StoredMessage
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Priority
from pipeline.moves import Moved, move
from tests.integration.correspondence import (
    ANN,
    ANN_PHONE,
    BOB_PHONE,
    CLAIMED_ANN,
    a_message,
    answer,
    open_ticket,
    staff_reply,
    start_turn,
    store,
)

pytestmark = pytest.mark.postgres


async def make_older(owner: asyncpg.Connection, conversation_id: UUID, age: timedelta) -> None:
    await owner.execute(
        "UPDATE conversations SET last_message_at = last_message_at - $2::interval WHERE id = $1",
        conversation_id,
        age,
    )


async def test_a_reply_in_a_thread_finds_its_conversation_by_any_of_its_keys(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    first = await store(open_uow, a_message(header="<1@example.com>", thread="t1"))
    await make_older(owner, first.conversation_id, timedelta(days=30))
    by_thread = await store(open_uow, a_message(thread_keys=("t1", "<0@example.com>")))
    await make_older(owner, first.conversation_id, timedelta(days=30))
    by_header = await store(open_uow, a_message(thread_keys=("t9", "<1@example.com>")))
    assert by_thread.conversation_id == by_header.conversation_id == first.conversation_id


async def test_another_customers_thread_key_opens_nothing(open_uow: OpenUnitOfWork) -> None:
    anns = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP, thread="t1"))
    bobs = await store(open_uow, a_message(BOB_PHONE, Channel.WHATSAPP, thread_keys=("t1",)))
    assert bobs.conversation_id != anns.conversation_id


async def test_without_a_thread_a_day_of_one_channel_is_one_conversation(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    first = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP))
    second = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP))
    assert second.conversation_id == first.conversation_id
    await make_older(owner, first.conversation_id, timedelta(hours=25))
    third = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP))
    assert third.conversation_id != first.conversation_id


async def test_each_form_opens_a_conversation_of_its_own(open_uow: OpenUnitOfWork) -> None:
    first = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    second = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    assert first.conversation_id != second.conversation_id


async def test_a_resolved_conversation_opens_again_by_its_thread(open_uow: OpenUnitOfWork) -> None:
    first = await store(open_uow, a_message(thread="t1"))
    await act(open_uow, first, Act.RESOLVED, "mia")
    again = await store(open_uow, a_message(thread_keys=("t1",), thread="t1"))
    moved = await act(open_uow, again, Act.CUSTOMER_WROTE)
    assert (moved.conversation.id, moved.conversation.status) == (first.conversation_id, "open")


async def test_the_lock_holds_the_conversation_until_the_commit(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message())

    async def take() -> None:
        async with open_uow() as uow:
            await uow.conversations.lock(message.conversation_id)
            await uow.commit()

    async with open_uow() as uow:
        await uow.conversations.lock(message.conversation_id)
        taking = asyncio.create_task(take())
        done, _ = await asyncio.wait({taking}, timeout=0.3)
        assert not done
    await taking


async def test_a_turns_reply_does_not_wait_for_a_message_that_is_coming_in(
    open_uow: OpenUnitOfWork,
) -> None:
    mail = await store(open_uow, a_message(ANN))
    async with open_uow() as receiving:
        await receiving.customers.resolve(ANN, "Ann")
        async with asyncio.timeout(5):
            await answer(open_uow, mail)


async def test_every_turn_and_every_take_over_makes_older_fences_stale(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    first = await start_turn(open_uow, message)
    second = await start_turn(open_uow, message)
    taken = await act(open_uow, message, Act.TAKEN, "mia")
    again = await act(open_uow, message, Act.TAKEN, "mia")
    resolved = await act(open_uow, message, Act.RESOLVED, "mia")
    fences = [moved.conversation.fence for moved in (taken, again, resolved)]
    assert first.fence < second.fence < fences[0] == fences[1] < fences[2]


async def test_one_turn_runs_in_a_conversation(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    message = await store(open_uow, a_message())
    first = await start_turn(open_uow, message)
    second = await start_turn(open_uow, message)
    states = {row["id"]: row["state"] for row in await owner.fetch("SELECT id, state FROM turns")}
    assert states == {first.id: "superseded", second.id: "running"}


async def act(
    open_uow: OpenUnitOfWork, message: StoredMessage, act: Act, staff: str | None = None
) -> Moved:
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        moved = await move(uow, conversation, act, staff)
        await uow.commit()
    return moved


async def test_one_person_owns_a_conversation(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message())

    async def take(staff: str) -> str | None:
        try:
            await act(open_uow, message, Act.TAKEN, staff)
        except Conflict as conflict:
            return conflict.holder
        return staff

    holders = await asyncio.gather(take("mia"), take("tom"))
    assert holders[0] == holders[1]
    holder = holders[0]
    other = {"mia": "tom", "tom": "mia"}[str(holder)]
    with pytest.raises(Conflict):
        await act(open_uow, message, Act.RELEASED, other)
    moved = await act(open_uow, message, Act.RELEASED, str(holder))
    assert (moved.conversation.owner, moved.conversation.is_taken) == ("agent", False)


async def test_waiting_for_a_person_silences_nobody_and_a_resolution_gives_it_back(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message())
    waiting = (await act(open_uow, message, Act.HANDED_OVER)).conversation
    assert (waiting.owner, waiting.is_taken) == ("human", False)
    await act(open_uow, message, Act.TAKEN, "mia")
    assert (await act(open_uow, message, Act.HANDED_OVER)).conversation.owner_name == "mia"
    resolved = (await act(open_uow, message, Act.RESOLVED, "mia")).conversation
    assert (resolved.status, resolved.owner, resolved.owner_name) == ("resolved", "agent", None)
    assert resolved.last_owner_name == "mia"


async def test_history_is_the_newest_entries_oldest_first_over_all_channels(
    open_uow: OpenUnitOfWork,
) -> None:
    phone = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP, "one"))
    async with open_uow() as uow:
        await uow.customers.link(phone.customer_id, ANN, "mia")
        await uow.commit()
    await answer(open_uow, phone, reply="two")
    mail = await store(open_uow, a_message(ANN, text="three"), state="ignored")
    async with open_uow() as uow:
        entries = await uow.conversations.history(mail.conversation_id, limit=10)
        newest = await uow.conversations.history(phone.conversation_id, limit=2)
    assert [entry.content for entry in entries] == ["one", "two", "three"]
    assert [entry.channel for entry in entries] == ["whatsapp", "whatsapp", "email"]
    assert [entry.content for entry in newest] == ["two", "three"]


async def test_what_still_waits_is_no_history_but_staff_see_it(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "new"))
    async with open_uow() as uow:
        assert await uow.conversations.history(message.conversation_id, limit=5) == []
        seen = await uow.conversations.history(message.conversation_id, limit=5, for_staff=True)
    assert [entry.content for entry in seen] == ["new"]


async def queue(
    open_uow: OpenUnitOfWork,
    owner: str | None = None,
    status: str | None = None,
    channel: Channel | None = None,
    reason: EscalationReason | None = None,
    limit: int = 50,
) -> list[QueueEntry]:
    async with open_uow() as uow:
        return await uow.conversations.queue(
            owner=owner, status=status, channel=channel, reason=reason, limit=limit
        )


async def escalate(open_uow: OpenUnitOfWork, message: StoredMessage) -> None:
    ticket = await open_ticket(open_uow, message, "Money back")
    await answer(open_uow, message, outcome="escalated", reply="A person will answer.")
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(message.conversation_id)
        await move(uow, conversation, Act.HANDED_OVER)
        await uow.tickets.escalate(ticket.id, EscalationReason.REFUND, "summary", Priority.HIGH)
        await uow.conversations.set_sentiment_trend(message.conversation_id, 0.25)
        await uow.commit()


async def test_the_queue_shows_the_escalated_first_then_the_oldest_unanswered(
    open_uow: OpenUnitOfWork,
) -> None:
    waiting_long, escalated_long, answered, waiting, escalated = [
        await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM)) for _ in range(5)
    ]
    await open_ticket(open_uow, answered)
    await answer(open_uow, answered)
    async with open_uow() as uow:
        conversation = await uow.conversations.lock(answered.conversation_id)
        await move(uow, conversation, Act.AGENT_ANSWERED)
        await uow.commit()
    await escalate(open_uow, escalated)
    await escalate(open_uow, escalated_long)

    entries = await queue(open_uow)

    expected = [escalated_long, escalated, waiting_long, waiting, answered]
    assert [entry.id for entry in entries] == [entry.conversation_id for entry in expected]
    top = entries[0]
    assert top.oldest_unanswered_at == escalated_long.created_at
    assert (top.status, top.owner, top.reason) == ("escalated", "human", EscalationReason.REFUND)
    assert (top.customer_name, top.subject, top.sentiment) == ("Ann", "Money back", 0.25)
    assert (top.priority, entries[-1].oldest_unanswered_at) == (Priority.HIGH, None)

    await act(open_uow, escalated_long, Act.TAKEN, "mia")
    await staff_reply(open_uow, escalated_long, "mia")
    await act(open_uow, escalated_long, Act.STAFF_REPLIED, "mia")
    assert (await queue(open_uow))[0].id == escalated.conversation_id


async def test_the_queue_is_filtered_by_each_of_its_criteria(open_uow: OpenUnitOfWork) -> None:
    form = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))
    chat = await store(open_uow, a_message(BOB_PHONE, Channel.WHATSAPP))
    await escalate(open_uow, form)
    form_id, chat_id = form.conversation_id, chat.conversation_id

    def ids(entries: list[QueueEntry]) -> list[UUID]:
        return [entry.id for entry in entries]

    assert ids(await queue(open_uow, owner="human")) == [form_id]
    assert ids(await queue(open_uow, owner="agent")) == [chat_id]
    assert ids(await queue(open_uow, status="escalated")) == [form_id]
    assert ids(await queue(open_uow, status="resolved")) == []
    assert ids(await queue(open_uow, channel=Channel.WHATSAPP)) == [chat_id]
    assert ids(await queue(open_uow, reason=EscalationReason.REFUND)) == [form_id]
    assert ids(await queue(open_uow, reason=EscalationReason.LEGAL)) == []
    assert ids(await queue(open_uow, limit=1)) == [form_id]


async def test_an_unknown_conversation_is_not_found(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        conversations = uow.conversations
        for ask in (conversations.get, conversations.lock, conversations.advance_fence):
            with pytest.raises(NotFound):
                await ask(uuid4())
