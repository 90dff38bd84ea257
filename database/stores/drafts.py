"""Stores replies that wait for a person, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.channels import Channel
from domain.drafts import (
    DraftCursor,
    DraftFigures,
    DraftSource,
    DraftState,
    NewDraft,
    StaleBecause,
    StoredDraft,
    WaitingDraft,
)
from domain.stores import Drafts
from domain.tickets import EscalationReason

_SQL = load_queries("drafts")


class PostgresDrafts(Drafts):
    """`Drafts` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(self, draft: NewDraft) -> UUID:
        draft_id: UUID = await self._session.value(
            _SQL["add"],
            draft.turn_id,
            draft.conversation_id,
            draft.channel,
            draft.topic,
            draft.reason,
            draft.author,
            storable(draft.content),
            [
                {
                    "article_id": str(source.article_id),
                    "title": source.title,
                    "version": source.version,
                    "url": source.url,
                }
                for source in draft.sources
            ],
            list(draft.answers),
        )
        return draft_id

    @override
    async def newest(self, conversation_id: UUID) -> StoredDraft | None:
        row = await self._session.row(_SQL["newest"], conversation_id)
        return None if row is None else _stored(row)

    @override
    async def of_turn(self, turn_id: UUID) -> StoredDraft | None:
        row = await self._session.row(_SQL["of_turn"], turn_id)
        return None if row is None else _stored(row)

    @override
    async def approved(self, draft_id: UUID, staff: str, message_id: UUID, distance: float) -> None:
        await self._session.run(_SQL["approved"], draft_id, staff, message_id, distance)

    @override
    async def discarded(self, draft_id: UUID, staff: str) -> None:
        await self._session.run(_SQL["discarded"], draft_id, staff)

    @override
    async def waiting(
        self,
        *,
        channel: Channel | None = None,
        topic: str | None = None,
        after: DraftCursor | None = None,
        limit: int,
    ) -> list[WaitingDraft]:
        created_at, draft_id = after or (None, None)
        rows = await self._session.rows(
            _SQL["waiting"], channel, topic, created_at, draft_id, limit
        )
        return [
            WaitingDraft(
                _stored(row),
                row["ticket_number"],
                row["customer_name"],
                row["subject"],
                row["question"] or "",
            )
            for row in rows
        ]

    @override
    async def count_waiting(self) -> int:
        return int(await self._session.value(_SQL["count_waiting"]))

    @override
    async def without_source(self, limit: int) -> Sequence[UUID]:
        rows = await self._session.rows(_SQL["without_source"], limit)
        return [row["conversation_id"] for row in rows]

    @override
    async def overdue(self, age: timedelta, limit: int) -> Sequence[UUID]:
        rows = await self._session.rows(_SQL["overdue"], age, limit)
        return [row["conversation_id"] for row in rows]

    @override
    async def figures(self, since: datetime) -> list[DraftFigures]:
        return [
            DraftFigures(
                channel=Channel(row["channel"]),
                topic=row["topic"],
                waiting=row["waiting"],
                approved=row["approved"],
                unchanged=row["unchanged"],
                discarded=row["discarded"],
                overruled=row["overruled"],
                superseded=row["superseded"],
                distance=row["distance"],
            )
            for row in await self._session.rows(_SQL["figures"], since)
        ]


def _stored(row: asyncpg.Record) -> StoredDraft:
    state = DraftState(row["state"])
    if state is DraftState.WAITING and row["because"] is not None:
        state = DraftState.STALE
    return StoredDraft(
        id=row["id"],
        turn_id=row["turn_id"],
        conversation_id=row["conversation_id"],
        channel=Channel(row["channel"]),
        topic=row["topic"],
        reason=EscalationReason(row["reason"]) if row["reason"] else None,
        author=row["author"],
        content=row["content"],
        sources=tuple(
            DraftSource(
                UUID(source["article_id"]), source["title"], source["version"], source["url"]
            )
            for source in row["sources"]
        ),
        state=state,
        stale_because=StaleBecause(row["because"]) if row["because"] else None,
        message_id=row["message_id"],
        decided_by=row["decided_by"],
        created_at=row["created_at"],
    )
