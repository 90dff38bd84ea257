"""Stores what was done to many conversations at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.desk import BulkAct, StoredBulkAct
from domain.errors import NotFound
from domain.stores import BulkActs

_SQL = load_queries("bulk_acts")


class PostgresBulkActs(BulkActs):
    """`BulkActs` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(
        self, act_id: UUID, actor: str, act: BulkAct, before: Sequence[Mapping[str, object]]
    ) -> None:
        await self._session.run(_SQL["add"], act_id, actor, act, [dict(each) for each in before])

    @override
    async def lock(self, act_id: UUID) -> StoredBulkAct:
        row = await self._session.row(_SQL["lock"], act_id)
        if row is None:
            raise NotFound("no such bulk act")
        return StoredBulkAct(
            row["id"], row["actor"], BulkAct(row["act"]), row["before"], row["undone_at"]
        )

    @override
    async def mark_undone(self, act_id: UUID) -> None:
        await self._session.run(_SQL["mark_undone"], act_id)
