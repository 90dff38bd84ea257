"""Stores dead letters until a person replays or discards them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.errors import Conflict, NotFound
from domain.records import DeadLetter, DeadLetterState
from domain.stores import DeadLetters

_SQL = load_queries("dead_letters")


class PostgresDeadLetters(DeadLetters):
    """`DeadLetters` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(
        self,
        *,
        topic: str,
        key: str | None,
        value: bytes,
        origin: str,
        message_id: UUID | None,
        cause: str,
        attempts: int,
    ) -> UUID | None:
        added: UUID | None = await self._session.value(
            _SQL["add"],
            topic,
            storable(key),
            value,
            origin,
            message_id,
            storable(cause),
            attempts,
            _uuid(key) if message_id is None else None,
        )
        return added

    @override
    async def list(self, state: DeadLetterState | None, limit: int) -> Sequence[DeadLetter]:
        rows = await self._session.rows(_SQL["list"], state, limit)
        return [_dead_letter(row) for row in rows]

    @override
    async def get(self, dead_letter_id: UUID) -> DeadLetter:
        row = await self._session.row(_SQL["get"], dead_letter_id)
        if row is None:
            raise NotFound("no such dead letter")
        return _dead_letter(row)

    @override
    async def close(
        self, dead_letter_id: UUID, state: DeadLetterState, staff: str, why: str | None = None
    ) -> DeadLetter:
        row = await self._session.row(_SQL["lock"], dead_letter_id)
        if row is None:
            raise NotFound("no such dead letter")
        if row["state"] == state:
            return _dead_letter(row)
        if row["state"] != "open":
            raise Conflict(f"the dead letter was already {row['state']}", row["settled_by"])
        closed = await self._session.row(_SQL["close"], dead_letter_id, state, staff, storable(why))
        if closed is None:
            raise NotFound("no such dead letter")
        return _dead_letter(closed)

    @override
    async def count_open(self) -> int:
        count: int = await self._session.value(_SQL["count_open"])
        return count


def _dead_letter(row: asyncpg.Record) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        topic=row["topic"],
        key=row["key"],
        origin=row["origin"],
        value=row["value"],
        message_id=row["message_id"],
        cause=row["cause"],
        attempts=row["attempts"],
        state=DeadLetterState(row["state"]),
        created_at=row["created_at"],
    )


def _uuid(key: str | None) -> UUID | None:
    """Read the key of a record, which is a customer's id unless somebody else wrote it."""
    try:
        return UUID(key) if key is not None else None
    except ValueError:
        return None
