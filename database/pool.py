"""Pools connections to PostgreSQL and yields NOTIFY payloads."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import asyncpg
from pgvector.asyncpg import register_vector

from database.errors import domain_errors, is_sick
from database.session import Connection
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(milliseconds=100)
_LONGEST_PAUSE = timedelta(seconds=5)
_PROBE_EVERY = timedelta(seconds=30)
_IDLE_AT_MOST = timedelta(seconds=30)
"""A connection costs the server some 10 MB, so idle ones are closed soon."""


_UNANSWERED_AT_MOST = timedelta(seconds=8)
"""After which the kernel ends a connection whose other end acknowledges nothing."""


class _ProbedConnection(asyncpg.Connection):
    """Ends when the other end is gone, instead of waiting for TCP's own quarter of an hour."""

    __slots__ = ()

    def __init__(self, protocol: Any, transport: asyncio.Transport, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        connected = transport.get_extra_info("socket")
        if connected is None or connected.family not in (socket.AF_INET, socket.AF_INET6):
            return
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            ("TCP_KEEPIDLE", 3),
            ("TCP_KEEPINTVL", 2),
            ("TCP_KEEPCNT", 2),
            ("TCP_USER_TIMEOUT", int(_UNANSWERED_AT_MOST.total_seconds() * 1000)),
        ):
            if hasattr(socket, option):  # differs by operating system
                connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


class Pool:
    """Up to `max_size` connections, opened on demand.

    Every connection takes `role` (SET ROLE), so that the system has fewer rights than the tables' owner.
    A read-only pool refuses statements that change rows. The first use connects, so a system may start
    before PostgreSQL. A connection that turns out to be sick (lost, silent, or read-only after a failover)
    is ended, and the others of its age are replaced before their next use.
    """

    def __init__(
        self,
        dsn: str,
        *,
        role: str | None = None,
        min_size: int = 0,
        max_size: int = 10,
        connect_timeout: timedelta = timedelta(seconds=5),
        acquire_timeout: timedelta = timedelta(seconds=10),
        statement_timeout: timedelta = timedelta(seconds=15),
        idle_in_transaction: timedelta = timedelta(seconds=60),
        application_name: str = "customer-success-fte",
        is_read_only: bool = False,
    ) -> None:
        self._dsn = dsn
        self._role = role
        self._min_size = min_size
        self._max_size = max_size
        self._connect_timeout = connect_timeout.total_seconds()
        self._acquire_timeout = acquire_timeout.total_seconds()
        # The server's own limit comes first; the driver's is for a server that does not respond.
        self._command_timeout = statement_timeout.total_seconds() + 2
        milliseconds = str(int(statement_timeout.total_seconds() * 1000))
        self._settings = {
            "application_name": application_name,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": str(
                int(idle_in_transaction.total_seconds() * 1000)
            ),
            "jit": "off",
        }
        self._is_read_only = is_read_only
        self._committed_at: float | None = None
        if is_read_only:
            self._settings["default_transaction_read_only"] = "on"
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def _opened(self) -> asyncpg.Pool[asyncpg.Record]:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=self._min_size,
                    max_size=self._max_size,
                    connection_class=_ProbedConnection,
                    init=self._prepare,
                    reset=_keep_as_it_is,
                    timeout=self._connect_timeout,
                    command_timeout=self._command_timeout,
                    max_inactive_connection_lifetime=_IDLE_AT_MOST.total_seconds(),
                    server_settings=self._settings,
                )
            return self._pool

    async def _prepare(self, connection: Connection) -> None:
        await register_vector(connection)
        # Binary, since rows that a query returns as a value can only be read so.
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_jsonb, decoder=_from_jsonb, format="binary"
        )
        if self._role is not None:
            await connection.execute("SELECT set_config('role', $1, false)", self._role)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection. Raises StoreUnavailable if none is free in time or PostgreSQL is down."""
        try:
            with domain_errors():
                pool = await self._opened()
                connection = await pool.acquire(timeout=self._acquire_timeout)
        except StoreUnavailable:
            self._committed_at = None
            raise
        try:
            yield cast(Connection, connection)
        except StoreUnavailable as error:
            self._committed_at = None
            if is_sick(error, may_be_read_only=self._is_read_only):
                log.info("the pool's connections are replaced: %s", error)
                await pool.expire_connections()
                connection.terminate()
            raise
        finally:
            try:
                with domain_errors():
                    await pool.release(connection, timeout=self._connect_timeout)
            except StoreUnavailable as error:
                # The transaction is over, and the pool has dropped the connection.
                log.debug("a connection was lost on its release: %s", error)

    async def check(self) -> None:
        """Make one round trip. Raises StoreUnavailable."""
        async with self.connection() as connection:
            with domain_errors():
                await connection.execute("SELECT 1")

    def note_commit(self) -> None:
        """Note that the database took a transaction."""
        self._committed_at = time.monotonic()

    def has_committed_within(self, span: timedelta) -> bool:
        """Return whether the last thing that the database was asked for went well, and not longer ago."""
        since = time.monotonic() - span.total_seconds()
        return self._committed_at is not None and self._committed_at >= since

    async def listen(self, channel: str) -> AsyncIterator[str]:
        """Yield the payloads of NOTIFY on `channel`, without end, from a connection outside the pool.

        Yields "" at the start and after every reconnection, since notifications may have been lost: read
        the table after each item. Close the iterator to end it.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                with domain_errors():
                    connection = await asyncpg.connect(
                        self._dsn,
                        timeout=self._connect_timeout,
                        command_timeout=self._command_timeout,
                        server_settings={**self._settings, "idle_session_timeout": "0"},
                    )
            except StoreUnavailable as error:
                log.warning("can't listen on %s, next try in %s: %s", channel, pause, error)
                await asyncio.sleep(pause.total_seconds())
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            try:
                async for payload in _notifications(connection, channel):
                    yield payload
            except StoreUnavailable as error:
                log.warning("lost the connection that listens on %s: %s", channel, error)
            finally:
                connection.terminate()

    async def close(self) -> None:
        """Wait for the connections in use, then close all; idempotent."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(self._connect_timeout):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()


def _jsonb(value: object) -> bytes:
    """Encode for jsonb_recv: the version byte 1, then the text."""
    return b"\x01" + json.dumps(value).encode()


def _from_jsonb(value: bytes) -> object:
    return json.loads(value[1:])


async def _keep_as_it_is(_connection: object) -> None:
    """Skip asyncpg's reset at every release, which costs a round trip.

    Nothing needs it: settings are local to a transaction, every connection has the same role,
    and notifications have their own connections.
    """


async def _notifications(connection: Connection, channel: str) -> AsyncIterator[str]:
    """Yield payloads until the connection is lost, which a probe notices; then raise StoreUnavailable."""
    waiting: asyncio.Queue[str | None] = asyncio.Queue()

    def on_notify(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        waiting.put_nowait(str(payload))

    def on_end(_connection: object) -> None:
        waiting.put_nowait(None)

    connection.add_termination_listener(on_end)
    with domain_errors():
        await connection.add_listener(channel, on_notify)
    yield ""
    while True:
        try:
            async with asyncio.timeout(_PROBE_EVERY.total_seconds()):
                payload = await waiting.get()
        except TimeoutError:
            with domain_errors():
                await connection.execute("SELECT 1")
            continue
        if payload is None:
            raise StoreUnavailable("PostgreSQL closed the connection")
        yield payload
