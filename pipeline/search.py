"""Search in the knowledge base: embed the question, take the nearest passages, rank them."""

from __future__ import annotations

from domain.ports import Embedder, Ranker
from domain.stores import OpenWork
from domain.turns import SearchResult

CANDIDATES = 20


class KnowledgeSearching:
    """domain.ports.KnowledgeSearch over the embedding stage and pgvector."""

    def __init__(self, open_work: OpenWork, embedder: Embedder, ranker: Ranker) -> None:
        self._open_work = open_work
        self._embedder = embedder
        self._ranker = ranker

    async def search(self, query: str) -> SearchResult:
        """Raises Transient when the model or the database can't be asked: never an empty result."""
        vector = (await self._embedder.embed([query]))[0]
        async with self._open_work() as work:
            candidates = await work.knowledge.nearest(vector, CANDIDATES)
        return self._ranker.rank(query, candidates)
