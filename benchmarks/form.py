"""Compares the system's support form with the same transaction in plain uvicorn, FastAPI and asyncpg."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import asyncpg

from benchmarks.load import Load, drive
from benchmarks.measuring import Bar, Result, ratio
from benchmarks.servers import ROOT, System, running_system
from serve_app.local.ports import find_free_port, is_free

ROUNDS = 2
CLIENTS = 64
DURATION_S = 5


def run() -> Result:
    """Run the benchmark."""
    loads: dict[str, list[Load]] = {"plain": [], "system": []}
    with running_system() as system, _plain_form(system) as plain_url:
        system.configure(
            "ingress",
            requests_per_minute_per_address=1_000_000,
            messages_per_minute_per_customer=1_000_000,
        )
        urls = {"plain": plain_url, "system": f"{system.base_url}/api/v1/support/form"}
        drive(urls["system"], CLIENTS, 2, _form("warm"))
        for number in range(ROUNDS):
            # Otherwise the system would answer its backlog while the plain endpoint is measured.
            asyncio.run(_answered(system.database_url))
            for name, url in urls.items():
                loads[name].append(drive(url, CLIENTS, DURATION_S, _form(f"{name}{number}")))
    throughput = {name: [load.per_second for load in all_] for name, all_ in loads.items()}
    p99 = {name: [load.p99 for load in all_] for name, all_ in loads.items()}
    refused = sum(
        count
        for load in loads["system"]
        for status, count in load.statuses.items()
        if status != 201
    )
    return Result(
        [
            Bar(
                "forms a second, system / plain",
                ratio(throughput["system"], throughput["plain"]),
                0.5,
            ),
            Bar("p99 of the system in ms", min(p99["system"]) * 1000, 500, "lower"),
            Bar("forms that were not accepted", refused, 0, "lower"),
        ],
        {"forms_a_second": throughput, "p99_s": p99},
    )


async def _answered(database_url: str) -> None:
    """Wait until every message is answered."""
    connection = await asyncpg.connect(database_url)
    try:
        while True:
            if not await connection.fetchval(
                "SELECT count(*) FROM messages WHERE state = 'waiting'"
            ):
                break
            await asyncio.sleep(0.5)
    finally:
        await connection.close()


def _form(series: str) -> Callable[[int], Mapping[str, object]]:
    def body(number: int) -> Mapping[str, object]:
        return {
            "name": "Ada Fox",
            "email": f"{series}-{number}@example.com",
            "subject": "A question on boards",
            "category": "general",
            "priority": "medium",
            "message": "How do I rename a board that I share with my team?",
        }

    return body


@contextmanager
def _plain_form(system: System) -> Iterator[str]:
    """Run benchmarks/plain_form.py on the system's database server, in a schema of its own."""
    port = find_free_port()
    environment = {**os.environ, "PLAIN_DATABASE_URL": system.database_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "uvicorn", "benchmarks.plain_form:app", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603
        [*command, "--log-level", "warning", "--no-access-log"], cwd=ROOT, env=environment
    )
    try:
        while is_free(port):
            if process.poll() is not None:
                raise RuntimeError("the plain form did not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/support/form"
    finally:
        process.terminate()
        process.wait(timeout=20)
