"""Checks that one bad item never fails the step that takes it: tried again by a count of its own, then a person's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from deployments.api.form_intake import FormIntake
from deployments.ranking import make_ranker
from domain.errors import Overloaded, Transient
from domain.events import ignore
from domain.ports import Encodings, Vectors
from domain.stores import OpenUnitOfWork
from pipeline import staff
from pipeline.dead_letter import replay
from pipeline.digest import compute_digest
from pipeline.failed_items import for_each
from pipeline.learning.candidates import LearningLimits, add_candidates, collect_questions
from pipeline.sentiment_scores import score_unscored
from tests.integration.stages import Stages, by_form, embedder, scorer
from tests.integration.test_learning import ANSWER, ASKED, resolve

pytestmark = pytest.mark.postgres

Owner = asyncpg.Connection
POISON = "xyzzy"


class ChokingEmbedder:
    """The real model behind a stage that fails, as it is told, for every batch with a certain word."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def _choke(self, texts: Sequence[str]) -> None:
        if any(POISON in text for text in texts):
            raise self.error

    async def encode(self, texts: Sequence[str]) -> Encodings:
        self._choke(texts)
        return await embedder().encode(texts)

    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        self._choke(texts)
        return await embedder().embed_with(model_id, texts)


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


async def try_again_now(owner: Owner) -> None:
    await owner.execute("UPDATE failed_items SET retry_at = now() WHERE retry_at IS NOT NULL")


@pytest.mark.parametrize("error", [RuntimeError("a bug"), Transient("no answer in time")])
async def test_a_message_that_nobody_can_score_leaves_the_others_scored(
    stages: Stages, owner: Owner, error: Exception
) -> None:
    for number, text in enumerate((f"{POISON} is broken", "I am so angry", "I am very happy")):
        accepted = await stages.receive(by_form("Hello there", f"n{number}@example.com"))
        await stages.answer(accepted)
        await staff.take(stages.open_uow, accepted.conversation_id, "grace")
        await owner.execute(
            "UPDATE messages SET sentiment = NULL, content = $2 WHERE id = $1",
            accepted.message_id,
            text,
        )
    for _ in range(15):
        await score_unscored(stages.open_uow, ChokingEmbedder(error), scorer())
        await try_again_now(owner)
    left = await owner.fetch(
        "SELECT content FROM messages WHERE role = 'customer' AND sentiment IS NULL"
    )
    assert [row["content"] for row in left] == [f"{POISON} is broken"]
    async with stages.open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.origin.startswith("sentiment/")
    assert letter.attempts == (10 if isinstance(error, Transient) else 5)
    assert await replay(stages.open_uow, letter.id, "grace")
    assert await score_unscored(stages.open_uow, embedder(), scorer()) == 1


async def test_a_resolution_that_nobody_can_learn_from_keeps_no_other_from_being_learned(
    stages: Stages, owner: Owner
) -> None:
    await resolve(stages, f"{ANSWER} The {POISON} is at the top of the page for everybody.")
    await resolve(stages, ANSWER, ASKED, "noah@example.com", "Noah Berg")
    choking = ChokingEmbedder(RuntimeError("a bug"))
    for _ in range(6):
        await add_candidates(stages.open_uow, choking, make_ranker(0.3), LearningLimits())
        await try_again_now(owner)
    assert await owner.fetchval("SELECT count(*) FROM learned_tickets") == 1
    async with stages.open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.origin.startswith("learning/")


async def test_a_confirmed_answer_that_cant_be_kept_keeps_no_other_from_being_kept(
    stages: Stages, owner: Owner
) -> None:
    for number in range(2):
        accepted = await stages.receive(
            by_form("How do I reset my password?", f"n{number}@example.com")
        )
        await stages.answer(accepted)
        ticket = await stages.ticket(accepted.conversation_id)
        async with stages.open_uow() as uow:
            await uow.tickets.add_feedback(ticket.id, True, None)
            await uow.commit()
        if number == 0:
            await owner.execute(
                "ALTER TABLE regression_questions ADD CONSTRAINT refused"
                f" CHECK (ticket_id <> '{ticket.id}')"
            )
    assert await collect_questions(stages.open_uow) == 1
    assert await collect_questions(stages.open_uow) == 0
    assert await owner.fetchval("SELECT job FROM failed_items") == "questions"


async def test_a_ticket_that_cant_be_compared_is_left_out_of_the_days_topics_alone(
    stages: Stages,
) -> None:
    for number, text in enumerate((f"The {POISON} is broken.", "How do I reset my password?")):
        await stages.answer(await stages.receive(by_form(text, f"n{number}@example.com")))
    now = datetime.now(UTC)
    choking = ChokingEmbedder(RuntimeError("a bug"))
    body = await compute_digest(stages.open_uow, choking, now.date(), now, 0.3)
    issues = body["top_issues"]
    assert isinstance(issues, list)
    assert sum(issue["count"] for issue in issues) == 1
    totals = body["totals"]
    assert isinstance(totals, dict)
    assert totals["resolution"]["tickets"] == 2


async def test_a_form_that_the_database_refuses_takes_none_of_its_crowd_along(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    await owner.execute(
        "ALTER TABLE tickets ADD CONSTRAINT refused CHECK (subject <> 'A bad question')"
    )
    intake = FormIntake(open_uow, ignore)
    forms = [by_form("How do I reset it?", f"n{number}@example.com") for number in range(20)]
    bad = by_form("How?", "bad@example.com", subject="A bad question")
    answers = await asyncio.gather(
        *(intake.take(form) for form in [*forms[:10], bad, *forms[10:]]), return_exceptions=True
    )
    failed = [outcome for outcome in answers if isinstance(outcome, BaseException)]
    assert len(failed) == 1
    assert await owner.fetchval("SELECT count(*) FROM tickets") == 20


async def test_while_what_all_items_share_is_away_no_item_is_blamed(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    tried = []

    async def act(item: str) -> None:
        tried.append(item)
        raise Overloaded("the model's queue is full", timedelta(seconds=1))

    with pytest.raises(Overloaded):
        await for_each(open_uow, "learning", {str(n): str(n) for n in range(50)}, act)
    # Each costs a time limit: it is clear before all are tried.
    assert len(tried) < 10
    assert await owner.fetchval("SELECT count(*) FROM failed_items") == 0
