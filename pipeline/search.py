"""Searches the knowledge base: embeds the question, reads the nearest passages and ranks them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.encoders import Encoder, as_question
from domain.gate import Gate
from domain.ports import KnowledgeEmbedder, Ranker, Vectors
from domain.questions import is_about
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult
from domain.words import flatten, sentences

CANDIDATES = 40
MAX_PARTS = 8
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")
_SHORTEST_PART = 12
_KEPT_TEXTS = 5_000
_MARKS = re.compile(r"[#*|`>\s]+")
_TEXTS_A_CALL = 64


def parts_of(question: str) -> list[str]:
    """Return the whole question and, if it has several sentences, the first few of them.

    People tell a story around the sentence that asks; titles are compared with that sentence.
    """
    found = [sentence.strip() for sentence in _SENTENCE_END.split(question)]
    long = [sentence for sentence in found if len(sentence) >= _SHORTEST_PART]
    return [question, *long[:MAX_PARTS]] if len(long) > 1 else [question]


def sentences_of(passage: Passage) -> dict[str, str]:
    """Return the passage's sentences, flattened, each with the text that is embedded: behind the article's title."""
    lines = [_MARKS.sub(" ", sentence).strip() for sentence in sentences(passage.text)]
    return {
        flatten(line): f"{passage.title}: {line}" for line in lines if len(line) >= _SHORTEST_PART
    }


class Closeness:
    """Compares a question with passages' titles and sentences; each text is embedded once.

    A long article is similar to many questions, but its title only to questions it answers, and one of its
    sentences to few.
    """

    def __init__(self, embedder: KnowledgeEmbedder, ranker: Ranker) -> None:
        self._embedder = embedder
        self._ranker = ranker
        self._vectors: dict[tuple[str, str], np.ndarray] = {}

    async def embed_question(self, model_id: str, question: str) -> Vectors:
        """Return the vectors of `parts_of` a question."""
        parts = [as_question(model_id, part) for part in parts_of(question)]
        return await self._embedder.embed_with(model_id, parts)

    async def rank(
        self,
        model_id: str,
        question: str,
        parts: Vectors,
        passages: Sequence[Passage],
        gate: Gate | None = None,
    ) -> SearchResult:
        """Rank passages that a vector search returned; `parts` are `embed_question`'s vectors."""
        encoder = Encoder.of_key(model_id, parts.shape[1])
        titles = await self._vectors_of(model_id, [passage.title for passage in passages])
        measured = [
            replace(passage, title_similarity=float((parts @ titles[passage.title]).max()))
            for passage in passages
        ]
        chosen = self._ranker.shortlist(question, measured, encoder)
        if chosen:
            measured = await self._with_sentences(model_id, parts[0], measured, chosen)
        return self._ranker.rank(question, measured, encoder, gate)

    async def _with_sentences(
        self,
        model_id: str,
        question: np.ndarray,
        passages: Sequence[Passage],
        chosen: Sequence[Passage],
    ) -> list[Passage]:
        said = {passage.chunk_id: sentences_of(passage) for passage in chosen}
        vectors = await self._vectors_of(
            model_id, [sentence for some in said.values() for sentence in some.values()]
        )
        closeness = {
            chunk_id: tuple(
                (line, float(question @ vectors[sentence])) for line, sentence in some.items()
            )
            for chunk_id, some in said.items()
        }
        return [
            replace(
                passage,
                closeness=closeness.get(passage.chunk_id, ()),
                sentence_similarity=max(
                    (value for _, value in closeness.get(passage.chunk_id, ())), default=0.0
                ),
            )
            for passage in passages
        ]

    async def with_sentences(
        self, model_id: str, question: np.ndarray, passages: Sequence[Passage]
    ) -> list[Passage]:
        """Return the passages with the closeness of each of their sentences."""
        return await self._with_sentences(model_id, question, passages, passages)

    async def _vectors_of(self, model_id: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
        found = {
            text: self._vectors[model_id, text]
            for text in texts
            if (model_id, text) in self._vectors
        }
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if len(self._vectors) + len(new) > _KEPT_TEXTS:
            self._vectors.clear()
        for start in range(0, len(new), _TEXTS_A_CALL):
            some = new[start : start + _TEXTS_A_CALL]
            found.update(zip(some, await self._embedder.embed_with(model_id, some), strict=True))
        self._vectors.update({(model_id, text): found[text] for text in new})
        return found


class KnowledgeSearching:
    """`KnowledgeSearch` over the embedding stage and pgvector."""

    def __init__(
        self, open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, ranker: Ranker
    ) -> None:
        self._open_uow = open_uow
        self._closeness = Closeness(embedder, ranker)
        self._model_id: str | None = None

    async def search(self, query: str) -> SearchResult:
        """Search for `query`; raises Transient when the model or the database is unavailable.

        Question and passages are compared by vectors of the same model: if the knowledge base switched
        to another model meanwhile, the question is embedded again.
        """
        model_id = self._model_id
        while True:
            parts = await self._closeness.embed_question(model_id, query) if model_id else None
            async with self._open_uow() as uow:
                live = await uow.knowledge.live_model()
                if live is None:
                    return SearchResult((), 0.0, False)
                if parts is not None and live == model_id:
                    candidates = await uow.knowledge.nearest(parts[0], CANDIDATES, live)
                    gate = await uow.knowledge.gate(live)
                    break
            self._model_id = model_id = live
        found = await self._closeness.rank(live, query, parts, candidates, gate)
        if not found.is_answerable:
            return found
        async with self._open_uow() as uow:
            around = await uow.knowledge.around(found.passages[0], parts[0], live)
        is_about_it = is_about(query, found.passages[0].title)
        if found.passages[0].closeness or is_about_it:
            # The encoder tells sentences apart, or one of them is asked for: those beside the best passage count.
            around = await self._closeness.with_sentences(live, parts[0], around)
        return with_neighbours(found, around, keeps_order=is_about_it)


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


def with_neighbours(
    found: SearchResult, around: Sequence[Passage], *, keeps_order: bool = False
) -> SearchResult:
    """Move the neighbours of the best passage, in its article, directly behind it.

    With `keeps_order` the best passage itself is taken from `around`, with what was measured there.
    """
    best, *others = found.passages
    if keeps_order:
        best = next((passage for passage in around if passage.chunk_id == best.chunk_id), best)
    beside = [passage for passage in around if passage.chunk_id != best.chunk_id]
    known = {passage.chunk_id for passage in beside}
    rest = [passage for passage in others if passage.chunk_id not in known]
    return replace(found, passages=(best, *beside, *rest))
