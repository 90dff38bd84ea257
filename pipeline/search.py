"""Searches the knowledge base: embeds the question, reads the nearest passages and ranks them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.encoders import Encoder
from domain.ports import KnowledgeEmbedder, Ranker, Vectors
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult

CANDIDATES = 40
MAX_PARTS = 8
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
_SHORTEST_PART = 12
_KEPT_TITLES = 5_000


def parts_of(question: str) -> list[str]:
    """Return the whole question and, if it has several sentences, the first few of them.

    People tell a story around the sentence that asks; titles are compared with that sentence.
    """
    sentences = [sentence.strip() for sentence in _SENTENCE_END.split(question)]
    long = [sentence for sentence in sentences if len(sentence) >= _SHORTEST_PART]
    return [question, *long[:MAX_PARTS]] if len(long) > 1 else [question]


class TitleCloseness:
    """Compares a question with passages' titles; each title is embedded once.

    A long article is similar to many questions, but its title only to questions it answers.
    """

    def __init__(self, embedder: KnowledgeEmbedder) -> None:
        self._embedder = embedder
        self._vectors: dict[tuple[str, str], np.ndarray] = {}

    async def measure(
        self, model_id: str, parts: Vectors, passages: Sequence[Passage]
    ) -> list[Passage]:
        """Return the passages with `title_similarity`; `parts` are the vectors of `parts_of` the question."""
        titles = dict.fromkeys(passage.title for passage in passages)
        new = [title for title in titles if (model_id, title) not in self._vectors]
        if len(self._vectors) + len(new) > _KEPT_TITLES:
            self._vectors.clear()
            new = list(titles)
        if new:
            vectors = await self._embedder.embed_with(model_id, new)
            self._vectors.update(zip(((model_id, title) for title in new), vectors, strict=True))
        return [
            replace(
                passage,
                title_similarity=float((parts @ self._vectors[model_id, passage.title]).max()),
            )
            for passage in passages
        ]


class KnowledgeSearching:
    """`KnowledgeSearch` over the embedding stage and pgvector."""

    def __init__(
        self, open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, ranker: Ranker
    ) -> None:
        self._open_uow = open_uow
        self._embedder = embedder
        self._ranker = ranker
        self._titles = TitleCloseness(embedder)
        self._model_id: str | None = None

    async def search(self, query: str) -> SearchResult:
        """Search for `query`; raises Transient when the model or the database is unavailable.

        Question and passages are compared by vectors of the same model: if the knowledge base switched
        to another model meanwhile, the question is embedded again.
        """
        model_id = self._model_id
        while True:
            parts = await self._embedder.embed_with(model_id, parts_of(query)) if model_id else None
            async with self._open_uow() as uow:
                live = await uow.knowledge.live_model()
                if live is None:
                    return SearchResult((), 0.0, False)
                if parts is not None and live == model_id:
                    candidates = await uow.knowledge.nearest(parts[0], CANDIDATES, live)
                    break
            self._model_id = model_id = live
        encoder = Encoder.of_key(live, len(parts[0]))
        measured = await self._titles.measure(live, parts, candidates)
        found = self._ranker.rank(query, measured, encoder)
        if not found.is_answerable:
            return found
        async with self._open_uow() as uow:
            around = await uow.knowledge.around(found.passages[0], parts[0], live)
        return with_neighbours(found, around)


async def search_internal(
    open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, query: str, limit: int
) -> list[Passage]:
    """Return passages that are for staff alone, nearest first. Raises Transient."""
    async with open_uow() as uow:
        model_id = await uow.knowledge.live_model()
    if model_id is None:
        return []
    [vector] = await embedder.embed_with(model_id, [query])
    async with open_uow() as uow:
        return await uow.knowledge.nearest_internal(vector, limit, model_id)


def with_neighbours(found: SearchResult, around: Sequence[Passage]) -> SearchResult:
    """Move the neighbours of the best passage, in its article, directly behind it."""
    best, *others = found.passages
    beside = [passage for passage in around if passage.chunk_id != best.chunk_id]
    known = {passage.chunk_id for passage in beside}
    rest = [passage for passage in others if passage.chunk_id not in known]
    return replace(found, passages=(best, *beside, *rest))
