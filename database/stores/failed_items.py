"""Counts the attempts at an item of a batch that failed, and remembers when it is tried again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.stores import FailedItems

_SQL = load_queries("failed_items")


class PostgresFailedItems(FailedItems):
    """`FailedItems` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def attempts(self, job: str, items: Collection[str]) -> dict[str, int]:
        rows = await self._session.rows(_SQL["attempts"], job, list(items))
        return {row["item"]: row["attempts"] for row in rows}

    @override
    async def due(self, job: str, limit: int) -> list[str]:
        return [row["item"] for row in await self._session.rows(_SQL["due"], job, limit)]

    @override
    async def save(
        self, job: str, item: str, attempts: int, delay: timedelta | None, cause: str
    ) -> None:
        await self._session.run(_SQL["save"], job, item, attempts, delay, storable(cause))

    @override
    async def forget(self, job: str, items: Collection[str]) -> None:
        await self._session.run(_SQL["forget"], job, list(items))

    @override
    async def retry_now(self, job: str, item: str) -> bool:
        return await self._session.run(_SQL["retry_now"], job, item) > 0
