"""Turns resolved tickets into candidates: solutions that the knowledge base lacks and does not contradict."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.encoders import as_question, cosine_in
from domain.events import ignore
from domain.knowledge import Candidate, CandidateState, ConfirmedAnswer, Lesson, ResolvedTicket
from domain.languages import guess_language
from domain.ports import KnowledgeEmbedder, Observe, Ranker
from domain.stores import OpenUnitOfWork
from domain.turns import Passage, SearchResult
from domain.words import content_stems, overlap
from pipeline.failed_items import for_each
from pipeline.learning.contradiction import find_contradiction
from pipeline.learning.extract import Solution, extract
from pipeline.learning.privacy import scrub
from pipeline.search import Closeness

log = logging.getLogger(__name__)

NEAREST = 20
_COMPARED = 500


@dataclass(frozen=True, slots=True)
class LearningLimits:
    """Cosines from which two texts count as the same, and how long a candidate stays valid."""

    known_from: float = 0.8
    """A passage this close to the answer makes it known."""
    known_if_answered_from: float = 0.62
    """The same for a passage that the question itself finds, unless the agent's own search failed."""
    same_question_from: float = 0.6
    same_answer_from: float = 0.72
    opposed_from: float = 0.4
    """Passages below this similarity are about another topic and can't contradict."""
    tickets_a_run: int = 50
    valid_for: timedelta = timedelta(days=180)

    def for_model(self, model_key: str) -> LearningLimits:
        """Return the limits in the range of a model's cosines."""
        return replace(
            self,
            known_from=cosine_in(model_key, self.known_from),
            known_if_answered_from=cosine_in(model_key, self.known_if_answered_from),
            same_question_from=cosine_in(model_key, self.same_question_from),
            same_answer_from=cosine_in(model_key, self.same_answer_from),
            opposed_from=cosine_in(model_key, self.opposed_from),
        )


JOB = "learning"
QUESTIONS_JOB = "questions"


async def add_candidates(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    ranker: Ranker,
    limits: LearningLimits,
    observe: Observe = ignore,
) -> Counter[Lesson]:
    """Learn from resolved tickets that were not read yet; return how many gave each lesson.

    Idempotent, and safe to run concurrently. First withdraws evidence whose customer has since said that
    it did not help. A ticket that fails is retried later.
    """
    async with open_uow() as uow:
        await uow.lessons.withdraw_disputed()
        tickets = await uow.lessons.unread(limits.tickets_a_run)
        model_id = await uow.knowledge.live_model()
        await uow.commit()
    lessons: Counter[Lesson] = Counter()
    if model_id is None:
        return lessons
    limits = limits.for_model(model_id)

    async def learn_from(ticket: ResolvedTicket) -> None:
        solution = await asyncio.to_thread(extract, ticket)
        if isinstance(solution, Lesson):
            lesson, about = solution, None
            async with open_uow() as uow:
                await uow.lessons.note(ticket.id, ticket.resolved_at, lesson, None)
                await uow.commit()
        else:
            lesson, about = await _store_solution(
                open_uow, embedder, ranker, limits, model_id, ticket, solution
            )
        lessons[lesson] += 1
        log.info("ticket %s: %s %s", ticket.id, lesson.value, about or "")

    await for_each(
        open_uow, JOB, {str(ticket.id): ticket for ticket in tickets}, learn_from, observe
    )
    return lessons


