"""Tests connections that die, a server that comes back, and transactions that are whole or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from database.errors import domain_errors
from database.leadership import lead
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from domain.errors import StoreUnavailable
from domain.stores import OpenUnitOfWork
from tests.integration.correspondence import a_message, store
from tests.integration.postgres import EmbeddedPostgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A server that the test may kill."""
    folder = Path(tempfile.mkdtemp(prefix="fte-pg-"))
    server = EmbeddedPostgres(folder / "data")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_after_postgresql_was_killed_and_restarted_the_pool_goes_on(
    own_postgres: EmbeddedPostgres,
) -> None:
    url = own_postgres.url()
    await migrate(url)
    pool = Pool(url, role="fte_app", connect_timeout=timedelta(seconds=20))
    open_uow = open_uow_on(pool)
    notifications = pool.listen("conversation")
    assert await anext(notifications) == ""
    before = await store(open_uow, a_message(text="before"))
    assert await anext(notifications) == str(before.conversation_id)
    async with open_uow() as held:
        await held.customers.get(before.customer_id)

        await asyncio.to_thread(own_postgres.kill)

        with pytest.raises(StoreUnavailable):
            await held.customers.get(before.customer_id)
        with pytest.raises(StoreUnavailable):
            await held.commit()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store(open_uow, a_message())
    with pytest.raises(StoreUnavailable):
        await pool.check()

    await asyncio.to_thread(own_postgres.start)

    async with asyncio.timeout(30):
        assert await anext(notifications) == ""
    after = await store(open_uow, a_message(text="after"))
    assert await anext(notifications) == str(after.conversation_id)
    async with open_uow() as uow:
        contents = [
            message.content
            for message in await uow.messages.of_conversation(before.conversation_id)
        ]
    assert contents == ["before", "after"]
    await notifications.aclose()  # type: ignore[attr-defined]
    await pool.close()


async def test_connections_that_the_server_ends_are_replaced(
    open_uow: OpenUnitOfWork, pool: Pool, owner: asyncpg.Connection
) -> None:
    await store(open_uow, a_message())
    async with open_uow() as uow:
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with pytest.raises(StoreUnavailable):
            await uow.outbox.backlog()
    await pool.check()


async def test_without_a_server_every_way_in_says_so() -> None:
    pool = Pool(f"postgresql://nobody@/none?host=/tmp/{uuid4().hex}")
    with pytest.raises(StoreUnavailable):
        await pool.check()
    with pytest.raises(StoreUnavailable):
        await migrate(f"postgresql://nobody@/none?host=/tmp/{uuid4().hex}")
    with pytest.raises(StoreUnavailable):
        async with open_uow_on(pool)() as uow:
            await uow.outbox.backlog()
    await pool.close()


async def until_usable(pool: Pool) -> None:
    """With a limit of 100 ms a busy machine may need several tries."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(StoreUnavailable):
                return await pool.check()


async def sleep_in_the_server(pool: Pool) -> None:
    async with pool.connection() as connection:
        with domain_errors():
            await connection.execute("SELECT pg_sleep(5)")


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    pool = Pool(database_url, statement_timeout=timedelta(milliseconds=100))
    with pytest.raises(StoreUnavailable):
        await sleep_in_the_server(pool)
    await until_usable(pool)
    await pool.close()


async def test_a_pool_in_use_makes_the_next_one_wait_and_then_give_up(database_url: str) -> None:
    pool = Pool(database_url, max_size=1, acquire_timeout=timedelta(milliseconds=100))
    async with pool.connection():
        with pytest.raises(StoreUnavailable):
            await pool.check()
    await until_usable(pool)
    await pool.close()


async def write_and_fail(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        await uow.audit.add("mia", "take", "conversation", "1")
        raise LookupError


async def write_and_wait(open_uow: OpenUnitOfWork, is_written: asyncio.Event) -> None:
    async with open_uow() as uow:
        await uow.audit.add("mia", "take", "conversation", "3")
        is_written.set()
        await asyncio.Event().wait()


async def test_work_that_is_not_committed_leaves_nothing(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    with pytest.raises(LookupError):
        await write_and_fail(open_uow)
    async with open_uow() as uow:
        await uow.audit.add("mia", "take", "conversation", "2")
    is_written = asyncio.Event()
    task = asyncio.create_task(write_and_wait(open_uow, is_written))
    await is_written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await owner.fetchval("SELECT count(*) FROM audit_log") == 0
    assert not await owner.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%')"
    )


async def test_one_leads_until_its_connection_dies(
    pool: Pool, database_url: str, owner: asyncpg.Connection
) -> None:
    other = Pool(database_url)

    async def lead_second(is_leading: asyncio.Event) -> None:
        async with lead(other, 42) as still_held:
            await still_held()
            is_leading.set()

    is_leading = asyncio.Event()
    async with lead(pool, 42) as still_held:
        await still_held()
        second = asyncio.create_task(lead_second(is_leading))
        await asyncio.sleep(0.1)
        assert not is_leading.is_set()
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
        with pytest.raises(StoreUnavailable):
            await still_held()
        async with asyncio.timeout(10):
            await second
    await other.close()


async def test_who_led_gives_the_connection_back_without_the_lock(database_url: str) -> None:
    pool = Pool(database_url, max_size=1)
    with pytest.raises(ZeroDivisionError):
        async with lead(pool, 43):
            raise ZeroDivisionError
    async with pool.connection() as connection:
        held = await connection.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
    assert held == 0
    await pool.close()


async def test_a_failed_statement_can_not_be_committed_over(open_uow: OpenUnitOfWork) -> None:
    message = await store(open_uow, a_message())
    async with open_uow() as uow:
        await uow.audit.add("mia", "take", "conversation", "1")
        with pytest.raises(asyncpg.CheckViolationError):
            await uow.messages.set_state([message.id], "no such state", None)
        with pytest.raises(RuntimeError, match="rolled back"):
            await uow.commit()


async def test_an_error_that_surfaces_does_not_repeat_what_the_customer_wrote(
    open_uow: OpenUnitOfWork,
) -> None:
    message = await store(open_uow, a_message(text="my password is swordfish"))
    async with open_uow() as uow:
        with pytest.raises(asyncpg.CheckViolationError) as error:
            await uow.messages.set_state([message.id], "no such state", None)
    assert "swordfish" not in str(error.value)


async def test_after_the_commit_the_stores_are_closed(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        await uow.commit()
        with pytest.raises(RuntimeError):
            await uow.outbox.backlog()
        with pytest.raises(RuntimeError):
            await uow.commit()
