"""Keeps a knowledge base in memory, behind what indexing and searching need of PostgreSQL's store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast
from uuid import UUID, uuid4

import numpy as np

from domain.gate import Gate
from domain.knowledge import Article, RegressionQuestion, StoredChunk, Vector
from domain.stores import OpenUnitOfWork
from domain.turns import Passage

NEIGHBOURS = 2


class MemoryKnowledge:
    """What indexing and searching need of `domain.knowledge.Knowledge`, by an exact scan."""

    def __init__(self) -> None:
        self._model_id: str | None = None
        self._passages: list[Passage] = []
        self._vectors = np.zeros((0, 0), np.float32)
        self._gates: dict[str, Gate] = {}

    async def gate(self, model_id: str) -> Gate | None:
        return self._gates.get(model_id)

    async def set_gate(self, model_id: str, gate: Gate) -> None:
        self._gates[model_id] = gate

    async def state_of_articles(self, model_id: str) -> str:
        return str(len(self._passages))

    async def sample_titles(self, limit: int) -> list[RegressionQuestion]:
        titles = {passage.title: passage.article_id for passage in self._passages}
        return [RegressionQuestion(title, owner) for title, owner in titles.items()][:limit]

    async def questions(self, limit: int) -> list[RegressionQuestion]:
        """Return none: no customer of a centre has confirmed an answer."""
        return []

    async def live_model(self) -> str | None:
        return self._model_id

    async def stored_chunks(self, source: str) -> Mapping[tuple[UUID, int], StoredChunk]:
        """Return none: a centre is read once."""
        return {}

    async def origins(self, source: str) -> Mapping[UUID, tuple[str | None, bool]]:
        """Return none: nobody has edited a centre."""
        return {}

    async def own_vectors(self, content_hashes: Sequence[str]) -> Mapping[str, Vector]:
        return {}

    async def put(self, article: Article, model_id: str) -> None:
        self._model_id = model_id
        if article.is_outdated:
            return
        self._passages += [
            Passage(
                uuid4(),
                article.id,
                article.title,
                chunk.content,
                0.0,
                url=article.url,
                position=chunk.chunk_index,
                section=chunk.section,
                language=article.language,
                is_whole=article.is_whole,
            )
            for chunk in article.chunks
        ]
        vectors = np.stack([np.asarray(chunk.vector, np.float32) for chunk in article.chunks])
        self._vectors = np.vstack([self._vectors, vectors]) if self._vectors.size else vectors

    async def nearest(
        self, vector: Sequence[float] | Vector, limit: int, model_id: str | None = None
    ) -> list[Passage]:
        if not self._passages:
            return []
        similarities = self._vectors @ np.asarray(vector, np.float32)
        best = np.argsort(-similarities, kind="stable")[:limit]
        return [self._at(int(at), similarities) for at in best]

    async def around(self, passage: Passage, vector: Vector, model_id: str) -> list[Passage]:
        similarities = self._vectors @ np.asarray(vector, np.float32)
        return [
            self._at(at, similarities)
            for at, found in enumerate(self._passages)
            if found.article_id == passage.article_id
            and (
                abs(found.position - passage.position) <= NEIGHBOURS
                or found.position == 0
                or found.is_whole
            )
        ]

    def _at(self, at: int, similarities: Vector) -> Passage:
        return replace(self._passages[at], similarity=float(similarities[at]))


class _MemoryUnitOfWork:
    def __init__(self, knowledge: MemoryKnowledge) -> None:
        self.knowledge = self.models = self.lessons = self.articles = knowledge

    async def commit(self) -> None:
        """Everything is in force at once."""


def memory_uow(knowledge: MemoryKnowledge) -> OpenUnitOfWork:
    """Return units of work that know the knowledge base alone."""

    @asynccontextmanager
    async def open_uow() -> AsyncIterator[_MemoryUnitOfWork]:
        yield _MemoryUnitOfWork(knowledge)

    return cast(OpenUnitOfWork, open_uow)
