"""Publishes or rejects candidates, and checks that publishing takes no question from another article."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from domain.articles import LEARNED
from domain.errors import Conflict, Malformed
from domain.knowledge import Article, Candidate, CandidateState
from domain.ports import KnowledgeEmbedder, Ranker
from domain.stores import OpenUnitOfWork
from pipeline.index import Passages, Relate, embed_new, make_chunks
from pipeline.learning.privacy import find_personal
from pipeline.learning.regression import Change, Evaluation, Regression, name_questions

Cut = Callable[[str, str, str], Passages]
"""(title, text, category) of an article -> its passages."""


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
    """Staff's decisions about candidates.

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
                evaluation=prepared.evaluation.figures,
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
            uuid5(candidate.id, LEARNED),
            title,
            candidate.category,
            LEARNED,
            None,
            chunks,
            staff,
            candidate.expires_at,
            body=text,
        )
        own = [evidence.question for evidence in candidate.evidence if evidence.question]
        regression = Regression(self.open_uow, self.embedder, self.ranker)
        evaluation = await regression.evaluate(model_id, [Change(article.id, title, chunks)], own)
        return _Prepared(model_id, article, evaluation)


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
    named = name_questions(worse)
    return f"Held: it would take the place of the article that answers {named}. Edit it and approve again."
