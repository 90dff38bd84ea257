"""Stores which reader handles a message, how often that failed, and when the next attempt is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.stores.messages import stored_message
from domain.attempts import Begin, Begun
from domain.messages import MessageState
from domain.records import StoredMessage
from domain.stores import Attempts

_SQL = load_queries("attempts")


class PostgresAttempts(Attempts):
    """`Attempts` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def beat(self, reader: UUID, silent_after: timedelta) -> None:
        await self._session.run(_SQL["beat"], reader, silent_after)

    @override
    async def begin(
        self,
        message_ids: Sequence[UUID],
        state: MessageState,
        reader: UUID,
        *,
        silent_after: timedelta,
        alone: Collection[UUID],
        most_strikes: int,
    ) -> dict[UUID, Begun]:
        rows = await self._session.rows(
            _SQL["begin"],
            list(message_ids),
            state,
            reader,
            silent_after,
            list(alone),
            most_strikes,
        )
        return {row["id"]: Begun(Begin(row["outcome"]), row["attempts"]) for row in rows}

    @override
    async def fail(self, message_id: UUID, reader: UUID, delay: timedelta) -> None:
        await self._session.run(_SQL["fail"], message_id, reader, delay)

    @override
    async def postpone(self, message_id: UUID, reader: UUID, delay: timedelta) -> None:
        await self._session.run(_SQL["postpone"], message_id, reader, delay)

    @override
    async def leave(self, message_id: UUID, reader: UUID) -> None:
        await self._session.run(_SQL["leave"], message_id, reader)

    @override
    async def requeue_due(self, limit: int) -> list[StoredMessage]:
        return [stored_message(row) for row in await self._session.rows(_SQL["requeue_due"], limit)]
