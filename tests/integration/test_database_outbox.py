"""Tests the way out: outbox rows, deliveries, dead letters, the audit log and mailboxes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from database.pool import Pool
from domain import topics
from domain.channels import Channel
from domain.errors import Conflict, NotFound
from domain.messages import DeliveryState
from domain.records import MailboxMark
from domain.stores import OpenUnitOfWork
from tests.integration.correspondence import a_message, answer, store

pytestmark = pytest.mark.postgres


async def add(open_uow: OpenUnitOfWork, key: UUID, number: int) -> None:
    async with open_uow() as uow:
        await uow.outbox.add(topics.INCOMING, key, {"n": number}, {"traceparent": "00-1"})
        await uow.commit()


async def test_rows_come_out_in_the_order_they_went_in_until_they_are_published(
    open_uow: OpenUnitOfWork,
) -> None:
    key = uuid4()
    for number in range(4):
        await add(open_uow, key, number)
    async with open_uow() as uow:
        rows = await uow.outbox.unpublished(3)
        assert [row.value["n"] for row in rows] == [0, 1, 2]
        assert (rows[0].topic, rows[0].key, rows[0].headers) == (
            topics.INCOMING,
            key,
            {"traceparent": "00-1"},
        )
        assert await uow.outbox.backlog() == (4, rows[0].created_at)
        await uow.outbox.mark_published([rows[0].id, rows[2].id])
        await uow.commit()
    async with open_uow() as uow:
        assert [row.value["n"] for row in await uow.outbox.unpublished(9)] == [1, 3]
        assert await uow.outbox.purge(timedelta(hours=1)) == 0
        assert await uow.outbox.purge(timedelta(seconds=-1)) == 2
        assert (await uow.outbox.backlog())[0] == 2


async def test_a_row_that_commits_late_is_not_passed_by(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as late:
        await late.outbox.add(topics.INCOMING, uuid4(), {"n": 1}, {})
        await add(open_uow, uuid4(), 2)
        async with open_uow() as uow:
            rows = await uow.outbox.unpublished(9)
            assert [row.value["n"] for row in rows] == [2]
            await uow.outbox.mark_published([row.id for row in rows])
            await uow.commit()
        await late.commit()
    async with open_uow() as uow:
        assert [row.value["n"] for row in await uow.outbox.unpublished(9)] == [1]


async def test_what_is_rolled_back_was_never_in_the_outbox(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        await uow.outbox.add(topics.INCOMING, uuid4(), {}, {})
    async with open_uow() as uow:
        assert await uow.outbox.backlog() == (0, None)


async def test_a_committed_row_wakes_whoever_listens(open_uow: OpenUnitOfWork, pool: Pool) -> None:
    notifications = pool.listen("outbox")
    assert await anext(notifications) == ""
    async with open_uow() as uow:
        await uow.outbox.add(topics.INCOMING, uuid4(), {}, {})
    await add(open_uow, uuid4(), 1)
    async with asyncio.timeout(5):
        assert await anext(notifications) == ""
    await notifications.aclose()  # type: ignore[attr-defined]


async def test_a_stored_message_names_its_conversation_to_whoever_listens(
    open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    notifications = pool.listen("conversation")
    assert await anext(notifications) == ""
    message = await store(open_uow, a_message())
    async with asyncio.timeout(5):
        assert await anext(notifications) == str(message.conversation_id)
    await notifications.aclose()  # type: ignore[attr-defined]


async def states(
    open_uow: OpenUnitOfWork, message_id: UUID
) -> list[tuple[int, int, str, str | None]]:
    async with open_uow() as uow:
        found = await uow.deliveries.of_message(message_id)
    return [
        (delivery.attempt, delivery.part, delivery.state.value, delivery.provider_message_id)
        for delivery in found
    ]


async def test_an_attempt_at_a_part_is_started_once(open_uow: OpenUnitOfWork) -> None:
    reply = await answer(open_uow, await store(open_uow, a_message()))

    async def start() -> bool:
        async with open_uow() as uow:
            try:
                await uow.deliveries.start(reply.id, Channel.EMAIL, 1, 0)
            except Conflict:
                return False
            await uow.commit()
            return True

    assert sorted(await asyncio.gather(start(), start(), start())) == [False, False, True]
    assert await states(open_uow, reply.id) == [(1, 0, "sending", None)]


async def test_a_delivery_only_moves_forward_in_whatever_order_callbacks_come(
    open_uow: OpenUnitOfWork,
) -> None:
    reply = await answer(open_uow, await store(open_uow, a_message()))

    async def callback(state: DeliveryState, provider_id: str = "SM1") -> bool:
        async with open_uow() as uow:
            known = await uow.deliveries.update_from_provider(
                Channel.EMAIL, provider_id, state, None
            )
            await uow.commit()
            return known is not None

    async with open_uow() as uow:
        await uow.deliveries.start(reply.id, Channel.EMAIL, 1, 0)
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, "SM1")
        await uow.commit()
    assert not await callback(DeliveryState.DELIVERED, "SM2")
    for state in (DeliveryState.READ, DeliveryState.DELIVERED, DeliveryState.FAILED):
        assert await callback(state)
    async with open_uow() as uow:
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT)
        assert await uow.deliveries.known_ids(Channel.EMAIL, ["SM1", "SM2"]) == {"SM1"}
        assert await uow.deliveries.known_ids(Channel.WHATSAPP, ["SM1"]) == set()
        await uow.commit()
    assert await states(open_uow, reply.id) == [(1, 0, "read", "SM1")]


async def test_what_a_provider_has_queued_is_known_as_sent_without_any_callback(
    open_uow: OpenUnitOfWork,
) -> None:
    reply = await answer(open_uow, await store(open_uow, a_message()))
    async with open_uow() as uow:
        await uow.deliveries.start(reply.id, Channel.EMAIL, 1, 0)
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.QUEUED, "SM1")
        await uow.commit()
    # As `sending` a redelivery would look it up, leave its own receipt out, and send it again.
    assert await states(open_uow, reply.id) == [(1, 0, "queued", "SM1")]


async def test_a_failure_after_sending_is_kept_with_its_code(open_uow: OpenUnitOfWork) -> None:
    reply = await answer(open_uow, await store(open_uow, a_message()))
    async with open_uow() as uow:
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, "SM1")
        await uow.deliveries.update_from_provider(
            Channel.EMAIL, "SM1", DeliveryState.FAILED, "63016"
        )
        found = await uow.deliveries.of_message(reply.id)
    assert [(delivery.state, delivery.error_code) for delivery in found] == [
        (DeliveryState.FAILED, "63016")
    ]


async def test_an_attempt_that_finds_its_predecessors_message_records_the_same_id(
    open_uow: OpenUnitOfWork,
) -> None:
    reply = await answer(open_uow, await store(open_uow, a_message()))
    async with open_uow() as uow:
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.UNSURE, "SM1")
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.PARKED)
        await uow.deliveries.record(reply.id, 2, 0, DeliveryState.SENT, "SM1")
        await uow.commit()
    assert await states(open_uow, reply.id) == [(1, 0, "parked", "SM1"), (2, 0, "sent", "SM1")]


async def test_a_dead_letter_is_kept_once_and_settled_once(open_uow: OpenUnitOfWork) -> None:
    async def dead_letter() -> None:
        async with open_uow() as uow:
            await uow.dead_letters.add(
                topic=topics.INCOMING,
                key=None,
                value=b"\x00\xff",
                origin="t/0/1",
                message_id=uuid4(),
                cause="no valid envelope\x00",
                attempts=1,
            )
            await uow.commit()

    await dead_letter()
    await dead_letter()
    async with open_uow() as uow:
        letters = uow.dead_letters
        assert await letters.count_open() == 1
        [letter] = await letters.list("open", 9)
        assert (letter.value, letter.message_id) == (b"\x00\xff", None)
        assert (await letters.close(letter.id, "replayed", "mia")).state == "replayed"
        assert (await letters.close(letter.id, "replayed", "tom")).state == "replayed"
        with pytest.raises(Conflict) as conflict:
            await letters.close(letter.id, "discarded", "tom")
        assert conflict.value.holder == "mia"
        with pytest.raises(NotFound):
            await letters.close(uuid4(), "discarded", "tom")
        assert await letters.list("open", 9) == []
        assert [listed.id for listed in await letters.list(None, 9)] == [letter.id]


async def test_the_audit_log_is_only_ever_appended_to(
    open_uow: OpenUnitOfWork, pool: Pool, owner: asyncpg.Connection
) -> None:
    async with open_uow() as uow:
        await uow.audit.add("mia", "take", "conversation", "1", {"why": "urgent"})
        await uow.commit()
    for change in (
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ):
        async with pool.connection() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(change)
        with pytest.raises(asyncpg.RaiseError):
            await owner.execute(change)
    assert await owner.fetchval("SELECT detail ->> 'why' FROM audit_log") == "urgent"


async def test_a_mailboxs_history_never_moves_back(open_uow: OpenUnitOfWork) -> None:
    expires = datetime.now(UTC) + timedelta(days=7)
    address = "support@example.com"
    async with open_uow() as uow:
        mailboxes = uow.mailboxes
        assert await mailboxes.watch_expires_at(address) is None
        first = await mailboxes.lock(address)
        assert first == MailboxMark(connected_at=first.connected_at)
        assert first.connected_at is not None
        connected = first.connected_at
        await mailboxes.save_watch(address, expires)
        await mailboxes.save_mark(address, MailboxMark(20, read_from=expires, synced_at=expires))
        assert await mailboxes.lock(address) == MailboxMark(
            20, expires, expires, connected_at=connected
        )
        await mailboxes.save_mark(address, MailboxMark(10))
        assert await mailboxes.lock(address) == MailboxMark(
            20, None, expires, connected_at=connected
        )
        assert await mailboxes.watch_expires_at(address) == expires
        await uow.commit()


async def test_a_mailbox_is_read_by_one_at_a_time(open_uow: OpenUnitOfWork) -> None:
    async def read() -> int | None:
        async with open_uow() as uow:
            mark = await uow.mailboxes.lock("a@example.com")
            await uow.mailboxes.save_mark("a@example.com", MailboxMark((mark.history_id or 0) + 1))
            await uow.commit()
            return mark.history_id

    found = await asyncio.gather(*(read() for _ in range(5)))
    assert sorted(number or 0 for number in found) == [0, 1, 2, 3, 4]
