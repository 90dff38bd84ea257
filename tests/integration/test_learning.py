"""Tests learning, from a ticket that no article answers to an article that answers the next customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from deployments.articles import cut, relate
from deployments.ranking import make_ranker
from domain.errors import Conflict, Malformed
from domain.knowledge import Candidate, CandidateState, Lesson
from domain.stores import OpenUnitOfWork
from domain.tickets import Priority, TicketStatus
from pipeline import staff
from pipeline.learning.candidates import LearningLimits, add_candidates, collect_questions
from pipeline.learning.curate import Curation
from pipeline.learning.gaps import find_gaps
from pipeline.receive import receive_follow_up
from pipeline.sentiment_scores import score_unscored
from tests.integration.api import GRACE, Api, make_context
from tests.integration.stages import Stages, by_form, by_mail, embedder, scorer

pytestmark = pytest.mark.postgres

ASKED = "Can I hide birthdays of colleagues from the Flow team calendar?"
ASKED_AGAIN = "How do I stop birthdays of my colleagues from showing up in the team calendar?"
ANSWER = (
    "Open the team calendar, click the gear and switch “Show birthdays” off. Birthdays of colleagues "
    "are then hidden from the calendar for everybody in the team."
)


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


@pytest.fixture
def curation(open_uow: OpenUnitOfWork) -> Curation:
    return Curation(open_uow, embedder(), make_ranker(0.3), cut, relate)


async def resolve(
    stages: Stages,
    answer: str,
    asked: str = ASKED,
    email: str = "maya@example.com",
    name: str = "Maya Lindqvist",
) -> UUID:
    """A customer asks, a person takes it, answers and resolves; the conversation."""
    accepted = await stages.receive(by_form(asked, email, name))
    await stages.answer(accepted)
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    text = f"Hi {name.split()[0]},\n\n{answer}\n\nBest regards,\nGrace"
    await staff.reply(stages.open_uow, accepted.conversation_id, "grace", text)
    await staff.resolve(stages.open_uow, accepted.conversation_id, "grace", "answered")
    return accepted.conversation_id


async def learn(stages: Stages) -> dict[Lesson, int]:
    return dict(
        await add_candidates(stages.open_uow, embedder(), make_ranker(0.3), LearningLimits())
    )


async def candidates(open_uow: OpenUnitOfWork, *states: CandidateState) -> Sequence[Candidate]:
    async with open_uow() as uow:
        return await uow.lessons.candidates(states or None, 100)


async def test_what_a_person_answered_answers_the_same_question_in_other_words_with_its_source(
    stages: Stages, curation: Curation
) -> None:
    outcome, _ = await stages.converse(by_mail(ASKED_AGAIN, "first@example.com"))
    assert outcome.outcome == "escalated"
    await resolve(stages, ANSWER)
    assert await learn(stages) == {Lesson.CANDIDATE: 1}
    (candidate,) = await candidates(stages.open_uow)
    assert candidate.text == ANSWER
    assert "Maya" not in repr(candidate)

    decision = await curation.approve(candidate.id, "grace")

    assert decision.evaluation.worse == ()
    outcome, reply = await stages.converse(by_mail(ASKED_AGAIN, "second@example.com"))
    assert outcome.outcome == "answered"
    assert "Show birthdays" in reply
    assert candidate.title in reply
    assert {passage.article_id for passage in outcome.draft.sources} == {decision.article_id}

    async with stages.open_uow() as uow:
        await uow.knowledge.set_published(decision.article_id, False)
        await uow.commit()
    outcome, _ = await stages.converse(by_mail(ASKED_AGAIN, "third@example.com"))
    assert outcome.outcome == "escalated"


async def test_the_second_ticket_on_the_same_is_evidence_and_a_resolution_is_read_once(
    stages: Stages,
) -> None:
    await resolve(stages, ANSWER)
    await learn(stages)
    other = (
        "In the team calendar click the gear and turn “Show birthdays” off, then all birthdays of"
        " colleagues are hidden."
    )
    await resolve(stages, other, ASKED_AGAIN, "bob@example.com", "Bob Okafor")
    assert await learn(stages) == {Lesson.EVIDENCE: 1}
    assert await learn(stages) == {}
    (candidate,) = await candidates(stages.open_uow)
    assert len(candidate.evidence) == 2


async def test_what_is_known_already_and_what_contradicts_it_is_no_candidate(
    stages: Stages, owner: asyncpg.Connection
) -> None:
    text = await owner.fetchval(
        "SELECT content FROM knowledge_base WHERE title = 'Reset your password' ORDER BY chunk_index LIMIT 1"
    )
    known = " ".join(text.split("\n\n")[0].split())
    await resolve(stages, known, "How can I set a new password for my account?")
    opposite = (
        "The link in the password reset e-mail works for 3 days. After 3 days request a new reset e-mail"
        " on the sign-in page."
    )
    await resolve(stages, opposite, "How long does the password reset link work?", "b@example.com")
    lessons = await learn(stages)
    assert lessons == {Lesson.KNOWN: 1, Lesson.CONTRADICTION: 1}
    assert await candidates(stages.open_uow) == []
    async with stages.open_uow() as uow:
        first, *_ = await uow.knowledge.articles(None, 10)
    assert (first.title, first.contradicted) == ("Reset your password", 1)


async def test_two_people_who_answer_differently_hold_the_candidate(
    stages: Stages, curation: Curation
) -> None:
    asked = "How long are birthdays of former colleagues shown in the team calendar?"
    await resolve(
        stages, "Birthdays of former colleagues stay in the team calendar for 30 days.", asked
    )
    await learn(stages)
    await resolve(
        stages,
        "Birthdays of former colleagues stay in the team calendar for 90 days.",
        asked,
        "bob@example.com",
        "Bob Okafor",
    )
    assert await learn(stages) == {Lesson.CONTRADICTION: 1}
    (candidate,) = await candidates(stages.open_uow)
    assert candidate.state is CandidateState.HELD
    assert "resolved differently" in (candidate.reason or "")


async def test_a_thumbs_down_takes_the_evidence_back(stages: Stages, curation: Curation) -> None:
    conversation = await resolve(stages, ANSWER)
    await learn(stages)
    async with stages.open_uow() as uow:
        ticket = await uow.tickets.current(conversation)
        assert ticket is not None
        await uow.tickets.add_feedback(ticket.id, False, None)
        await uow.commit()
    await learn(stages)
    (candidate,) = await candidates(stages.open_uow)
    assert candidate.state is CandidateState.WITHDRAWN
    with pytest.raises(Conflict, match="withdrawn already"):
        await curation.approve(candidate.id, "grace")


async def test_a_candidate_that_takes_another_articles_question_is_held_until_it_is_edited(
    stages: Stages, curation: Curation
) -> None:
    await resolve(stages, ANSWER)
    await learn(stages)
    (candidate,) = await candidates(stages.open_uow)
    async with stages.open_uow() as uow:
        articles = await uow.knowledge.articles(None, 1000)
        (reset,) = [article for article in articles if article.title == "Reset your password"]
        await uow.lessons.add_question(
            "I forgot my password, how do I reset it?", reset.article_id, "staff", None
        )
        await uow.commit()
    greedy = "I forgot my password, how do I reset it?"
    with pytest.raises(Conflict, match="forgot my password"):
        await curation.approve(candidate.id, "grace", greedy, f"{greedy} {ANSWER}")
    (held,) = await candidates(stages.open_uow)
    assert (held.state, held.article_id) == (CandidateState.HELD, None)
    async with stages.open_uow() as uow:
        assert len(await uow.knowledge.articles(None, 1000)) == len(articles)

    await curation.approve(candidate.id, "grace", candidate.title, ANSWER)
    with pytest.raises(Conflict, match="approved already"):
        await curation.reject(candidate.id, "grace", None)
    async with stages.open_uow() as uow:
        (learned,) = await uow.knowledge.articles("learned", 10)
        (version,) = await uow.knowledge.versions(learned.article_id)
    assert (version.source, version.author, version.version) == ("learned", "grace", 1)
    assert learned.expires_at is not None
    assert learned.expires_at > datetime.now(UTC) + timedelta(days=150)


async def test_personal_data_in_an_edit_is_refused_and_a_rejected_one_is_not_proposed_again(
    stages: Stages, curation: Curation
) -> None:
    await resolve(stages, ANSWER)
    await learn(stages)
    (candidate,) = await candidates(stages.open_uow)
    with pytest.raises(Malformed):
        await curation.approve(candidate.id, "grace", None, f"{ANSWER} Ask maya@example.com.")
    await curation.reject(candidate.id, "grace", "too special")
    await resolve(stages, ANSWER, ASKED_AGAIN, "bob@example.com", "Bob Okafor")
    assert await learn(stages) == {Lesson.REJECTED_BEFORE: 1}


async def test_questions_without_an_answer_are_grouped_and_counted(stages: Stages) -> None:
    for at, text in enumerate([ASKED, ASKED_AGAIN, "Which colour of paint suits a kitchen wall?"]):
        await stages.converse(by_mail(text, f"c{at}@example.com", f"Cora{at} Blake"))
    now = datetime.now(UTC)
    gaps = await find_gaps(stages.open_uow, embedder(), now - timedelta(days=1), now)
    assert [(gap.count, gap.conversations) for gap in gaps] == [(2, 2), (1, 1)]
    assert "birthdays" in gaps[0].name.lower()


async def test_a_helpful_answer_becomes_a_regression_question(stages: Stages) -> None:
    accepted = await stages.receive(by_form("Hello, how do I reset my password?"))
    await stages.answer(accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    async with stages.open_uow() as uow:
        await uow.tickets.add_feedback(ticket.id, True, None)
        await uow.commit()
    assert await collect_questions(stages.open_uow) == 1
    assert await collect_questions(stages.open_uow) == 0
    async with stages.open_uow() as uow:
        (question,) = await uow.lessons.questions(10)
    assert "reset my password" in question.question


async def test_the_console_lists_approves_rejects_and_takes_back(
    stages: Stages, curation: Curation, pool: object
) -> None:
    await resolve(stages, ANSWER)
    await learn(stages)
    api = Api(make_context(stages.open_uow, pool)).changed(curation=curation)  # type: ignore[arg-type]
    base = "/api/v1/knowledge"
    assert (await api.client.get(f"{base}/candidates")).status_code == 401
    (shown,) = (await api.client.get(f"{base}/candidates", headers=GRACE)).json()["candidates"]
    assert (shown["state"], len(shown["evidence"])) == ("proposed", 1)
    path = f"{base}/candidates/{shown['id']}"
    assert (
        await api.client.post(f"{path}/approve", json={"text": ""}, headers=GRACE)
    ).status_code == 400
    done = await api.client.post(f"{path}/approve", json={"title": "Hide birthdays"}, headers=GRACE)
    assert done.status_code == 200, done.text
    article = done.json()["article_id"]
    assert (await api.client.post(f"{path}/reject", json={}, headers=GRACE)).status_code == 409
    text = (await api.client.get(f"{base}/articles/{article}", headers=GRACE)).json()
    assert (text["title"], text["origin"]) == ("Hide birthdays", "learned")
    assert (
        await api.client.post(f"{base}/articles/{article}/unpublish", headers=GRACE)
    ).status_code == 200
    listed = await api.client.get(f"{base}/articles", params={"source": "learned"}, headers=GRACE)
    assert [known["is_published"] for known in listed.json()["articles"]] == [False]
    gaps = (await api.client.get(f"{base}/gaps", headers=GRACE)).json()
    assert gaps["total"] == 1
    assert (await api.client.get(f"{base}/models", headers=GRACE)).json()["models"][0]["is_live"]
    await api.client.aclose()


async def test_who_grows_unhappy_is_answered_first_while_the_threshold_is_still_far(
    stages: Stages,
) -> None:
    glad = "Thank you, I love it! How do I reset my password?"
    judged = f"A question\n\n{glad}"
    (first,) = await scorer().score([judged], await embedder().encode([judged]))
    cooler = "And why is changing my e-mail address so hard?"
    (then,) = await scorer().score([cooler], await embedder().encode([cooler]))
    assert min(first, then) > stages.config.sentiment.raise_priority
    accepted = await stages.receive(by_form(glad))
    await stages.answer(accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    before = ticket.priority
    await stages.answer(await receive_follow_up(stages.open_uow, ticket, cooler, "cooler"))
    after = (await stages.ticket(accepted.conversation_id)).priority
    assert (before is Priority.HIGH, after is Priority.HIGH) == (False, True)
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
    assert conversation.sentiment_trend == pytest.approx((first + then) / 2)


async def test_words_said_while_a_person_has_it_are_scored_and_a_fall_raises_the_priority(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_form("Thank you, I love it! How do I reset my password?"))
    await stages.answer(accepted)
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    ticket = await stages.ticket(accepted.conversation_id)
    for text in ("That did not work.", "Still broken, this is annoying and I am disappointed."):
        await receive_follow_up(stages.open_uow, ticket, text, text)
    assert await score_unscored(stages.open_uow, embedder(), scorer()) == 2
    assert await score_unscored(stages.open_uow, embedder(), scorer()) == 0
    said = await stages.messages(accepted.conversation_id)
    assert all(
        message.sentiment is not None for message in said if message.role.value == "customer"
    )
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.priority is Priority.HIGH
    assert ticket.status is TicketStatus.IN_PROGRESS, "it is the person's turn who has it"
