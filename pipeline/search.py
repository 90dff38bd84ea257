"""Search in the knowledge base: embed the question, take the nearest passages, rank them."""

from __future__ import annotations

from domain.ports import KnowledgeEmbedder, Ranker
from domain.stores import OpenWork
from domain.turns import SearchResult

CANDIDATES = 20


class KnowledgeSearching:
    """domain.ports.KnowledgeSearch over the embedding stage and pgvector."""

    def __init__(self, open_work: OpenWork, embedder: KnowledgeEmbedder, ranker: Ranker) -> None:
        self._open_work = open_work
        self._embedder = embedder
        self._ranker = ranker
        self._model_id: str | None = None

    async def search(self, query: str) -> SearchResult:
        """Raises Transient when the model or the database can't be asked: never an empty result.

        Question and passages are always compared in one model's vectors: where the knowledge base
        went over to another one meanwhile, the question is embedded again.
        """
        model_id = self._model_id
        while True:
            vector = (await self._embedder.embed_with(model_id, [query]))[0] if model_id else None
            async with self._open_work() as work:
                live = await work.knowledge.live_model()
                if live is None:
                    return self._ranker.rank(query, [])
                if vector is not None and live == model_id:
                    candidates = await work.knowledge.nearest(vector, CANDIDATES, live)
                    return self._ranker.rank(query, candidates)
            self._model_id = model_id = live
