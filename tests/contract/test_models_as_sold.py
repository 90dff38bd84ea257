"""Tests the agent against model servers as they are sold: what each refuses, and how each fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from agent.agent import build_agents
from agent.model_client import ask_model, check_model
from agent.settings import AgentSettings, ModelEndpoint
from domain.errors import ModelFailureCode, ModelMisbehaved, ModelUnavailable
from domain.languages import Language
from domain.model_calls import TokenPrice, TurnJournal
from domain.ports import AgentDependencies
from domain.turns import Draft
from serve_app.local.ports import find_free_port
from tests.model_server import (
    ANSWER,
    REPLY,
    STEPS,
    Behaviour,
    ModelServer,
    call,
    fail,
    model_server,
    say,
)
from tests.unit.agent_world import WordSearch, turn

KEY = "sk-not-a-real-key"
WRITTEN_REPLY = say(json.dumps({"name": STEPS[3][0], "arguments": STEPS[3][1]}))


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def script(server: ModelServer) -> Iterator[ModelServer]:
    server.clear()
    yield server
    server.clear()


def endpoint(url: str, **changes: Any) -> ModelEndpoint:
    given: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "api_key": SecretStr(KEY),
        "base_url": url,
        "call_timeout": timedelta(seconds=10),
        "first_retry_delay": timedelta(milliseconds=10),
        "max_retry_delay": timedelta(seconds=1),
        "price": TokenPrice(1.0, 4.0),
    }
    return ModelEndpoint(**given | changes)


@dataclass
class Ledger:
    """Keeps in memory what the agent tells it."""

    budget: float = 1_000.0
    spent: float = 0.0
    failures: list[tuple[ModelFailureCode, str]] = field(default_factory=list)
    successes: int = 0

    async def reserve(self, _conversation: object, usd: float, *_limits: object) -> bool:
        if self.spent + usd > self.budget:
            return False
        self.spent += usd
        return True

    async def settle(self, _conversation: object, reserved: float, spent: float) -> None:
        self.spent += spent - reserved

    async def succeeded(self, _model: str) -> None:
        self.successes += 1

    async def failed(self, _model: str, code: ModelFailureCode, said: str) -> None:
        self.failures.append((code, said))


async def draft_at(asked: ModelEndpoint, dependencies: AgentDependencies | None = None) -> Draft:
    agents = build_agents(AgentSettings(turn_timeout=timedelta(seconds=30)), asked)
    try:
        return await agents[0].draft(
            turn("How do I reset my password?"), dependencies or AgentDependencies(WordSearch())
        )
    finally:
        await agents[0].close()


@pytest.mark.parametrize(
    "family", ["reasoning", "no-temperature", "no-parallel", "responses-only", "chat-only"]
)
async def test_a_model_that_refuses_parameters_answers_all_the_same(
    script: ModelServer, family: str
) -> None:
    script.become(family)
    script.add(REPLY)
    draft = await draft_at(endpoint(f"{script.url}/v1"))
    assert draft.reply == ANSWER
    assert draft.journal.used["gpt-4o-mini"].calls == 1


async def test_an_old_server_is_told_the_limit_by_the_name_that_it_knows(
    script: ModelServer,
) -> None:
    script.become("old-limit")
    script.add(REPLY)
    # OpenAI's own family sends max_completion_tokens.
    draft = await draft_at(endpoint(f"{script.url}/openai/v1?api-version=1", model="gpt-4o"))
    assert draft.reply == ANSWER
    assert [request["query"] for request in script.requests()][-1] == "api-version=1"


@pytest.mark.parametrize("family", ["no-tools", "no-tool-parser"])
async def test_a_model_without_tools_writes_its_call_and_is_understood(
    script: ModelServer, family: str
) -> None:
    script.become(family)
    script.add(WRITTEN_REPLY)
    assert (await draft_at(endpoint(f"{script.url}/v1"))).reply == ANSWER


@pytest.mark.parametrize(
    "path", ["/openai/v1?api-version=preview", "/openai/deployments/mini?api-version=2024-10-21"]
)
async def test_azures_addresses_are_called_with_its_key_and_version(
    script: ModelServer, path: str
) -> None:
    script.add(REPLY)
    assert (await draft_at(endpoint(f"{script.url}{path}"))).reply == ANSWER
    request = script.requests()[-1]
    assert request["path"].startswith(path.partition("?")[0])
    assert request["query"] == path.partition("?")[2]


QUOTA = fail(
    429,
    code="insufficient_quota",
    message="You exceeded your current quota, please check your plan and billing details.",
)
FAILURES: dict[ModelFailureCode, tuple[Behaviour, str]] = {
    ModelFailureCode.QUOTA_USED_UP: (QUOTA, "exceeded your current quota"),
    ModelFailureCode.RATE_LIMITED: (
        fail(429, retry_after=60, message="Rate limit reached for requests."),
        "Rate limit reached",
    ),
    ModelFailureCode.KEY_REFUSED: (
        fail(401, message=f"Incorrect API key provided: {KEY}."),
        "Incorrect API key provided",
    ),
    ModelFailureCode.UNKNOWN_MODEL: (
        fail(404, message="The model `gpt-4o-mini` does not exist."),
        "does not exist",
    ),
    ModelFailureCode.REQUEST_REFUSED: (
        fail(400, message="This model's maximum context length is 10 tokens."),
        "maximum context length",
    ),
    ModelFailureCode.SERVER_FAILED: (fail(500, message="The engine fell over."), "fell over"),
}


@pytest.mark.parametrize("code", FAILURES)
async def test_a_failure_is_named_to_staff_in_the_servers_words_and_without_the_key(
    script: ModelServer, code: ModelFailureCode
) -> None:
    behaviour, words = FAILURES[code]
    script.add(behaviour)
    ledger = Ledger()
    with pytest.raises(ModelUnavailable) as failed:
        await draft_at(endpoint(f"{script.url}/v1"), AgentDependencies(WordSearch(), ledger=ledger))
    assert failed.value.code is code
    [(told, said)] = ledger.failures
    assert told is code
    assert words in said
    assert KEY not in said
    assert ledger.spent == 0, "a refused call costs nothing"
    assert ledger.successes == 0


async def test_an_empty_account_is_not_asked_again(script: ModelServer) -> None:
    script.add(QUOTA)
    with pytest.raises(ModelUnavailable):
        await draft_at(endpoint(f"{script.url}/v1"))
    assert len(script.requests()) == 1


async def test_a_server_that_is_not_there_is_named_as_such() -> None:
    ledger = Ledger()
    with pytest.raises(ModelUnavailable):
        await draft_at(
            endpoint(f"http://127.0.0.1:{find_free_port()}/v1"),
            AgentDependencies(WordSearch(), ledger=ledger),
        )
    assert [code for code, _said in ledger.failures] == [ModelFailureCode.UNREACHABLE]


async def test_a_slow_server_is_asked_once_and_the_time_left_is_the_fallbacks(
    script: ModelServer,
) -> None:
    script.add(fail(503, hang_seconds=2))
    ledger = Ledger()
    with pytest.raises(ModelUnavailable) as failed:
        await draft_at(
            endpoint(f"{script.url}/v1", call_timeout=timedelta(seconds=1)),
            AgentDependencies(WordSearch(), ledger=ledger),
        )
    assert failed.value.code is ModelFailureCode.TIMED_OUT
    assert len(script.requests()) == 1
    assert ledger.spent > 0, "the provider may bill a call that we gave up"


ENDS: dict[ModelFailureCode, Behaviour] = {
    ModelFailureCode.CUT_BY_LENGTH: say("Open app.techcorp.example and", finish_reason="length"),
    ModelFailureCode.CONTENT_FILTERED: say("", finish_reason="content_filter"),
    ModelFailureCode.NO_USABLE_END: say(""),
}


@pytest.mark.parametrize("code", ENDS)
async def test_an_answer_that_ends_badly_is_no_reply_and_its_tokens_count(
    script: ModelServer, code: ModelFailureCode
) -> None:
    script.add(ENDS[code])
    journal = TurnJournal()
    with pytest.raises(ModelMisbehaved) as ended:
        await draft_at(
            endpoint(f"{script.url}/v1"), AgentDependencies(WordSearch(), journal=journal)
        )
    assert ended.value.code is code
    assert journal.used["gpt-4o-mini"].input_tokens > 0
    assert journal.used["gpt-4o-mini"].usd > 0


async def test_a_call_cut_by_its_length_is_never_mended_into_a_reply(script: ModelServer) -> None:
    script.add(
        Behaviour(
            {
                "tool_calls": [
                    {"name": "send_response", "arguments": '{"text": "Open the", "sources": ["P1'}
                ],
                "finish_reason": "length",
            }
        )
    )
    with pytest.raises(ModelMisbehaved):
        await draft_at(endpoint(f"{script.url}/v1"))


async def test_a_refused_draft_is_kept_with_its_code(script: ModelServer) -> None:
    script.add(
        call(
            "send_response",
            {"text": "We refunded you 500 dollars.", "sources": ["P1"], "asks_back": False},
        ),
        REPLY,
    )
    draft = await draft_at(endpoint(f"{script.url}/v1"))
    assert draft.reply == ANSWER
    assert draft.journal.refusals
    assert {refusal.author for refusal in draft.journal.refusals} == {"gpt-4o-mini"}
    assert draft.journal.used["gpt-4o-mini"].calls == 2


async def test_a_budget_that_is_used_up_asks_no_model(script: ModelServer) -> None:
    ledger = Ledger(budget=0.000001)
    with pytest.raises(ModelUnavailable) as failed:
        await draft_at(endpoint(f"{script.url}/v1"), AgentDependencies(WordSearch(), ledger=ledger))
    assert failed.value.code is ModelFailureCode.OVER_BUDGET
    assert script.requests() == []
    assert ledger.failures == [], "it says nothing about the model"


async def test_a_call_costs_what_the_provider_counted(script: ModelServer) -> None:
    script.add(REPLY)
    ledger = Ledger()
    draft = await draft_at(
        endpoint(f"{script.url}/v1"), AgentDependencies(WordSearch(), ledger=ledger)
    )
    usage = draft.journal.used["gpt-4o-mini"]
    assert ledger.spent == pytest.approx(usage.usd)
    assert usage.usd == pytest.approx((usage.input_tokens + 4 * usage.output_tokens) / 1e6)


@pytest.mark.parametrize("family", ["any", "reasoning", "responses-only", "no-tools"])
async def test_the_probe_speaks_the_same_dialect(script: ModelServer, family: str) -> None:
    script.become(family)
    script.add(say("OK"))
    assert await ask_model(endpoint(f"{script.url}/v1")) is None


async def test_the_probe_says_what_the_server_said_and_what_to_do(script: ModelServer) -> None:
    script.add(fail(401, message=f"Incorrect API key provided: {KEY}."))
    [problem] = await check_model(endpoint(f"{script.url}/v1"))
    assert "Incorrect API key provided" in problem
    assert "OPENAI_API_KEY" in problem
    assert KEY not in problem


GERMAN_REPLY = (
    "Öffnen Sie app.techcorp.example und wählen Sie Forgot password? unter der Schaltfläche. Geben Sie die"
    " E-Mail-Adresse Ihres Kontos ein und wählen Sie Send reset link."
)


async def draft_in_german(script: ModelServer, translation: str) -> Draft:
    """A German question, English articles, and a model that translates its own reply so."""
    script.add(
        call("send_response", {"text": GERMAN_REPLY, "sources": ["P1"], "asks_back": False}),
        say(translation),
        call("escalate_to_human", {"reason": "no_kb_match", "summary": "Refused."}),
    )
    asking = replace(turn("How do I reset my password?"), language=Language.GERMAN)
    agents = build_agents(AgentSettings(), endpoint(f"{script.url}/v1"))
    try:
        return await agents[0].draft(asking, AgentDependencies(WordSearch()))
    finally:
        await agents[0].close()


async def test_a_reply_in_another_language_is_compared_by_the_models_translation(
    script: ModelServer,
) -> None:
    draft = await draft_in_german(script, ANSWER.rpartition(" Then ")[0])
    assert draft.reply == GERMAN_REPLY
    translating = script.requests()[-1]["body"]
    assert "into English" in translating["messages"][0]["content"]
    assert "How do I reset" not in json.dumps(translating), "it sees the text alone"
    assert draft.journal.used["gpt-4o-mini"].calls == 2


async def test_a_reply_whose_translation_rests_on_no_article_is_not_sent(
    script: ModelServer,
) -> None:
    draft = await draft_in_german(script, "All accounts are deleted tomorrow. We refund you today.")
    assert draft.reply != GERMAN_REPLY
    assert draft.escalation is not None
