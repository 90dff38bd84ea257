"""The whole system with the model stand-in: its tool loop, and each way it fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import System, running_system, wait_for
from tests.model_server import (
    MANY_TIMES,
    WHOLE_LOOP,
    Behaviour,
    ModelServer,
    call,
    fail,
    model_server,
    say,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(420)]

ASKS_HOW = "Hello, how do I reset my password? I have forgotten it."
BY_THE_MODEL = "Then choose a new password of at least 12 characters."
CALL_TIMEOUT_S = 2


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture(scope="module")
def modelled(server: ModelServer) -> Iterator[System]:
    """A system that answers with the server's model and does not wait long for it."""
    settings = {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": "not-a-real-key",
        "OPENAI_MODEL": "gpt-4o-mini",
    }
    with running_system(**settings) as system:
        system.configure("agent", call_timeout_s=CALL_TIMEOUT_S)
        yield system


@pytest.fixture
def script(server: ModelServer) -> Iterator[ModelServer]:
    server.clear()
    yield server
    server.clear()


def last_word(system: System, accepted: dict[str, Any]) -> str:
    return str(system.answered(accepted, within_s=120)["responses"][-1]["content"])


def test_the_models_own_words_reach_the_customer(modelled: System, script: ModelServer) -> None:
    script.add(*WHOLE_LOOP)
    assert BY_THE_MODEL in last_word(modelled, modelled.submit(ASKS_HOW, "loop@example.com"))
    assert script.left() == 0


FAILURES: dict[str, Behaviour] = {
    "429": fail(429),
    "500": fail(500),
    "no answer in time": fail(503, hang_seconds=CALL_TIMEOUT_S + 2),
    "malformed arguments": call("create_ticket", '{"subject": "Pass', MANY_TIMES),
    "prose": say("I have refunded you, sk-1234.", MANY_TIMES),
}


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_failing_model_still_ends_in_an_answer_and_is_used_again_once_it_works(
    modelled: System, script: ModelServer, failure: str
) -> None:
    script.add(FAILURES[failure])
    sender = f"{failure.replace(' ', '-')}@example.com"
    reply = last_word(modelled, modelled.submit(ASKS_HOW, sender))
    assert "Forgot password" in reply, "the grounded answerer takes over for this turn"
    assert "refunded" not in reply
    assert script.requests(), "the model was asked first"
    script.clear()
    script.add(*WHOLE_LOOP)
    assert BY_THE_MODEL in last_word(modelled, modelled.submit(ASKS_HOW, f"again-{sender}"))


def test_an_agent_killed_while_the_model_thinks_still_replies_exactly_once(
    modelled: System, script: ModelServer
) -> None:
    script.add(fail(503, times=1, hang_seconds=1.5), *WHOLE_LOOP)
    accepted = modelled.submit(ASKS_HOW, "killed@example.com")
    wait_for(lambda: script.held() or None, 30)
    for replica in modelled.replicas("agent"):
        replica.kill()
    last_word(modelled, accepted)
    wait_for(lambda: modelled.replicas("agent") or None, 60)
    # Whatever the new replica reads again, nobody gets a second reply.
    time.sleep(3)
    roles = [response["role"] for response in modelled.ticket(accepted)["responses"]]
    assert roles == ["customer", "agent"]
