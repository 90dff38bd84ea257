"""Calibrates the gate of a knowledge base: how sure a search must be for the articles that are there.

Its questions are those that customers confirmed, and articles' titles. Each is asked with its article present and with
it taken out, when any answer comes from a neighbour and is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.gate import Gate
from domain.knowledge import RegressionQuestion
from domain.ports import KnowledgeEmbedder, Ranker
from domain.stores import OpenUnitOfWork
from pipeline.search import CANDIDATES, Closeness

log = logging.getLogger(__name__)

QUESTIONS = 60
LABELLED = 200
ENOUGH_LABELLED = 20
"""From so many on, customers' own questions decide; titles are all too easy to find."""
TITLES_ANSWERED = 0.6
"""The share of titles whose article is taken out that may be answered before the gate is raised.

A title is short and names its neighbours' subject: on the four tuned help centres 0.25 to 0.58 are answered.
"""
TITLES_PER_CUSTOMER = 0.3
"""Near misses that are answered on those centres (0.13), for each such title (0.41)."""
COST_OF_A_WRONG_ANSWER = 2.0
"""Beside that of a question handed over though an article answers it."""
FURTHEST = 0.15
"""How far the gate may move from that of the weights, which was fitted on more questions than most have."""
_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Probe:
    """A question's `answerable` with its article present and with it taken out."""

    present: float
    taken_out: float
    is_right: bool
    """Whether its article is first while it is present."""
    is_labelled: bool = False


async def calibrate(
    open_uow: OpenUnitOfWork, embedder: KnowledgeEmbedder, ranker: Ranker
) -> Gate | None:
    """Bring the live model's gate up to date; idempotent, and cheap while no article has changed.

    Returns:
        The new gate; None if it was up to date or there is no article.

    Raises:
        Transient: The model or the database is unavailable.
    """
    async with open_uow() as uow:
        model_id = await uow.knowledge.live_model()
        if model_id is None:
            return None
        state = await uow.knowledge.state_of_articles(model_id)
        gate = await uow.knowledge.gate(model_id)
        if not state or (gate is not None and gate.articles == state):
            return None
        labelled = await uow.lessons.questions(LABELLED)
        titles = await uow.models.sample_titles(QUESTIONS)
    closeness = Closeness(embedder, ranker)
    probes = [
        probe
        for questions, is_labelled in ((labelled, True), (titles, False))
        for probe in await _probe(open_uow, closeness, model_id, questions, is_labelled)
    ]
    new = choose_gate(probes, ranker.default_gate(model_id), state)
    async with open_uow() as uow:
        await uow.knowledge.set_gate(model_id, new)
        await uow.commit()
    log.info(
        "gate of %s: %.2f, expected wrong %.3f, missed %.3f, by %d questions",
        model_id,
        new.answer_from,
        new.expected_wrong,
        new.expected_missed,
        new.questions,
    )
    return new


def choose_gate(probes: Sequence[Probe], default: Gate, articles: str) -> Gate:
    """Choose the gate near that of the weights at which wrong and missed answers cost least.

    Without `ENOUGH_LABELLED` questions of customers the gate is raised while too many titles find a neighbour, and
    never lowered, since titles say nothing about what customers' own words would miss. What is missed is then what
    the weights missed on help centres that they were not fitted on.
    """
    answer_from = default.answer_from
    labelled = [probe for probe in probes if probe.is_labelled]
    asked = labelled if len(labelled) >= ENOUGH_LABELLED else list(probes)
    steps = [answer_from + _STEP * step for step in range(round(FURTHEST / _STEP) + 1)]
    if len(labelled) >= ENOUGH_LABELLED:
        lower = [answer_from - _STEP * step for step in range(1, round(FURTHEST / _STEP) + 1)]
        chosen = min(
            [*steps, *lower],
            key=lambda value: (
                COST_OF_A_WRONG_ANSWER * wrong_share(asked, value) + missed_share(asked, value),
                abs(value - answer_from),
            ),
        )
    else:
        chosen = next(
            (value for value in steps if wrong_share(asked, value) <= TITLES_ANSWERED), steps[-1]
        )
    wrong, missed = wrong_share(asked, chosen), missed_share(asked, chosen)
    if len(labelled) < ENOUGH_LABELLED:
        wrong, missed = TITLES_PER_CUSTOMER * wrong, default.expected_missed
    return Gate(
        round(chosen, 3),
        round(max(0.0, default.offer_from + chosen - answer_from), 3),
        round(wrong, 4),
        round(missed, 4),
        len(asked),
        len(labelled),
        articles,
        datetime.now(UTC),
    )


def wrong_share(probes: Sequence[Probe], answer_from: float) -> float:
    """Return how many of the questions whose article is taken out would be answered."""
    return _share([probe.taken_out >= answer_from for probe in probes])


def missed_share(probes: Sequence[Probe], answer_from: float) -> float:
    """Return how many of the questions whose article is there would not be answered by it."""
    return _share([probe.present < answer_from or not probe.is_right for probe in probes])


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


async def _probe(
    open_uow: OpenUnitOfWork,
    closeness: Closeness,
    model_id: str,
    questions: Sequence[RegressionQuestion],
    is_labelled: bool,
) -> list[Probe]:
    probes = []
    for question in questions:
        parts = await closeness.embed_question(model_id, question.question)
        async with open_uow() as uow:
            found = await uow.knowledge.nearest(parts[0], 2 * CANDIDATES, model_id)
        own = question.article_id
        others = [passage for passage in found if passage.article_id != own][:CANDIDATES]
        if not others or len(others) == len(found):
            continue
        asked = question.question
        present = await closeness.rank(model_id, asked, parts, found[:CANDIDATES])
        without = await closeness.rank(model_id, asked, parts, others)
        is_right = present.passages[0].article_id == own
        probes.append(Probe(present.answerable, without.answerable, is_right, is_labelled))
    return probes
