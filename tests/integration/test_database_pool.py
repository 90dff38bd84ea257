"""Tests connections that die, a server that comes back, and transactions that are whole or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from database.errors import domain_errors
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
    await until_usable(pool)
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


async def set_read_only(owner: asyncpg.Connection, value: str) -> None:
    """As a failover may leave it: every session that opens meanwhile stays so for its life."""
    database = await owner.fetchval("SELECT current_database()")
    await owner.execute("SET default_transaction_read_only = off")
    await owner.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = {value}')
    if value == "on":
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def write(open_uow: OpenUnitOfWork) -> bool:
    """Whether the database took it."""
    try:
        async with open_uow() as uow:
            await uow.components.succeed("database")
            await uow.commit()
    except StoreUnavailable:
        return False
    return True


async def test_connections_that_stayed_read_only_are_found_out_once_and_all_replaced(
    owner: asyncpg.Connection, database_url: str
) -> None:
    pool = Pool(database_url, role="fte_app", max_size=4, acquire_timeout=timedelta(seconds=30))
    open_uow = open_uow_on(pool)
    await set_read_only(owner, "on")
    async with contextlib.AsyncExitStack() as held:
        for _ in range(4):
            await held.enter_async_context(pool.connection())
        # Four connections are open, and each is read-only whatever becomes of the database.
        await set_read_only(owner, "off")
    assert [await write(open_uow) for _ in range(6)] == [False] + [True] * 5
    assert all(await asyncio.gather(*(write(open_uow) for _ in range(8))))
    await pool.close()


async def test_a_pool_that_may_not_write_keeps_its_connections(database_url: str) -> None:
    pool = Pool(database_url, role="fte_app", max_size=1, is_read_only=True)

    async def session() -> int:
        async with pool.connection() as connection:
            return int(await connection.fetchval("SELECT pg_backend_pid()"))

    before = await session()
    assert not await write(open_uow_on(pool))
    assert await session() == before
    await pool.close()


class Proxy:
    """A way to PostgreSQL that can swallow everything on its connections, which stay open."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._open: list[socket.socket] = []
        self._swallows: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                front = self._listener.accept()[0]
                back = socket.socket(socket.AF_UNIX)
                back.connect(self._behind)
                self._open += [front, back]
                for source, target in ((front, back), (back, front)):
                    threading.Thread(
                        target=self._pass_on, args=(source, target), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._swallows:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def swallow(self) -> None:
        """What is open now leads nowhere from now on; new connections work."""
        self._swallows.update(self._open)

    def close(self) -> None:
        for one_end in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one_end.shutdown(socket.SHUT_RDWR)
            one_end.close()


@pytest.fixture
def proxy(database_url: str) -> Iterator[Proxy]:
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    proxy = Proxy(f"{folder}/.s.PGSQL.5432")
    yield proxy
    proxy.close()


async def test_connections_that_lead_nowhere_cost_one_failure_and_are_all_replaced(
    proxy: Proxy, database_url: str
) -> None:
    parts = urlsplit(database_url)
    pool = Pool(
        f"postgresql://{parts.username}@127.0.0.1:{proxy.port}{parts.path}",
        role="fte_app",
        max_size=4,
        statement_timeout=timedelta(seconds=3),
        acquire_timeout=timedelta(seconds=30),
        connect_timeout=timedelta(seconds=20),
    )
    open_uow = open_uow_on(pool)
    async with contextlib.AsyncExitStack() as held:
        for _ in range(4):
            await held.enter_async_context(pool.connection())
    proxy.swallow()
    assert [await write(open_uow) for _ in range(6)] == [False] + [True] * 5
    await pool.close()


async def test_only_a_transaction_that_was_taken_lately_speaks_for_the_database(
    owner: asyncpg.Connection, open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    long = timedelta(hours=1)
    assert not pool.has_committed_within(long)
    await store(open_uow, a_message())
    assert pool.has_committed_within(long)
    assert not pool.has_committed_within(timedelta(0))
    await set_read_only(owner, "on")
    await pool.check()
    assert not await write(open_uow)
    assert not pool.has_committed_within(long)
    await set_read_only(owner, "off")
    assert await write(open_uow)
    assert pool.has_committed_within(long)


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
