"""The model stand-in, started for a test and told what to answer next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from standins.model import create_app
from standins.serving import serve

MANY_TIMES = 1000
ANSWER = (
    "Open app.techcorp.example and select Forgot password? under the sign-in button. Enter the e-mail address "
    "of your account and select Send reset link. Then choose a new password of at least 12 characters."
)
STEPS: tuple[tuple[str, dict[str, object]], ...] = (
    ("create_ticket", {"subject": "Password", "category": "technical", "priority": "medium"}),
    ("get_customer_history", {}),
    ("search_knowledge_base", {"query": "reset password"}),
    ("send_response", {"text": ANSWER, "sources": ["P1"], "asks_back": False}),
)


@dataclass(frozen=True)
class Behaviour:
    """What the server does next: a failure of `POST /_fail` or an answer of `POST /_script`."""

    answer: dict[str, object] | None = None
    failure: dict[str, object] = field(default_factory=dict)


def fail(status: int, times: int = MANY_TIMES, **how: float | str) -> Behaviour:
    return Behaviour(failure={"status": status, "times": times, **how})


def say(text: str, times: int = 1, **how: str) -> Behaviour:
    return Behaviour({"text": text, "times": times, **how})


def call(name: str, arguments: dict[str, object] | str, times: int = 1) -> Behaviour:
    return Behaviour({"tool_calls": [{"name": name, "arguments": arguments}], "times": times})


SEARCH_AGAIN = call(*STEPS[2])
REPLY = call(*STEPS[3])
WHOLE_LOOP = [REPLY]
"""Code makes the calls before it."""


class ModelServer:
    """What the server does next, how much of it is left, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, *behaviours: Behaviour) -> None:
        """Queue answers, in their order, and failures, which come before any answer."""
        for behaviour in behaviours:
            if behaviour.answer is None:
                httpx.post(f"{self.url}/_fail", json=behaviour.failure).raise_for_status()
            else:
                httpx.post(f"{self.url}/_script", json=[behaviour.answer]).raise_for_status()

    def become(self, family: str) -> None:
        """Play another kind of model (standins/model_families.py)."""
        httpx.post(f"{self.url}/_family", json={"family": family}).raise_for_status()

    def clear(self) -> None:
        self.become("any")
        for path in ("_fail", "_script", "_requests"):
            httpx.delete(f"{self.url}/{path}").raise_for_status()

    def left(self) -> int:
        """Answers that were not given yet."""
        return int(httpx.get(f"{self.url}/_script").json()["pending"])

    def held(self) -> int:
        """Calls that are being delayed now."""
        return int(httpx.get(f"{self.url}/_fail").json()["held"])

    def requests(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/_requests").json())


@contextmanager
def model_server() -> Iterator[ModelServer]:
    with serve(create_app("script")) as url:
        yield ModelServer(url)
