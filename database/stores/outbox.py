"""Stores rows that wait to be published to Kafka; a commit that adds some sends NOTIFY `outbox`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable, storable_json
from domain.records import NewOutboxRow, OutboxRow
from domain.stores import Outbox

_SQL = load_queries("outbox")


class PostgresOutbox(Outbox):
    """`Outbox` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(
        self, topic: str, key: UUID, value: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        await self._session.run(_SQL["add"], topic, key, storable_json(value), dict(headers))

    @override
    async def add_many(self, rows: Sequence[NewOutboxRow]) -> None:
        await self._session.run_many(_SQL["add"], rows)

    @override
    async def unpublished(self, limit: int) -> list[OutboxRow]:
        rows = await self._session.rows(_SQL["unpublished"], limit)
        return [
            OutboxRow(
                id=row["id"],
                topic=row["topic"],
                key=row["key"],
                value=row["value"],
                headers=row["headers"],
                attempts=row["attempts"],
                created_at=row["created_at"],
            )
            for row in rows
        ]

    @override
    async def mark_published(self, ids: Sequence[int]) -> None:
        await self._session.run(_SQL["mark_published"], list(ids))

    @override
    async def retry_later(self, row_id: int, delay: timedelta, cause: str) -> None:
        await self._session.run(_SQL["retry_later"], row_id, delay, storable(cause))

    @override
    async def put_aside(self, row_id: int, cause: str) -> None:
        await self._session.run(_SQL["put_aside"], row_id, storable(cause))

    @override
    async def purge(self, older_than: timedelta) -> int:
        return await self._session.run(_SQL["purge"], older_than)

    @override
    async def backlog(self) -> tuple[int, datetime | None]:
        row = await self._session.row(_SQL["backlog"])
        return (row["waiting"], row["since"]) if row is not None else (0, None)
