"""Stores notifications to people and how their sending went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.errors import NotFound
from domain.notifications import (
    Event,
    EventType,
    Notice,
    NoticeState,
    Planned,
    RouteHealth,
)
from domain.stores import Notifications

_SQL = load_queries("notifications")
_ASK_FOR_ACT = [each.value for each in EventType if each.asks_for_act]
_INTERRUPTION = timedelta(minutes=10)
"""What lasts and is back within this time is not told again."""


class PostgresNotifications(Notifications):
    """`Notifications` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(self, event: Event, planned: Sequence[Planned]) -> None:
        event_id = await self._session.value(
            _SQL["add_event"],
            event.type,
            event.conversation_id,
            dict(event.data),
            event.key,
            _INTERRUPTION,
        )
        if event_id is not None:
            await self.extend(event_id, planned)

    @override
    async def lasting(self, prefix: str) -> set[str]:
        return {row["key"] for row in await self._session.rows(_SQL["lasting"], prefix)}

    @override
    async def end_lasting(self, keys: Collection[str]) -> None:
        await self._session.run(_SQL["end_lasting"], list(keys))

    @override
    async def acknowledge(self, conversation_id: UUID, by: str) -> None:
        await self._session.run(_SQL["acknowledge"], conversation_id, by, _ASK_FOR_ACT)

    @override
    async def acknowledge_event(self, notification_id: UUID, by: str) -> None:
        found = await self._session.value(_SQL["acknowledge_event"], notification_id, by)
        if found is None:
            raise NotFound("no such notification")

    @override
    async def due(self, per_lane: int, without: Collection[UUID]) -> list[Notice]:
        return [
            _notice(row) for row in await self._session.rows(_SQL["due"], per_lane, list(without))
        ]

    @override
    async def begin(self, notification_id: UUID) -> bool:
        return await self._session.run(_SQL["begin"], notification_id) > 0

    @override
    async def orphans(self, without: Collection[UUID], limit: int) -> list[Notice]:
        rows = await self._session.rows(_SQL["orphans"], list(without), limit)
        return [_notice(row) for row in rows]

    @override
    async def settle(
        self,
        notification_id: UUID,
        state: NoticeState,
        error: str | None = None,
        again_in: timedelta | None = None,
    ) -> None:
        await self._session.run(_SQL["settle"], notification_id, state, storable(error), again_in)

    @override
    async def to_follow(self, limit: int) -> list[Notice]:
        return [_notice(row) for row in await self._session.rows(_SQL["to_follow"], limit)]

    @override
    async def extend(self, event_id: UUID, planned: Sequence[Planned]) -> None:
        await self._session.run_many(_SQL["add"], [_row(event_id, each) for each in planned])

    @override
    async def repeat_at(self, notification_id: UUID, at: datetime | None) -> None:
        await self._session.run(_SQL["repeat_at"], notification_id, at)

    @override
    async def get(self, notification_id: UUID) -> Notice:
        row = await self._session.row(_SQL["get"], notification_id)
        if row is None:
            raise NotFound("no such notification")
        return _notice(row)

    @override
    async def replay(self, notification_id: UUID) -> bool:
        return await self._session.run(_SQL["replay"], notification_id) > 0

    @override
    async def page(
        self, *, after: tuple[datetime, UUID] | None, only_open: bool, limit: int
    ) -> list[Notice]:
        at, last_id = after or (None, None)
        rows = await self._session.rows(_SQL["page"], at, last_id, only_open, _ASK_FOR_ACT, limit)
        return [_notice(row) for row in rows]

    @override
    async def health(self) -> list[RouteHealth]:
        return [RouteHealth(**dict(row)) for row in await self._session.rows(_SQL["health"])]

    @override
    async def waiting(self) -> tuple[int, datetime | None]:
        row = await self._session.row(_SQL["waiting"])
        return (row["waiting"], row["oldest_at"]) if row is not None else (0, None)

    @override
    async def purge(self, older_than: timedelta) -> int:
        return await self._session.run(_SQL["purge"], older_than)


def _row(event_id: UUID, planned: Planned) -> tuple[object, ...]:
    return (
        event_id,
        planned.route,
        planned.step,
        planned.type,
        planned.due_at,
        planned.repeat_at,
    )


def _notice(row: asyncpg.Record) -> Notice:
    return Notice(
        id=row["id"],
        event_id=row["event_id"],
        type=EventType(row["type"]),
        data=row["data"],
        conversation_id=row["conversation_id"],
        route=row["route"],
        step=row["step"],
        state=NoticeState(row["state"]),
        attempts=row["attempts"],
        due_at=row["due_at"],
        sent_at=row["sent_at"],
        last_error=row["last_error"],
        created_at=row["created_at"],
        occurred_at=row["occurred_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
    )
