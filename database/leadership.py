"""Elects one leader by an advisory lock, which PostgreSQL releases when its holder's connection ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from database.errors import domain_errors
from database.pool import Pool
from domain.errors import StoreUnavailable

_TRY_AGAIN = timedelta(seconds=1)


@asynccontextmanager
async def lead(pool: Pool, key: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Wait for the lock `key` and hold it, on a connection of the pool, during the body.

    Yields a check that raises StoreUnavailable if the lock was lost with its connection: call it before
    everything that only the leader may do.
    """
    async with pool.connection() as connection:

        async def still_held() -> None:
            with domain_errors():
                await connection.execute("SELECT 1")

        try:
            while True:
                with domain_errors():
                    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
                        break
                await asyncio.sleep(_TRY_AGAIN.total_seconds())
            yield still_held
        finally:
            # Also if it is unknown whether the lock was taken. Ending the connection releases it too.
            try:
                with domain_errors():
                    await connection.execute("SELECT pg_advisory_unlock_all()")
            except StoreUnavailable:
                # The pool may have dropped a lost connection already.
                with suppress(StoreUnavailable), domain_errors():
                    connection.terminate()
