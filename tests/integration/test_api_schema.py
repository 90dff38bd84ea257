"""Lets Schemathesis call every operation with everything that its schema allows, and much that it does not.

FUZZ_EXAMPLES says how many cases an operation gets, and how many chains of calls there are (a few, where it is not
set).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.api.app import create_api
from standins.serving import serve
from tests.integration.api import COMPONENTS, NEVER_IN_A_BODY, make_context
from tests.integration.postgres import APPLICATION_ROLE

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(3600)]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@dataclass
class Watched:
    """The application with a record of every answer: its status, and what leaked into its body."""

    app: ASGIApp
    statuses: Counter[int] = field(default_factory=Counter)
    went_well: Counter[str] = field(default_factory=Counter)
    """Calls by method and the last part of the path."""
    leaks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, body = 0, b""

        async def watch(message: Message) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            body += message.get("body", b"")
            await send(message)

        # Not compressed: the body is looked into.
        scope["headers"] = [
            header for header in scope["headers"] if header[0] != b"accept-encoding"
        ]
        await self.app(scope, receive, watch)
        call = f"{scope['method']} {scope['path']}"
        self.statuses[status] += 1
        if status < 300:
            self.went_well[f"{scope['method']} {scope['path'].rpartition('/')[2]}"] += 1
        if status >= 500:
            self.failures.append(f"{call}: {status}")
        if status >= 400 and NEVER_IN_A_BODY.search(body.decode("utf-8", "replace")):
            self.leaks.append(call)


@dataclass
class Fuzzed:
    """A run of Schemathesis and what the application answered."""

    watched: Watched
    returncode: int
    report: str

    def hold(self) -> None:
        print(dict(sorted(self.watched.statuses.items())), dict(self.watched.went_well))
        assert self.watched.failures == []
        assert self.watched.leaks == []
        assert self.returncode == 0, re.sub(r"\n{2,}", "\n", self.report)[-6000:]


def run(database_url: str, folder: Path, key: str, phases: str, examples: str) -> Fuzzed:
    pool = Pool(database_url, role=APPLICATION_ROLE)
    context = make_context(open_uow_on(pool), pool)
    # Nobody asks the components here, and before they are asked they count as sick.
    context.health.components.update(dict.fromkeys(COMPONENTS, "healthy"))
    watched = Watched(create_api(context, None, time_limits={}))
    program = Path(sys.executable).parent / "schemathesis"
    with serve(watched) as url:
        command = [
            str(program),
            "run",
            f"{url}/api/v1/openapi.json",
            f"--checks={','.join(CHECKS)}",
        ]
        # A stream of events has no end to be checked.
        command += [
            "--exclude-path-regex=/events$",
            f"--max-examples={os.environ.get('FUZZ_EXAMPLES', examples)}",
            f"--phases={phases}",
            "--seed=1",
            "--continue-on-failure",
            "--no-color",
            "--generation-database=none",
            "--suppress-health-check=all",
            "--request-timeout=60",
        ]
        if key:
            command.append(f"--header=Authorization: Bearer {key}")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return Fuzzed(watched, done.returncode, done.stdout)


@pytest.mark.parametrize("key", ["", "key-of-grace"], ids=["public", "staff"])
def test_no_call_brings_an_error_of_ours_or_an_answer_that_is_not_documented(
    database_url: str, tmp_path: Path, key: str
) -> None:
    fuzzed = run(database_url, tmp_path, key, "examples,coverage,fuzzing", "4")
    fuzzed.hold()
    assert sum(fuzzed.watched.statuses.values()) > 500


def test_no_chain_of_calls_brings_an_error_of_ours_or_an_answer_that_is_not_documented(
    database_url: str, tmp_path: Path
) -> None:
    """Each call takes what the ones before it answered, such as an article's id."""
    fuzzed = run(database_url, tmp_path, "key-of-grace", "stateful", "12")
    fuzzed.hold()
    went_well = fuzzed.watched.went_well
    assert sum(went_well.values()) > 5, went_well
