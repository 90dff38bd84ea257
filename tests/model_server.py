"""Starts a model server made by others (llmock) and tells it what to answer next."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from serve_app.local.ports import find_free_port

Behaviour = dict[str, object]
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


def call(name: str, arguments: dict[str, object]) -> Behaviour:
    return {"type": "reply", "tool_calls": [{"name": name, "arguments": arguments}]}


WHOLE_LOOP = [call(*step) for step in STEPS]


class ModelServer:
    """What the server does next, how much of it is left, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url

    def add(self, *behaviours: Behaviour) -> None:
        payload = {"behaviors": list(behaviours)}
        httpx.post(f"{self.url}/_llmock/scenario", json=payload).raise_for_status()

    def clear(self) -> None:
        httpx.delete(f"{self.url}/_llmock/scenario").raise_for_status()
        httpx.delete(f"{self.url}/_llmock/requests").raise_for_status()

    def left(self) -> int:
        return len(httpx.get(f"{self.url}/_llmock/scenario").json()["pending"])

    def requests(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.url}/_llmock/requests").json()["requests"])


@contextmanager
def model_server() -> Iterator[ModelServer]:
    port = find_free_port()
    program = str(Path(sys.executable).parent / "llmock")
    process = subprocess.Popen(
        [program, "serve", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = ModelServer(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 60
    try:
        while True:
            try:
                server.left()
                break
            except (httpx.HTTPError, ValueError):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)
