"""Holds half-sent requests open against a running system while honest callers are timed.

`python -m tests.load.slow_clients --url http://127.0.0.1:8000` exits 1 when an honest request fails or their 95th
percentile reaches a second.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from urllib.parse import urlsplit

import httpx

HEAD = (
    b"POST /api/v1/support/form HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
)
HALF_HEAD = HEAD + b"Content-Len"
HALF_BODY = HEAD + b"Content-Length: 100\r\n\r\n{"
SOURCES = tuple(f"127.0.0.{number}" for number in range(11, 23))
"""With more connections from one of them than the front allows, the rest is refused and tried again."""
HONEST = "127.0.0.10"
PAUSE_S = 1.0
MOST_P95_S = 1.0


@dataclass
class Outcome:
    """What honest callers met while it lasted."""

    latencies_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    held: int = 0
    """Connections that were half-sent at once, at most."""

    @property
    def p95_s(self) -> float:
        return statistics.quantiles(self.latencies_s, n=20)[-1]

    @property
    def line(self) -> str:
        return (
            f"{self.held} half-sent at once; {len(self.latencies_s)} honest requests, p95 {self.p95_s:.3f} s, "
            f"worst {max(self.latencies_s):.3f} s, {len(self.failures)} failed {self.failures[:3]}"
        )


async def press(
    url: str,
    heads: int = 4200,
    bodies: int = 1500,
    seconds: float = 30,
    sources: Sequence[str] = SOURCES,
    honest: str = HONEST,
) -> Outcome:
    """Keep `heads` and `bodies` half sent for `seconds`, each opened again when it is closed, and time a caller
    at `honest` who sends a form every second and asks for a page four times a second.
    """
    most_held = 0
    address = urlsplit(url)
    assert address.hostname
    texts = [HALF_HEAD] * heads + [HALF_BODY] * bodies
    held: set[int] = set()

    async def hold(number: int, text: bytes, source: str) -> None:
        nonlocal most_held
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(
                    address.hostname, address.port, local_addr=(source, 0)
                )
                try:
                    writer.write(text)
                    held.add(number)
                    most_held = max(most_held, len(held))
                    await reader.read()
                finally:
                    held.discard(number)
                    writer.close()
            await asyncio.sleep(PAUSE_S)

    attackers = [
        asyncio.create_task(hold(number, text, source))
        for (number, text), source in zip(enumerate(texts), itertools.cycle(sources), strict=False)
    ]
    try:
        # In a process of its own: this one is busy with thousands of connections.
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(apart, _be_honest, url, seconds, honest)
    finally:
        for task in attackers:
            task.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)
    outcome.held = most_held
    return outcome


def _be_honest(url: str, seconds: float, source: str) -> Outcome:
    outcome = Outcome()
    ends_at = time.monotonic() + seconds
    number = 0
    while time.monotonic() < ends_at:
        number += 1
        transport = httpx.HTTPTransport(local_address=source)
        # A connection of its own each, as a new visitor has.
        with httpx.Client(base_url=url, transport=transport, timeout=10) as client:
            started = time.monotonic()
            try:
                if number % 5 == 0:
                    answer = client.post("/api/v1/support/form", json=_form(number))
                else:
                    answer = client.get("/api/v1/health/ready" if number % 5 == 1 else "/")
                if answer.status_code not in (200, 201):
                    outcome.failures.append(f"{answer.status_code} {answer.text[:80]}")
            except httpx.HTTPError as error:
                outcome.failures.append(repr(error))
            outcome.latencies_s.append(time.monotonic() - started)
        time.sleep(0.2)
    return outcome


def _form(number: int) -> dict[str, str]:
    return {
        "name": "Ada Fox",
        "email": f"honest-{number}@example.com",
        "subject": "A question on boards",
        "category": "general",
        "priority": "medium",
        "message": "How do I rename a board that I share with my team?",
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.slow_clients", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--heads", type=int, default=4200)
    parser.add_argument("--bodies", type=int, default=1500)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--sources", default=",".join(SOURCES), help="addresses of this machine")
    parser.add_argument("--honest", default=HONEST, help="the honest caller's address")
    given = parser.parse_args()
    sources = given.sources.split(",")
    outcome = asyncio.run(
        press(given.url, given.heads, given.bodies, given.seconds, sources, given.honest)
    )
    print(outcome.line)
    return 1 if outcome.failures or outcome.p95_s >= MOST_P95_S else 0


if __name__ == "__main__":
    raise SystemExit(main())
