"""Stores macros."""

from __future__ import annotations

from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.errors import Conflict, NotFound
from domain.macros import Macro
from domain.stores import Macros

_SQL = load_queries("macros")
_TAKEN = "another macro has this title"


class PostgresMacros(Macros):
    """`Macros` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def get(self, macro_id: UUID) -> Macro:
        row = await self._session.row(_SQL["get"], macro_id)
        if row is None:
            raise NotFound("no such macro")
        return _macro(row)

    @override
    async def add(self, title: str, content: str, author: str) -> Macro:
        row = await self._session.row(_SQL["add"], storable(title), storable(content), author)
        if row is None:
            raise Conflict(_TAKEN)
        return _macro(row)

    @override
    async def change(self, macro_id: UUID, title: str, content: str) -> Macro:
        await self.get(macro_id)
        row = await self._session.row(_SQL["change"], macro_id, storable(title), storable(content))
        if row is None:
            raise Conflict(_TAKEN)
        return _macro(row)

    @override
    async def remove(self, macro_id: UUID) -> None:
        if not await self._session.run(_SQL["remove"], macro_id):
            raise NotFound("no such macro")

    @override
    async def list(self) -> list[Macro]:
        return [_macro(row) for row in await self._session.rows(_SQL["list"])]


def _macro(row: asyncpg.Record) -> Macro:
    return Macro(row["id"], row["title"], row["content"], row["created_by"], row["updated_at"])
