"""Asks the regression questions before and after a publication, so that none loses its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID, uuid5

import numpy as np

from domain.encoders import as_question
from domain.errors import TakesAnswers
from domain.knowledge import Chunk, RegressionQuestion
from domain.ports import KnowledgeEmbedder, Ranker, Vectors
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult
from pipeline.search import CANDIDATES, Closeness

_QUESTIONS = 1000
_TITLES = 50
_TEXTS_A_CALL = 64
_AT_ONCE = 4
_NOT_STORED = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Change:
    """What would be published: an article's chunks, or none where searches would no longer find it."""

    article_id: UUID
    title: str
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The effect of publishing; `worse` are questions that would no longer find their article.

    `taken_by` holds for each of them the article whose change takes it away.
    """

    questions: int
    found_before: int
    found_after: int
    worse: tuple[str, ...]
    own_questions: int = 0
    own_found: int = 0
    """How many of the questions that the article is meant for it would answer."""
    taken_by: tuple[UUID, ...] = ()

    @property
    def figures(self) -> dict[str, object]:
        """What is kept with a candidate."""
        figures = asdict(self)
        figures.pop("taken_by")
        return figures


class Regression:
    """Compares what the questions find now with what they would find."""

    def __init__(
        self, open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, ranker: Ranker
    ) -> None:
        self._open_uow = open_uow
        self._embedder = embedder
        self._ranker = ranker

    async def evaluate(
        self,
        model_id: str,
        changes: Sequence[Change],
        own_questions: Sequence[str] = (),
        *,
        with_titles: bool = True,
    ) -> Evaluation:
        """Ask every stored question, and the nearest articles' titles, as things are and with the changes.

        Args:
            model_id: The live model, by which the chunks were embedded.
            changes: What would be published together.
            own_questions: Questions that the first change is meant to answer.
            with_titles: Whether the titles of the articles nearest to the first change are asked as well.
        """
        asked = await self._questions(model_id, changes, with_titles)
        if not asked and not own_questions:
            return Evaluation(0, 0, 0, ())
        vectors = await self._embed(
            model_id,
            [
                as_question(model_id, text)
                for text in (*(q.question for q in asked), *own_questions)
            ],
        )
        search = _Search(self._open_uow, self._embedder, self._ranker, model_id, changes)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def ask(text: str, vector: np.ndarray) -> tuple[SearchResult, SearchResult]:
            async with slots:
                return await search.both(text, vector)

        texts = [*(question.question for question in asked), *own_questions]
        results = await asyncio.gather(
            *(ask(text, vector) for text, vector in zip(texts, vectors, strict=True))
        )
        changed = {change.article_id for change in changes}
        found_before = found_after = 0
        worse: list[str] = []
        taken_by: list[UUID] = []
        for question, (before, after) in zip(asked, results, strict=False):
            found_before += (was_found := finds(before, question.article_id))
            found_after += (is_found := finds(after, question.article_id))
            if was_found and not is_found:
                best = after.passages[0].article_id if after.passages else question.article_id
                worse.append(question.question)
                taken_by.append(best if best in changed else question.article_id)
        own = results[len(asked) :]
        own_found = sum(finds(after, changes[0].article_id) for _, after in own)
        return Evaluation(
            len(asked),
            found_before,
            found_after,
            tuple(worse),
            len(own),
            own_found,
            tuple(taken_by),
        )

    async def refuse(self, model_id: str, changes: Sequence[Change]) -> Collection[UUID]:
        """Hold nothing back. Raises TakesAnswers if a stored question would lose its article."""
        evaluation = await self.evaluate(model_id, changes, with_titles=False)
        require_answers(evaluation)
        return ()

    async def hold_back(self, model_id: str, changes: Sequence[Change]) -> Collection[UUID]:
        """Return the changed articles that would take a stored question from its article."""
        evaluation = await self.evaluate(model_id, changes, with_titles=False)
        return frozenset(evaluation.taken_by)

    async def _questions(
        self, model_id: str, changes: Sequence[Change], with_titles: bool
    ) -> list[RegressionQuestion]:
        changed = {change.article_id for change in changes}
        first = changes[0]
        async with self._open_uow() as uow:
            asked = list(await uow.lessons.questions(_QUESTIONS))
            if with_titles and first.chunks:
                new = np.asarray(first.chunks[0].vector, dtype=np.float32)
                neighbours = await uow.knowledge.nearest(new, _TITLES, model_id)
                titles = {passage.title: passage.article_id for passage in neighbours}
                # A changed article may well be about something else from now on.
                asked += [
                    RegressionQuestion(title, owner)
                    for title, owner in titles.items()
                    if owner not in changed
                ]
        return asked

    async def _embed(self, model_id: str, texts: Sequence[str]) -> list[np.ndarray]:
        return [
            vector
            for start in range(0, len(texts), _TEXTS_A_CALL)
            for vector in await self._embedder.embed_with(
                model_id, texts[start : start + _TEXTS_A_CALL]
            )
        ]


class _Search:
    """Searches as things are and as they would be; titles are embedded once for all questions."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        embedder: KnowledgeEmbedder,
        ranker: Ranker,
        model_id: str,
        changes: Sequence[Change],
    ) -> None:
        self._open_uow = open_uow
        self._model_id = model_id
        self._closeness = Closeness(embedder, ranker)
        self._changed = {change.article_id for change in changes}
        self._new = [(change, at) for change in changes for at in range(len(change.chunks))]
        self._vectors: Vectors = np.stack(
            [np.asarray(change.chunks[at].vector, dtype=np.float32) for change, at in self._new]
        ) if self._new else np.zeros((0, 0), np.float32)  # fmt: skip

    async def both(self, question: str, vector: np.ndarray) -> tuple[SearchResult, SearchResult]:
        async with self._open_uow() as uow:
            nearest = await uow.knowledge.nearest(vector, 2 * CANDIDATES, self._model_id)
            gate = await uow.knowledge.gate(self._model_id)
        parts = await self._closeness.embed_question(self._model_id, question)
        unchanged = [passage for passage in nearest if passage.article_id not in self._changed]
        after = sorted([*unchanged, *self._added(vector)], key=lambda passage: -passage.similarity)
        return (
            await self._closeness.rank(self._model_id, question, parts, nearest[:CANDIDATES], gate),
            await self._closeness.rank(self._model_id, question, parts, after[:CANDIDATES], gate),
        )

    def _added(self, vector: np.ndarray) -> list[Passage]:
        if not self._new:
            return []
        cosines = self._vectors @ vector
        best = np.argsort(-cosines)[:CANDIDATES]
        return [
            Passage(
                uuid5(_NOT_STORED, f"{change.article_id} {at}"),
                change.article_id,
                change.title,
                change.chunks[at].content,
                float(cosines[row]),
                position=at,
            )
            for row in best
            for change, at in [self._new[row]]
        ]


def finds(result: SearchResult, article_id: UUID) -> bool:
    """Whether the article ranks first and can answer the question."""
    return (
        result.is_answerable
        and bool(result.passages)
        and result.passages[0].article_id == article_id
    )


def require_answers(evaluation: Evaluation) -> None:
    """Raise TakesAnswers if a question would lose its article."""
    if evaluation.worse:
        named = name_questions(evaluation.worse)
        raise TakesAnswers(
            f"Not published: {named} would no longer find the right article.", evaluation.worse
        )


def name_questions(questions: Sequence[str]) -> str:
    """The first few questions, for a sentence."""
    shown = "; ".join(f"“{question[:120]}”" for question in questions[:3])
    return f"{shown} and {len(questions) - 3} more" if len(questions) > 3 else shown
