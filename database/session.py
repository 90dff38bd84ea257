"""Runs the stores' queries in one transaction and raises the domain's errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg

from database.errors import domain_errors

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Session:
    """An open transaction; every method raises StoreUnavailable when PostgreSQL can't be reached.

    The driver chooses the types of arguments and values, hence `object` and `Any`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection

    def close(self) -> None:
        """Refuse further statements, so that no store runs one after the transaction."""
        self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the unit of work is over: its stores can't be used any more")
        return self._connection

    async def rows(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Return all rows."""
        connection = self._open()
        with domain_errors():
            return await connection.fetch(query, *arguments)

    async def row(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """Return the first row; None if there is none."""
        connection = self._open()
        with domain_errors():
            return await connection.fetchrow(query, *arguments)

    async def value(self, query: str, *arguments: object) -> Any:
        """Return the first column of the first row; None if there is no row."""
        connection = self._open()
        with domain_errors():
            return await connection.fetchval(query, *arguments)

    async def run(self, query: str, *arguments: object) -> int:
        """Execute and return how many rows were affected."""
        connection = self._open()
        with domain_errors():
            status: str = await connection.execute(query, *arguments)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, query: str, arguments: Sequence[Sequence[object]]) -> None:
        """Execute the query once for each sequence of arguments."""
        connection = self._open()
        with domain_errors():
            await connection.executemany(query, arguments)
