"""Stores until when people have to answer, and how long customers waited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.channels import Channel
from domain.response_times import AnswerClock, ClockKind, Told
from domain.stores import AnswerClocks
from domain.tickets import Priority

_SQL = load_queries("answer_clocks")


class PostgresAnswerClocks(AnswerClocks):
    """`AnswerClocks` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def start(self, conversation_id: UUID, clock: AnswerClock) -> None:
        await self._session.run(
            _SQL["start"],
            conversation_id,
            clock.kind,
            clock.started_at,
            clock.warn_at,
            clock.due_at,
            clock.priority,
            clock.profile_version,
        )

    @override
    async def stop(self, conversation_id: UUID) -> None:
        await self._session.run(_SQL["stop"], conversation_id)

    @override
    async def get(self, conversation_id: UUID) -> AnswerClock | None:
        row = await self._session.row(_SQL["get"], conversation_id)
        return _clock(row) if row is not None else None

    @override
    async def of(self, conversation_ids: Sequence[UUID]) -> Mapping[UUID, AnswerClock]:
        rows = await self._session.rows(_SQL["of"], list(conversation_ids))
        return {row["conversation_id"]: _clock(row) for row in rows}

    @override
    async def has_answered(self, conversation_id: UUID) -> bool:
        return bool(await self._session.value(_SQL["has_answered"], conversation_id))

    @override
    async def due(self, limit: int) -> list[UUID]:
        return [row["conversation_id"] for row in await self._session.rows(_SQL["due"], limit)]

    @override
    async def note_told(self, conversation_id: UUID, told: Told) -> None:
        await self._session.run(_SQL["note_told"], conversation_id, told)

    @override
    async def outdated(self, profile_version: int, limit: int) -> list[UUID]:
        rows = await self._session.rows(_SQL["outdated"], profile_version, limit)
        return [row["id"] for row in rows]

    @override
    async def add_wait(self, conversation_id: UUID, channel: Channel, waited: timedelta) -> None:
        await self._session.run(_SQL["add_wait"], conversation_id, channel, waited)

    @override
    async def waits(self, since: datetime, limit: int) -> list[timedelta]:
        return [row["waited"] for row in await self._session.rows(_SQL["waits"], since, limit)]

    @override
    async def waiting_since(self, limit: int) -> list[datetime]:
        return [row["turn_since"] for row in await self._session.rows(_SQL["waiting_since"], limit)]

    @override
    async def unowned(self) -> tuple[int, datetime | None]:
        row = await self._session.row(_SQL["unowned"])
        return (row["waiting"], row["oldest_at"]) if row is not None else (0, None)

    @override
    async def purge(self, older_than: timedelta) -> int:
        return await self._session.run(_SQL["purge"], older_than)


def _clock(row: asyncpg.Record) -> AnswerClock:
    return AnswerClock(
        kind=ClockKind(row["kind"]),
        started_at=row["started_at"],
        warn_at=row["warn_at"],
        due_at=row["due_at"],
        priority=Priority(row["priority"]),
        profile_version=row["profile_version"],
        told=Told(row["told"]),
    )
