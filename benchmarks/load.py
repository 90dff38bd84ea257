"""Drives a closed loop of HTTP clients: each sends its next request when the last one is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp

from benchmarks.measuring import quantile

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw together. Latencies in seconds."""

    answers: int
    elapsed: float
    latencies: list[float]
    statuses: Mapping[int, int]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.elapsed

    @property
    def p50(self) -> float:
        """Median latency."""
        return quantile(self.latencies, 0.5)

    @property
    def p99(self) -> float:
        """99th percentile of the latencies."""
        return quantile(self.latencies, 0.99)


def drive(
    url: str,
    clients: int,
    duration_s: float,
    body: Callable[[int], Body] | None = None,
    warm_up_s: float = 1.0,
) -> Load:
    """Send GETs, or POSTs with `body` of a running number; requests sent before the end all count."""
    return asyncio.run(_drive(url, clients, duration_s, body, warm_up_s))


async def _drive(
    url: str,
    clients: int,
    duration_s: float,
    body: Callable[[int], Body] | None,
    warm_up_s: float,
) -> Load:
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    numbers = iter(range(10**9))
    counted_from = time.perf_counter() + warm_up_s
    until = counted_from + duration_s

    async def client(session: aiohttp.ClientSession) -> None:
        while (started := time.perf_counter()) < until:
            request = (
                session.get(url) if body is None else session.post(url, json=body(next(numbers)))
            )
            async with request as response:
                await response.read()
            if started >= counted_from:
                latencies.append(time.perf_counter() - started)
                statuses[response.status] = statuses.get(response.status, 0) + 1

    connector = aiohttp.TCPConnector(limit=clients)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return Load(len(latencies), time.perf_counter() - counted_from, latencies, statuses)
