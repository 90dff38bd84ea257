"""One leader at a time: an advisory lock that PostgreSQL gives back when its holder's connection dies."""

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
    """Wait for the lock `key` and hold it on a connection of the pool for the body's length.

    Yields a check that raises StoreUnavailable once the lock is lost with its connection: call it
    before every act that only the leader may do.
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
            # Also where nobody knows whether it was taken. A connection that ends gives it back.
            try:
                with domain_errors():
                    await connection.execute("SELECT pg_advisory_unlock_all()")
            except StoreUnavailable:
                # Of a connection that was lost, the pool has let go already.
                with suppress(StoreUnavailable), domain_errors():
                    connection.terminate()
