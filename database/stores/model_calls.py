"""Stores what a language model cost, and how its newest calls ended."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.errors import ModelFailureCode
from domain.model_calls import ModelState
from domain.stores import ModelCalls

_SQL = load_queries("model_calls")


class PostgresModelCalls(ModelCalls):
    """`ModelCalls` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def reserve(
        self,
        conversation_id: UUID,
        usd: float,
        per_day: float | None,
        per_conversation: float | None,
    ) -> bool:
        cost = _dollars(usd)
        # The conversation first: calls of one customer wait here, and not with the day's row locked.
        by_conversation = await self._session.value(
            _SQL["reserve_conversation"], conversation_id, cost, _limit(per_conversation)
        )
        if by_conversation is None:
            return False
        return (await self._session.value(_SQL["reserve_day"], cost, _limit(per_day))) is not None

    @override
    async def settle(self, conversation_id: UUID, reserved: float, spent: float) -> None:
        await self._session.run(
            _SQL["settle"], conversation_id, _dollars(spent) - _dollars(reserved)
        )

    @override
    async def succeeded(self, model: str) -> None:
        await self._session.run(_SQL["succeeded"], model)

    @override
    async def failed(self, model: str, code: ModelFailureCode, said: str) -> None:
        await self._session.run(_SQL["failed"], model, code, storable(said))

    @override
    async def state(self, model: str) -> ModelState | None:
        row = await self._session.row(_SQL["state"], model)
        if row is None:
            return None
        return ModelState(
            row["model"],
            row["succeeded_at"],
            row["failed_at"],
            row["failing_since"],
            ModelFailureCode(row["code"]) if row["code"] else None,
            row["said"],
        )

    @override
    async def spent_today(self) -> float:
        spent: float = await self._session.value(_SQL["spent_today"])
        return spent


def _dollars(usd: float) -> Decimal:
    return Decimal(usd).quantize(Decimal("0.000001"))


def _limit(usd: float | None) -> Decimal | None:
    return None if usd is None else _dollars(usd)
