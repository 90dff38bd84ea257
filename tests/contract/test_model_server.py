"""Tests the remote model against the model stand-in: the tool loop, and each way a server fails."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr

from agent.agent import SupportAgent, build_agents
from agent.output_checks import OutputCheck
from agent.settings import AgentSettings, ModelEndpoint
from domain.errors import ModelMisbehaved, ModelUnavailable
from domain.ports import AgentDependencies
from domain.turns import Draft, Turn
from serve_app.local.ports import find_free_port
from tests.model_server import (
    ANSWER,
    MANY_TIMES,
    STEPS,
    WHOLE_LOOP,
    Behaviour,
    ModelServer,
    call,
    fail,
    model_server,
    say,
)
from tests.unit.agent_world import WordSearch, turn


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def script(server: ModelServer) -> Iterator[ModelServer]:
    server.clear()
    yield server
    server.clear()


@asynccontextmanager
async def agents_at(
    server: ModelServer, call_timeout: timedelta
) -> AsyncIterator[Sequence[SupportAgent]]:
    endpoint = ModelEndpoint(
        model="gpt-4o-mini",
        api_key=SecretStr("not-a-real-key"),
        base_url=f"{server.url}/v1",
        call_timeout=call_timeout,
        first_retry_delay=timedelta(milliseconds=10),
        max_retry_delay=timedelta(seconds=2),
    )
    built = build_agents(AgentSettings(turn_timeout=timedelta(seconds=60)), endpoint)
    yield built
    for agent in built:
        await agent.close()


@pytest.fixture
async def agents(server: ModelServer) -> AsyncIterator[Sequence[SupportAgent]]:
    async with agents_at(server, timedelta(seconds=15)) as built:
        yield built


def asked() -> Turn:
    return turn("How do I reset my password?")


async def answer_as_the_pipeline_does(agents: Sequence[SupportAgent]) -> Draft:
    """The first agent whose draft may be sent."""
    turn_ = asked()
    for agent in agents:
        try:
            draft = await agent.draft(turn_, AgentDependencies(WordSearch()))
        except (ModelUnavailable, ModelMisbehaved):
            continue
        if not OutputCheck(AgentSettings())(turn_, draft):
            return draft
    raise AssertionError("the grounded answerer failed as well")


async def test_the_tool_loop_runs_over_the_wire(
    script: ModelServer, agents: Sequence[SupportAgent]
) -> None:
    script.add(*WHOLE_LOOP)
    draft = await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert draft.reply == ANSWER
    assert draft.tool_calls == [name for name, _ in STEPS]
    assert draft.model == "gpt-4o-mini"
    assert draft.input_tokens > 0
    assert draft.output_tokens > 0
    assert script.left() == 0


async def test_tool_calls_written_as_text_are_understood(
    script: ModelServer, agents: Sequence[SupportAgent]
) -> None:
    name, arguments = STEPS[3]
    written = json.dumps({"name": name, "arguments": arguments})
    for said in (
        f"```json\n{written}\n```",
        f"<tool_call>{written}</tool_call>",
        f"{name}(text={json.dumps(ANSWER)}, sources=['P1'], asks_back=False)",
    ):
        script.add(say('search_knowledge_base(query="reset password")'), say(said))
        draft = await agents[0].draft(asked(), AgentDependencies(WordSearch()))
        assert draft.reply == ANSWER
        assert len(draft.searches) == 2


async def test_a_plain_question_costs_one_call_and_at_most_2_000_tokens(
    script: ModelServer, agents: Sequence[SupportAgent]
) -> None:
    used = []
    for question in (
        "How do I reset my password?",
        "How do I export a project to CSV?",
        "Where do I turn on two-factor authentication?",
        "Can I invite a guest to one board only?",
        "Why do I see AUTH-423?",
    ):
        script.add(call("escalate_to_human", {"reason": "no_kb_match", "summary": "Not known."}))
        draft = await agents[0].draft(turn(question), AgentDependencies(WordSearch()))
        used.append(draft.journal.used["gpt-4o-mini"])
    assert [usage.calls for usage in used] == [1] * len(used)
    assert max(usage.input_tokens for usage in used) <= 2_000
    prefixes = {request["body"]["messages"][0]["content"] for request in script.requests()}
    assert len(prefixes) == 1, "the provider can cache a prefix only if it stays the same"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again(
    script: ModelServer, agents: Sequence[SupportAgent], status: int
) -> None:
    script.add(fail(status, times=2), *WHOLE_LOOP)
    draft = await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert draft.reply == ANSWER


async def test_a_short_wait_asked_for_is_waited(
    script: ModelServer, agents: Sequence[SupportAgent]
) -> None:
    script.add(fail(429, times=1, retry_after=1), *WHOLE_LOOP)
    started = time.monotonic()
    draft = await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert draft.reply == ANSWER
    assert time.monotonic() - started >= 1


async def test_a_long_wait_asked_for_is_not_waited_but_told(
    script: ModelServer, agents: Sequence[SupportAgent]
) -> None:
    script.add(fail(429, retry_after=120))
    started = time.monotonic()
    with pytest.raises(ModelUnavailable) as refused:
        await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert refused.value.retry_after == timedelta(seconds=120)
    assert time.monotonic() - started < 10


LASTING: dict[str, Behaviour] = {
    "429": fail(429),
    "500": fail(500),
    "401": fail(401),
    "400": fail(400),
    "a dropped connection": fail(0),
    "malformed arguments": call("create_ticket", '{"subject": "Pass', MANY_TIMES),
    "unknown tool": call("reset_password", {}, MANY_TIMES),
    "empty text": say("", MANY_TIMES),
    "cut short": say("Open the", MANY_TIMES, finish_reason="length"),
    "prose": say("I have reset your password and refunded you.", MANY_TIMES),
    "a call that code has made": call(*STEPS[0], MANY_TIMES),
}


@pytest.mark.parametrize("failure", LASTING, ids=str)
async def test_a_lasting_failure_is_a_domain_error_and_the_grounded_answerer_takes_over(
    script: ModelServer, agents: Sequence[SupportAgent], failure: str
) -> None:
    script.add(LASTING[failure])
    await fails_and_is_replaced(agents)


async def test_a_server_that_does_not_answer_in_time_is_given_up_for_the_grounded_answerer(
    script: ModelServer, server: ModelServer
) -> None:
    script.add(fail(503, hang_seconds=3))
    async with agents_at(server, timedelta(seconds=1)) as hasty:
        await fails_and_is_replaced(hasty)


async def fails_and_is_replaced(agents: Sequence[SupportAgent]) -> None:
    with pytest.raises((ModelUnavailable, ModelMisbehaved)) as refused:
        await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert "not-a-real-key" not in str(refused.value)
    draft = await answer_as_the_pipeline_does(agents)
    assert draft.model == "grounded"
    assert "Reset your password" in (draft.reply or "")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    endpoint = ModelEndpoint(
        model="m",
        base_url=f"http://127.0.0.1:{find_free_port()}/v1",
        first_retry_delay=timedelta(milliseconds=10),
    )
    agents = build_agents(AgentSettings(), endpoint)
    with pytest.raises(ModelUnavailable):
        await agents[0].draft(asked(), AgentDependencies(WordSearch()))
    assert (await answer_as_the_pipeline_does(agents)).model == "grounded"
    await agents[0].close()
