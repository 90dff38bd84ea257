"""Resolved tickets become candidates: what the knowledge base lacks, said once, and opposed by nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.events import ignore
from domain.knowledge import Candidate, CandidateState, ConfirmedAnswer, Lesson, ResolvedTicket
from domain.ports import KnowledgeEmbedder, Observe, Ranker, Vectors
from domain.stores import OpenUnitOfWork
from domain.turns import Passage
from pipeline.failed_items import for_each
from pipeline.learning.contradiction import find_contradiction
from pipeline.learning.extract import Solution, extract
from pipeline.learning.privacy import scrub
from pipeline.learning.words import stems
from pipeline.search import TitleCloseness, parts_of

log = logging.getLogger(__name__)

NEAREST = 20
_COMPARED = 500


@dataclass(frozen=True, slots=True)
class LearningLimits:
    """Cosines from which two texts count as the same, and how long an answer is trusted."""

    known_from: float = 0.8
    """The knowledge base says it where a passage is this close to the answer …"""
    known_if_answered_from: float = 0.62
    """… or this close and found by the very question, unless the agent searched and found nothing."""
    same_question_from: float = 0.6
    same_answer_from: float = 0.72
    opposed_from: float = 0.4
    """Passages less similar than this speak of other things."""
    tickets_a_run: int = 50
    valid_for: timedelta = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class _Known:
    candidates: Sequence[Candidate]
    vectors: Vectors


JOB = "learning"
QUESTIONS_JOB = "questions"


async def propose(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    ranker: Ranker,
    limits: LearningLimits,
    observe: Observe = ignore,
) -> Counter[Lesson]:
    """Look at every resolution that was not looked at yet, and say how many came to what.

    Idempotent, and safe to run twice at once. Evidence whose customer said since that it did not
    help is taken back first. A resolution that can't be looked at is tried again later.
    """
    async with open_uow() as uow:
        await uow.lessons.withdraw_disputed()
        tickets = await uow.lessons.unread(limits.tickets_a_run)
        model_id = await uow.knowledge.live_model()
        await uow.commit()
    lessons: Counter[Lesson] = Counter()
    if model_id is None:
        return lessons

    async def learn_from(ticket: ResolvedTicket) -> None:
        solution = await asyncio.to_thread(extract, ticket)
        if isinstance(solution, Lesson):
            lesson, about = solution, None
            async with open_uow() as uow:
                await uow.lessons.note(ticket.id, ticket.resolved_at, lesson, None)
                await uow.commit()
        else:
            lesson, about = await _place(
                open_uow, embedder, ranker, limits, model_id, ticket, solution
            )
        lessons[lesson] += 1
        log.info("ticket %s: %s %s", ticket.id, lesson.value, about or "")

    await for_each(
        open_uow, JOB, {str(ticket.id): ticket for ticket in tickets}, learn_from, observe
    )
    return lessons


async def _place(
    open_uow: OpenUnitOfWork,
    embedder: KnowledgeEmbedder,
    ranker: Ranker,
    limits: LearningLimits,
    model_id: str,
    ticket: ResolvedTicket,
    solution: Solution,
) -> tuple[Lesson, UUID | None]:
    """Compare one solution with what is known and with earlier candidates, and store what it is."""
    question, answer = await embedder.embed_with(
        model_id, [solution.question or solution.title, f"{solution.title}\n{solution.text}"]
    )
    async with open_uow() as uow:
        found = await uow.knowledge.nearest(question, NEAREST, model_id)
        similar = await uow.knowledge.nearest(answer, NEAREST, model_id)
        earlier = await uow.lessons.candidates(None, _COMPARED)
    asked = await embedder.embed_with(model_id, parts_of(solution.question or solution.title))
    found = await TitleCloseness(embedder).measure(model_id, asked, found)
    lesson, article = _compare_with_articles(ranker, limits, ticket, solution, found, similar)
    twin: Candidate | None = None
    reason: str | None = None
    if lesson is Lesson.CANDIDATE or lesson is Lesson.KNOWN:
        twin, is_opposed = await _near_duplicate(embedder, model_id, limits, solution, earlier)
        if twin is not None and is_opposed:
            lesson, reason = Lesson.CONTRADICTION, f"{ticket.number} was resolved differently"
        elif twin is not None and twin.state is CandidateState.REJECTED:
            lesson = Lesson.REJECTED_BEFORE
        elif twin is not None and twin.state is not CandidateState.WITHDRAWN:
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
        elif lesson is Lesson.EVIDENCE and twin is not None:
            await uow.lessons.add_evidence(twin.id, ticket.id, solution.question)
        elif reason is not None and twin is not None and twin.is_open:
            await uow.lessons.decide(twin.id, CandidateState.HELD, staff=None, reason=reason)
        await uow.commit()
    return lesson, article


def _compare_with_articles(
    ranker: Ranker,
    limits: LearningLimits,
    ticket: ResolvedTicket,
    solution: Solution,
    found: Sequence[Passage],
    similar: Sequence[Passage],
) -> tuple[Lesson, UUID | None]:
    """Known, contradicted, or a candidate; and the article that says it or its opposite."""
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
    result = ranker.rank(solution.question or solution.title, found)
    says_it = best.similarity >= limits.known_from or _holds(best, solution)
    is_found = (
        result.is_answerable
        and not ticket.search_failed
        and best.similarity >= limits.known_if_answered_from
    )
    return (Lesson.KNOWN, best.article_id) if says_it or is_found else (Lesson.CANDIDATE, None)


def _holds(passage: Passage, solution: Solution) -> bool:
    """Nearly every word of the solution stands in the passage."""
    own = stems(solution.text)
    return bool(own) and len(own & stems(f"{passage.title} {passage.text}")) >= 0.9 * len(own)


async def _near_duplicate(
    embedder: KnowledgeEmbedder,
    model_id: str,
    limits: LearningLimits,
    solution: Solution,
    earlier: Sequence[Candidate],
) -> tuple[Candidate | None, bool]:
    """The candidate that answers the same question, and whether it answers it differently."""
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
    """Questions whose answer their customer called helpful become regression questions; how many."""
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
