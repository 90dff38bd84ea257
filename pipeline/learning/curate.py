"""Publishes or rejects candidates, and checks that publishing takes no question from another article."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID, uuid5

import numpy as np

from domain.encoders import Encoder
from domain.errors import Conflict, Malformed
from domain.knowledge import Article, Candidate, CandidateState, Chunk, RegressionQuestion
from domain.ports import KnowledgeEmbedder, Ranker, Vectors
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult
from pipeline.index import Passages, Relate, embed_new, make_chunks
from pipeline.learning.privacy import find_personal
from pipeline.search import CANDIDATES, TitleCloseness, parts_of

SOURCE = "learned"
_QUESTIONS = 1000
_TITLES = 50
_TEXTS_A_CALL = 64
_NOT_STORED = UUID(int=0)

Cut = Callable[[str, str, str], Passages]
"""(title, text, category) of an article -> its passages."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The effect of publishing; `worse` are questions that would no longer find their article."""

    questions: int
    found_before: int
    found_after: int
    worse: tuple[str, ...]
    own_questions: int = 0
    own_found: int = 0
    """How many questions of its own tickets the candidate would answer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A candidate that was published."""

    candidate: Candidate
    article_id: UUID
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class _Prepared:
    model_id: str
    article: Article
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Curation:
    """Staff's decisions about candidates and articles.

    `cut` and `relate` make passages and vectors as for every other article.
    """

    open_uow: OpenUnitOfWork
    embedder: KnowledgeEmbedder
    ranker: Ranker
    cut: Cut
    relate: Relate = field(default=lambda vectors: vectors)

    async def approve(
        self, candidate_id: UUID, staff: str, title: str | None = None, text: str | None = None
    ) -> Decision:
        """Publish a candidate, edited or unchanged, so that the next search finds it.

        The regression questions are asked first, with the candidate among the articles. A candidate that
        would take a question from another article is held.

        Raises:
            NotFound: No such candidate.
            Conflict: It is held, or already decided.
            Malformed: The text contains personal data.
        """
        async with self.open_uow() as uow:
            candidate = await uow.lessons.lock_candidate(candidate_id)
        _require_open(candidate)
        title, text = (title or candidate.title).strip(), (text or candidate.text).strip()
        _refuse_personal(title=title, text=text)
        prepared = await self._prepare(candidate, title, text, staff)
        worse = prepared.evaluation.worse
        state = CandidateState.HELD if worse else CandidateState.APPROVED
        async with self.open_uow() as uow:
            candidate = await uow.lessons.lock_candidate(candidate_id)
            _require_open(candidate)
            reason = _held_because(worse) if worse else None
            if not worse:
                await uow.knowledge.put(prepared.article, prepared.model_id)
                await uow.knowledge.set_published(prepared.article.id, True)
                for evidence in candidate.evidence:
                    if evidence.question:
                        await uow.lessons.add_question(
                            evidence.question, prepared.article.id, "candidate", None
                        )
            await uow.lessons.decide(
                candidate_id,
                state,
                staff=staff,
                reason=reason,
                title=title,
                text=text,
                article_id=None if worse else prepared.article.id,
                evaluation=asdict(prepared.evaluation),
            )
            action = "hold_candidate" if worse else "approve_candidate"
            await uow.audit.add(staff, action, "candidate", str(candidate_id))
            await uow.commit()
        if reason is not None:
            raise Conflict(reason)
        return Decision(candidate, prepared.article.id, prepared.evaluation)

    async def reject(self, candidate_id: UUID, staff: str, reason: str | None) -> None:
        """Reject a candidate for good. Raises NotFound, and Conflict if it is already decided."""
        async with self.open_uow() as uow:
            _require_open(await uow.lessons.lock_candidate(candidate_id))
            await uow.lessons.decide(
                candidate_id, CandidateState.REJECTED, staff=staff, reason=reason
            )
            await uow.audit.add(staff, "reject_candidate", "candidate", str(candidate_id))
            await uow.commit()

    async def set_published(self, article_id: UUID, staff: str, is_published: bool) -> None:
        """Publish an article, or remove it from every search. Raises NotFound."""
        async with self.open_uow() as uow:
            await uow.knowledge.set_published(article_id, is_published)
            action = "publish_article" if is_published else "unpublish_article"
            await uow.audit.add(staff, action, "article", str(article_id))
            await uow.commit()

    async def _prepare(self, candidate: Candidate, title: str, text: str, staff: str) -> _Prepared:
        passages = self.cut(title, text, candidate.category)
        async with self.open_uow() as uow:
            model_id = await uow.knowledge.live_model()
        if model_id is None:
            raise Conflict("the knowledge base is empty: index its documents first")
        texts = [text for _, text in passages.passages]
        vectors, _ = await embed_new(self.open_uow, self.embedder, model_id, texts)
        chunks = make_chunks(passages, model_id, vectors, self.relate)
        article = Article(
            uuid5(candidate.id, SOURCE),
            title,
            candidate.category,
            SOURCE,
            None,
            chunks,
            staff,
            candidate.expires_at,
        )
        own = [evidence.question for evidence in candidate.evidence if evidence.question]
        evaluation = await self._evaluate(model_id, article.id, title, chunks, own)
        return _Prepared(model_id, article, evaluation)

    async def _evaluate(
        self,
        model_id: str,
        article_id: UUID,
        title: str,
        chunks: Sequence[Chunk],
        own_questions: Sequence[str],
    ) -> Evaluation:
        """Ask stored questions and the nearest articles' titles, with and without the new article."""
        new = np.stack([np.asarray(chunk.vector, dtype=np.float32) for chunk in chunks])
        async with self.open_uow() as uow:
            stored = await uow.lessons.questions(_QUESTIONS)
            neighbours = await uow.knowledge.nearest(new[0], _TITLES, model_id)
        titles = {
            passage.title: RegressionQuestion(passage.title, passage.article_id)
            for passage in neighbours
        }
        asked = [
            question
            for question in [*stored, *titles.values()]
            if question.article_id != article_id
        ]
        texts = [*(question.question for question in asked), *own_questions]
        vectors = await self._embed(model_id, texts)
        found_before = found_after = 0
        worse: list[str] = []
        for question, vector in zip(asked, vectors, strict=False):
            before, after = await self._search_both(
                model_id, question.question, vector, article_id, title, chunks, new
            )
            found_before += (was_found := _finds(before, question.article_id))
            found_after += (is_found := _finds(after, question.article_id))
            if was_found and not is_found:
                worse.append(question.question)
        own_found = 0
        for text, vector in zip(own_questions, vectors[len(asked) :], strict=True):
            _, after = await self._search_both(
                model_id, text, vector, article_id, title, chunks, new
            )
            own_found += _finds(after, article_id)
        return Evaluation(
            len(asked), found_before, found_after, tuple(worse), len(own_questions), own_found
        )

    async def _search_both(
        self,
        model_id: str,
        question: str,
        vector: np.ndarray,
        article_id: UUID,
        title: str,
        chunks: Sequence[Chunk],
        new: Vectors,
    ) -> tuple[SearchResult, SearchResult]:
        async with self.open_uow() as uow:
            nearest = await uow.knowledge.nearest(vector, CANDIDATES, model_id)
        old = [passage for passage in nearest if passage.article_id != article_id]
        added = [
            Passage(uuid5(_NOT_STORED, str(at)), article_id, title, chunk.content, float(cosine))
            for at, (chunk, cosine) in enumerate(zip(chunks, new @ vector, strict=True))
        ]
        parts = await self.embedder.embed_with(model_id, parts_of(question))
        titles = TitleCloseness(self.embedder)
        old = await titles.measure(model_id, parts, old)
        both = sorted(
            [*old, *await titles.measure(model_id, parts, added)],
            key=lambda passage: -passage.similarity,
        )[:CANDIDATES]
        encoder = Encoder.of_key(model_id, len(vector))
        before = await asyncio.to_thread(self.ranker.rank, question, old, encoder)
        return before, await asyncio.to_thread(self.ranker.rank, question, both, encoder)

    async def _embed(self, model_id: str, texts: Sequence[str]) -> list[np.ndarray]:
        return [
            vector
            for start in range(0, len(texts), _TEXTS_A_CALL)
            for vector in await self.embedder.embed_with(
                model_id, texts[start : start + _TEXTS_A_CALL]
            )
        ]


def _finds(result: SearchResult, article_id: UUID) -> bool:
    """Whether the article ranks first and can answer the question."""
    return (
        result.is_answerable
        and bool(result.passages)
        and result.passages[0].article_id == article_id
    )


def _require_open(candidate: Candidate) -> None:
    if not candidate.is_open:
        raise Conflict(f"this candidate is {candidate.state.value} already")


def _refuse_personal(**fields: str) -> None:
    wrong = {
        name: "holds personal data: " + ", ".join(sorted({personal.kind for personal in found}))
        for name, text in fields.items()
        if (found := find_personal(text))
    }
    if wrong:
        raise Malformed("personal data can't be published", wrong)


def _held_because(worse: Sequence[str]) -> str:
    shown = "; ".join(f"“{question[:120]}”" for question in worse[:3])
    more = f" and {len(worse) - 3} more" if len(worse) > 3 else ""
    return f"Held: it would take the place of the article that answers {shown}{more}. Edit it and approve again."
