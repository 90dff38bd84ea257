"""Measures the system's start against Ray's own, and its memory before and after work."""

from __future__ import annotations

import asyncio
import os
import time

import aiohttp

from benchmarks.measuring import Bar, Result, ratio
from benchmarks.servers import System, running_system
from benchmarks.serving_flags import echo_app
from serve_app.local.ray_cluster import SERVING_FLAGS

ROUNDS = 2
MESSAGES = int(os.environ.get("MESSAGES", "500"))
"""10,000 take about four minutes more."""
AT_ONCE = 16


def run() -> Result:
    """Run the benchmark."""
    bare: list[float] = []
    ready: list[float] = []
    idle = after = 0
    for number in range(ROUNDS):
        started = time.monotonic()
        with echo_app(SERVING_FLAGS):
            bare.append(time.monotonic() - started)
        with running_system() as system:
            ready.append(system.ready_after_s)
            if number == ROUNDS - 1:
                idle, replicas = system.memory_bytes(), system.replicas()
                asyncio.run(_write(system))
                _wait_for(system, replicas)
                after = system.memory_bytes()
    return Result(
        [
            Bar("seconds to READY / Ray with the smallest app", ratio(ready, bare), 2.0, "lower"),
            Bar("GB of the idle system", idle / 1e9, 2.5, "lower"),
            Bar(f"memory after {MESSAGES} messages / idle", after / idle, 1.1, "lower"),
        ],
        {"ready_s": ready, "ray_s": bare, "idle_bytes": idle, "after_bytes": after},
    )


def _wait_for(system: System, replicas: int) -> None:
    """Wait until the replicas started for the burst have stopped, because each has its own memory."""
    deadline = time.monotonic() + 120
    while system.replicas() > replicas:
        if time.monotonic() > deadline:
            raise RuntimeError("the replicas of the burst did not go")
        time.sleep(1)


async def _write(system: System) -> None:
    """Send MESSAGES questions by form and wait until each has its reply."""
    system.configure("ingress", requests_per_minute_per_address=100_000)
    limit = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(headers=system.staff) as session:

        async def send(number: int) -> str:
            form = {
                "name": "Ada Fox",
                "email": f"memory{number}@example.com",
                "subject": "A question",
                "category": "general",
                "priority": "medium",
                "message": f"Hello, how do I reset my password? This is question {number}.",
            }
            async with (
                limit,
                session.post(f"{system.base_url}/api/v1/support/form", json=form) as response,
            ):
                response.raise_for_status()
                return str((await response.json())["ticket_id"])

        tickets = set(await asyncio.gather(*(send(number) for number in range(MESSAGES))))
        deadline = time.monotonic() + 100 + MESSAGES / 5
        while tickets and time.monotonic() < deadline:
            for ticket in list(tickets):
                url = f"{system.base_url}/api/v1/tickets/{ticket}"
                async with session.get(url) as response:
                    if (await response.json())["responses"][-1]["role"] == "customer":
                        break
                    tickets.discard(ticket)
            await asyncio.sleep(0.2)
        if tickets:
            raise RuntimeError(f"{len(tickets)} questions were not answered in time")
