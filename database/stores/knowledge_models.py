"""Stores the vectors of several embedding models side by side and switches between the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.errors import Conflict, NotFound
from domain.knowledge import Embeddable, KnowledgeModels, ModelEntry, RegressionQuestion, Vector

_SQL = load_queries("knowledge_models")


class PostgresKnowledgeModels(KnowledgeModels):
    """`KnowledgeModels` on pgvector."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def entries(self) -> list[ModelEntry]:
        return [ModelEntry(**row) for row in await self._session.rows(_SQL["entries"])]

    @override
    async def add(self, model_id: str, dimension: int) -> None:
        known: int = await self._session.value(_SQL["add"], model_id, dimension)
        if known != dimension:
            raise Conflict(f"{model_id} had {known} dimensions before, not {dimension}")

    @override
    async def lacking(self, model_id: str, limit: int) -> list[list[Embeddable]]:
        rows = await self._session.rows(_SQL["lacking"], model_id, limit)
        return [
            [Embeddable(row["id"], row["embedded_text"]) for row in group]
            for _, group in groupby(rows, key=lambda row: row["article_id"])
        ]

    @override
    async def add_vectors(
        self, model_id: str, vectors: Sequence[tuple[UUID, Vector, Vector]]
    ) -> None:
        await self._session.run_many(
            _SQL["add_vector"],
            [(chunk_id, model_id, vector, own) for chunk_id, own, vector in vectors],
        )

    @override
    async def sample_titles(self, limit: int) -> list[RegressionQuestion]:
        rows = await self._session.rows(_SQL["sample_titles"], limit)
        return [RegressionQuestion(row["title"], row["article_id"]) for row in rows]

    @override
    async def switch(self, model_id: str, actor: str, comparison: Mapping[str, object]) -> bool:
        await self._session.value(_SQL["stop_writers"])
        if await self._session.value(_SQL["count_missing"], model_id):
            return False
        await self._session.run(_SQL["switch"], model_id, actor)
        if comparison:
            await self._session.run(_SQL["keep_comparison"], model_id, dict(comparison))
        return True

    @override
    async def drop(self, model_id: str) -> int:
        await self._session.value(_SQL["stop_writers"])
        if await self._session.value(_SQL["is_live"], model_id):
            raise Conflict("searches read this model; switch to another one first")
        await self._session.run(_SQL["forget_previous"], model_id)
        count = await self._session.run(_SQL["drop_vectors"], model_id)
        if not await self._session.run(_SQL["drop_model"], model_id):
            raise NotFound("no such model")
        return count
