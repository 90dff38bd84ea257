"""Stores how the last real work of each component went."""

from __future__ import annotations

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.components import ComponentState
from domain.stores import ComponentStates

_SQL = load_queries("component_states")


class PostgresComponentStates(ComponentStates):
    """`ComponentStates` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def succeed(self, component: str) -> None:
        await self._session.run(_SQL["succeed"], component)

    @override
    async def fail(self, component: str, error: str) -> None:
        await self._session.run(_SQL["fail"], component, storable(error))

    @override
    async def all(self) -> dict[str, ComponentState]:
        return {
            row["component"]: ComponentState(
                row["succeeded_at"], row["failing_since"], row["last_error"], row["age"]
            )
            for row in await self._session.rows(_SQL["all"])
        }
