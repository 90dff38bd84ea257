"""Tests what a person is offered as a reply: the same turn code, without an effect."""

from __future__ import annotations

import asyncpg
import pytest

from domain.company import AnsweringRules
from domain.errors import NotFound
from domain.messages import Role
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline import staff
from pipeline.receive import receive_follow_up
from tests.integration.api import NOBODY
from tests.integration.stages import ASKS_HOW, ASKS_NOTHING_KNOWN, Stages, by_form, by_mail
from tests.integration.test_drafts import ask, save, with_two_articles

pytestmark = pytest.mark.postgres


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    await save(open_uow, AnsweringRules(default="off"))
    return await with_two_articles(open_uow)


async def rows(owner: asyncpg.Connection) -> list[int]:
    tables = ("messages", "turns", "drafts", "outbox", "tickets", "audit_log", "agent_metrics")
    return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_a_suggestion_rests_on_articles_and_changes_nothing(
    stages: Stages, owner: asyncpg.Connection
) -> None:
    conversation_id = await ask(stages, by_mail(ASKS_HOW))
    await staff.take(stages.open_uow, conversation_id, "grace")
    before = await rows(owner)
    suggestion = await stages.use_cases.suggesting.suggest(conversation_id)
    assert suggestion.text is not None
    assert "Forgot password" in suggestion.text
    assert suggestion.sources
    assert suggestion.reason is None
    assert await rows(owner) == before


async def test_what_only_a_person_may_answer_gets_articles_and_no_words(stages: Stages) -> None:
    refund = await ask(stages, by_mail("I want my money back for last month, please."))
    suggestion = await stages.use_cases.suggesting.suggest(refund)
    assert (suggestion.text, suggestion.reason) == (None, EscalationReason.REFUND)
    unknown = await ask(stages, by_mail(ASKS_NOTHING_KNOWN, "bo@example.com"))
    suggestion = await stages.use_cases.suggesting.suggest(unknown)
    assert (suggestion.text, suggestion.reason) == (None, EscalationReason.NO_KB_MATCH)


async def test_it_answers_what_came_after_our_last_word(stages: Stages) -> None:
    accepted = await stages.receive(by_form(ASKS_NOTHING_KNOWN))
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    await staff.reply(stages.open_uow, accepted.conversation_id, "grace", "We don't sell paint.")
    ticket = await stages.ticket(accepted.conversation_id)
    await receive_follow_up(stages.open_uow, ticket, ASKS_HOW)
    suggestion = await stages.use_cases.suggesting.suggest(accepted.conversation_id)
    assert suggestion.text is not None
    assert "Forgot password" in suggestion.text
    said = await stages.messages(accepted.conversation_id)
    assert [one.role for one in said] == [Role.CUSTOMER, Role.STAFF, Role.CUSTOMER]


async def test_an_unknown_conversation_is_not_found(stages: Stages) -> None:
    with pytest.raises(NotFound):
        await stages.use_cases.suggesting.suggest(NOBODY)