async def _store_solution(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    ranker: Ranker,
    limits: LearningLimits,
    model_id: str,
    ticket: ResolvedTicket,
    solution: Solution,
) -> tuple[Lesson, UUID | None]:
    """Compare a solution with articles and earlier candidates, and store the lesson."""
    question, answer = await embedder.embed_with(
        model_id,
        [
            as_question(model_id, solution.question or solution.title),
            f"{solution.title}\n{solution.text}",
        ],
    )
    async with open_uow() as uow:
        found = await uow.knowledge.nearest(question, NEAREST, model_id)
        similar = await uow.knowledge.nearest(answer, NEAREST, model_id)
        earlier = await uow.lessons.candidates(None, _COMPARED)
        gate = await uow.knowledge.gate(model_id)
    closeness, asked = Closeness(embedder, ranker), solution.question or solution.title
    parts = await closeness.embed_question(model_id, asked)
    result = await closeness.rank(model_id, asked, parts, found, gate)
    lesson, article = _compare_with_articles(limits, ticket, solution, result, found, similar)
    near_duplicate: Candidate | None = None
    reason: str | None = None
    if lesson is Lesson.CANDIDATE or lesson is Lesson.KNOWN:
        near_duplicate, is_opposed = await _near_duplicate(
            embedder, model_id, limits, solution, earlier
        )
        if near_duplicate is not None and is_opposed:
            lesson, reason = Lesson.CONTRADICTION, f"{ticket.number} was resolved differently"
        elif near_duplicate is not None and near_duplicate.state is CandidateState.REJECTED:
            lesson = Lesson.REJECTED_BEFORE
        elif near_duplicate is not None and near_duplicate.state is not CandidateState.WITHDRAWN:
            lesson = Lesson.EVIDENCE
    async with open_uow() as uow:
        if not await uow.lessons.note(ticket.id, ticket.resolved_at, lesson, article):
            return Lesson.KNOWN, None
        if lesson is Lesson.CANDIDATE:
            until = datetime.now(UTC) + limits.valid_for
            candidate_id = await uow.lessons.add_candidate(
                solution.title, solution.text, ticket.category.value, until
            )
            await uow.lessons.add_evidence(candidate_id, ticket.id, solution.question)
        elif lesson is Lesson.EVIDENCE and near_duplicate is not None:
            await uow.lessons.add_evidence(near_duplicate.id, ticket.id, solution.question)
        elif reason is not None and near_duplicate is not None and near_duplicate.is_open:
            await uow.lessons.decide(
                near_duplicate.id, CandidateState.HELD, staff=None, reason=reason
            )
        await uow.commit()
    return lesson, article


def _compare_with_articles(
    limits: LearningLimits,
    ticket: ResolvedTicket,
    solution: Solution,
    result: SearchResult,
    found: Sequence[Passage],
    similar: Sequence[Passage],
) -> tuple[Lesson, UUID | None]:
    """Return known, contradiction or candidate, and the article that states it or its opposite."""
    near = [
        passage
        for passage in {passage.chunk_id: passage for passage in [*similar, *found]}.values()
        if passage.similarity >= limits.opposed_from
    ]
    opposed = find_contradiction(solution.text, [passage.text for passage in near])
    if opposed is not None:
        return Lesson.CONTRADICTION, near[opposed].article_id
    best = max(similar, key=lambda passage: passage.similarity, default=None)
    if best is None:
        return Lesson.CANDIDATE, None
    says_it = best.similarity >= limits.known_from or _contains(best, solution)
    is_found = (
        result.is_answerable
        and not ticket.search_failed
        and best.similarity >= limits.known_if_answered_from
    )
    return (Lesson.KNOWN, best.article_id) if says_it or is_found else (Lesson.CANDIDATE, None)


def _contains(passage: Passage, solution: Solution) -> bool:
    """Whether the passage contains nearly every word of the solution."""
    language = guess_language(f"{passage.title} {passage.text}")
    said = frozenset(content_stems(f"{passage.title} {passage.text}", language))
    return overlap(solution.text, said, language) >= 0.9


async def _near_duplicate(
    embedder: KnowledgeEmbedder,
    model_id: str,
    limits: LearningLimits,
    solution: Solution,
    earlier: Sequence[Candidate],
) -> tuple[Candidate | None, bool]:
    """Return the candidate that answers the same question, and whether it contradicts the solution."""
    if not earlier:
        return None, False
    texts = [solution.title, solution.text]
    for candidate in earlier:
        texts += [candidate.title, candidate.text]
    vectors = await embedder.embed_with(model_id, texts)
    questions, answers = vectors[2::2] @ vectors[0], vectors[3::2] @ vectors[1]
    best: Candidate | None = None
    best_answer = 0.0
    for candidate, question, answer in zip(earlier, questions, answers, strict=True):
        if question < limits.same_question_from and answer < limits.known_from:
            continue
        if candidate.is_open and find_contradiction(solution.text, [candidate.text]) is not None:
            return candidate, True
        if answer >= limits.same_answer_from and answer > best_answer:
            best, best_answer = candidate, float(answer)
    return best, False


async def collect_questions(
    open_uow: OpenUnitOfWork, limit: int = 100, observe: Observe = ignore
) -> int:
    """Store questions whose answer was called helpful as regression questions; return how many."""
    async with open_uow() as uow:
        confirmed = await uow.lessons.confirmed_answers(limit)

    async def keep(answer: ConfirmedAnswer) -> None:
        question = scrub(" ".join(answer.question.split()), answer.private_words)[:300]
        async with open_uow() as uow:
            await uow.lessons.add_question(
                question, answer.article_id, "confirmed", answer.ticket_id
            )
            await uow.commit()

    items = {str(answer.ticket_id): answer for answer in confirmed}
    return await for_each(open_uow, QUESTIONS_JOB, items, keep, observe)
