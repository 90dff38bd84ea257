"""Tests what the language model costs and how its failures are told, over a real database."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from domain.errors import ModelFailureCode, ModelMisbehaved, ModelUnavailable
from domain.ports import AgentDependencies
from domain.stores import OpenUnitOfWork
from domain.turns import Draft, Turn
from pipeline.model_ledger import StoredLedger
from tests.integration.api import BASE, GRACE, Api
from tests.integration.stages import ASKS_HOW, Stages, by_form

pytestmark = pytest.mark.postgres

MODEL = "gpt-4.1-mini"


@pytest.fixture
def ledger(open_uow: OpenUnitOfWork) -> StoredLedger:
    return StoredLedger(open_uow)


async def conversations(open_uow: OpenUnitOfWork, count: int) -> list[UUID]:
    stages = await Stages.over(open_uow)
    return [
        (await stages.receive(by_form(ASKS_HOW, f"c{at}@example.com"))).conversation_id
        for at in range(count)
    ]


async def spent_today(open_uow: OpenUnitOfWork) -> float:
    async with open_uow() as uow:
        return await uow.model_calls.spent_today()


async def test_200_calls_at_once_never_exceed_the_days_budget(
    open_uow: OpenUnitOfWork, ledger: StoredLedger
) -> None:
    asking = await conversations(open_uow, 4)
    allowed = await asyncio.gather(
        *(ledger.reserve(asking[at % 4], 0.03, 1.0, None) for at in range(200))
    )
    assert sum(allowed) == 33
    assert await spent_today(open_uow) == pytest.approx(0.99)


async def test_a_conversation_has_its_own_budget(
    open_uow: OpenUnitOfWork, ledger: StoredLedger
) -> None:
    mine, other = await conversations(open_uow, 2)
    assert await ledger.reserve(mine, 0.3, 10.0, 0.5)
    assert not await ledger.reserve(mine, 0.3, 10.0, 0.5)
    assert await ledger.reserve(other, 0.3, 10.0, 0.5)
    assert await spent_today(open_uow) == pytest.approx(0.6), "a refused call reserves nothing"


async def test_a_settled_call_counts_with_its_cost_and_an_unsettled_one_with_the_most(
    open_uow: OpenUnitOfWork, ledger: StoredLedger
) -> None:
    [mine] = await conversations(open_uow, 1)
    assert await ledger.reserve(mine, 0.3, 1.0, None)
    await ledger.settle(mine, 0.3, 0.1)
    # A crash leaves this one behind.
    assert await ledger.reserve(mine, 0.4, 1.0, None)
    assert await spent_today(open_uow) == pytest.approx(0.5)
    assert not await StoredLedger(open_uow).reserve(mine, 0.6, 1.0, None), (
        "a restart forgets it not"
    )


async def test_a_failing_model_is_an_alert_until_it_answers(api: Api, ledger: StoredLedger) -> None:
    async def alerts() -> list[str]:
        answer = await api.client.get(f"{BASE}/alerts", headers=GRACE)
        found = answer.json()["alerts"]
        return [alert["detail"] for alert in found if alert["name"] == "model_failing"]

    assert await alerts() == []
    await ledger.failed(MODEL, ModelFailureCode.QUOTA_USED_UP, "You exceeded your quota.")
    [told] = await alerts()
    assert "You exceeded your quota." in told
    await ledger.succeeded(MODEL)
    assert await alerts() == []


async def test_a_failure_begins_once_and_ends_with_the_first_answer(
    open_uow: OpenUnitOfWork, ledger: StoredLedger
) -> None:
    for _ in range(2):
        await ledger.failed(MODEL, ModelFailureCode.KEY_REFUSED, "Wrong key.")
    async with open_uow() as uow:
        state = await uow.model_calls.state(MODEL)
    assert state is not None
    assert state.failing_since is not None
    assert state.failed_at is not None
    assert state.failing_since < state.failed_at
    await ledger.succeeded(MODEL)
    async with open_uow() as uow:
        state = await uow.model_calls.state(MODEL)
    assert state is not None
    assert state.failing_since is None
    assert (state.code, state.said) == (ModelFailureCode.KEY_REFUSED, "Wrong key.")


class CostlyAgent:
    """Uses tokens and then fails, as a model does whose answer is cut."""

    name = MODEL

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        dependencies.journal.use(MODEL, 1_500, 900, 0.002)
        dependencies.journal.refuse(MODEL, "link", "evil.example")
        raise ModelMisbehaved("cut", ModelFailureCode.CUT_BY_LENGTH)


class AbsentAgent:
    name = "absent"

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        raise ModelUnavailable("not there", code=ModelFailureCode.UNREACHABLE)


async def test_the_turn_keeps_what_failed_models_cost_and_why_they_gave_no_draft(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    stages = await Stages.over(open_uow)
    grounded = stages.agents[-1]
    stages = await Stages.over(open_uow, [CostlyAgent(), AbsentAgent(), grounded])
    accepted = await stages.receive(by_form(ASKS_HOW, "costly@example.com"))
    await stages.answer(accepted)
    row = await owner.fetchrow(
        "SELECT model, input_tokens, output_tokens, model_calls, cost_usd FROM agent_metrics"
    )
    assert row is not None
    assert dict(row) == {
        "model": "grounded",
        "input_tokens": 1_500,
        "output_tokens": 900,
        "model_calls": 1,
        "cost_usd": pytest.approx(0.002),
    }
    async with open_uow() as uow:
        [tried] = await uow.turns.tried(accepted.conversation_id)
    refusals = tried["refusals"]
    assert isinstance(refusals, list)
    assert [(refusal["author"], refusal["code"]) for refusal in refusals] == [
        (MODEL, "link"),
        (MODEL, "cut_by_length"),
        ("absent", "unreachable"),
    ]
