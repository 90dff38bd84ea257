"""Opens thousands of ticket pages on a running system and measures what honest callers notice.

    DATA_DIR=… python -m tests.load.pages --pages 5000 --seconds 120

A page follows its ticket's events. One that is refused (503) or ended reads the ticket after 15 s, later after 60 s,
and tries a stream again after Retry-After, as the web form does. Meanwhile an address of its own sends a form every
second and asks for /health/live twice a second. Exits 1 where one of them failed, a probe took longer than Kubernetes
would wait for it, or the 95th percentile of forms three seconds. What the same calls took before the pages were opened
is printed beside.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import aiohttp

from domain.errors import ConfigurationError
from serve_app.run_file import RunFile

_API = "/api/v1"
_ADDRESSES = tuple(f"127.0.0.{n}" for n in range(20, 36))
_HONEST = "127.0.0.9"
_FIRST_POLL_S, _LATER_POLL_S = 15.0, 60.0
_EARLY_POLLS = 4
_TICKETS = 250
_FILES_BESIDE = 200
_ANSWERED_WITHIN_S = 240.0
LIVE_WITHIN_S = 5.0
"""What the liveness probe of kuberay/base/front.yaml allows; behind the pages it would wait until they end."""
FORM_P95_WITHIN_S = 3.0
FORM = {
    "name": "Ada Fox",
    "subject": "A question",
    "category": "general",
    "priority": "medium",
    "message": "How do I reset my password?",
}


@dataclass
class Honest:
    """Seconds of each honest call, and what went wrong with them."""

    forms: list[float] = field(default_factory=list)
    probes: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return "; ".join(
            f"{name} {len(seconds)} calls, median {quantile(seconds, 0.5):.3f} s, "
            f"p95 {quantile(seconds, 0.95):.3f} s, at most {max(seconds):.3f} s"
            for name, seconds in (("form", self.forms), ("/health/live", self.probes))
        )


@dataclass
class Figures:
    """Honest calls before the pages and while they are open, and what became of the pages."""

    before: Honest = field(default_factory=Honest)
    during: Honest = field(default_factory=Honest)
    streams: int = 0
    most_streams: int = 0
    pages: Counter[str] = field(default_factory=Counter)

    def problems(self) -> Iterator[str]:
        """What honest callers noticed."""
        honest = self.during
        if honest.failures:
            yield f"honest calls failed: {dict(honest.failures)}"
        if max(honest.probes) >= LIVE_WITHIN_S:
            yield f"/health/live took {max(honest.probes):.2f} s"
        if quantile(honest.forms, 0.95) >= FORM_P95_WITHIN_S:
            yield f"a form took {quantile(honest.forms, 0.95):.2f} s (p95)"

    def __str__(self) -> str:
        return (
            f"pages: {dict(self.pages)}, at most {self.most_streams} streams at once\n"
            f"before: {self.before}\nduring: {self.during}"
        )


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def hold_pages(
    base_url: str, pages: int, seconds: float, opened_in_s: float, baseline_s: float = 5.0
) -> Figures:
    """Open `pages` pages within `opened_in_s` and keep them open for `seconds`."""
    figures = Figures()
    async with AsyncExitStack() as opened:
        sessions = [
            await opened.enter_async_context(_calling_from(address, base_url))
            for address in _ADDRESSES
        ]
        first = sessions[0]
        count = min(pages, _TICKETS)
        tickets = [await _submit(first, f"page{number}@example.com") for number in range(count)]
        # Pages are measured, and not the answering of so many questions that came at once.
        await asyncio.wait_for(_until_answered(first, tickets), _ANSWERED_WITHIN_S)
        # A process of its own: beside thousands of pages on one event loop it would measure those.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
            loop = asyncio.get_running_loop()
            figures.before = await loop.run_in_executor(aside, measure, base_url, baseline_s)
            tasks = [
                asyncio.create_task(
                    _Page(sessions[n % len(sessions)], tickets[n % count], figures).stay(
                        opened_in_s * n / pages
                    )
                )
                for n in range(pages)
            ]
            figures.during = await loop.run_in_executor(
                aside, measure, base_url, opened_in_s + seconds
            )
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return figures


def measure(base_url: str, seconds: float) -> Honest:
    """What a caller with an address of its own meets for so long; blocks."""
    return asyncio.run(_measure_honest(base_url, seconds))


async def _measure_honest(base_url: str, seconds: float) -> Honest:
    honest = Honest()
    ends_at = time.monotonic() + seconds
    async with _calling_from(_HONEST, base_url) as session:
        await asyncio.gather(
            _measure(honest.forms, honest.failures, 1.0, ends_at, lambda: _send_form(session)),
            _measure(honest.probes, honest.failures, 0.5, ends_at, lambda: _probe(session)),
        )
    return honest


class _Page:
    def __init__(
        self, session: aiohttp.ClientSession, ticket: tuple[str, dict[str, str]], figures: Figures
    ) -> None:
        self._session = session
        self._path, self._headers = ticket
        self._figures = figures

    async def stay(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        polls = 0
        stream_at = 0.0
        while True:
            if time.monotonic() >= stream_at:
                stream_at = time.monotonic() + await self._follow()
            wait = _FIRST_POLL_S if polls < _EARLY_POLLS else _LATER_POLL_S
            await asyncio.sleep(wait * random.uniform(0.9, 1.1))
            polls += 1
            await self._poll()

    async def _follow(self) -> float:
        """Read the stream to its end; the seconds to wait before another one."""
        try:
            async with self._session.get(f"{self._path}/events", headers=self._headers) as answer:
                if answer.status != 200:
                    self._figures.pages[f"stream {answer.status}"] += 1
                    return float(answer.headers.get("Retry-After", _LATER_POLL_S))
                self._figures.streams += 1
                self._figures.most_streams = max(self._figures.most_streams, self._figures.streams)
                try:
                    async for _line in answer.content:
                        pass
                finally:
                    self._figures.streams -= 1
                self._figures.pages["stream ended"] += 1
                return 0.0
        except aiohttp.ClientError as error:
            self._figures.pages[f"stream {type(error).__name__}"] += 1
            return _FIRST_POLL_S

    async def _poll(self) -> None:
        try:
            async with self._session.get(self._path, headers=self._headers) as answer:
                await answer.read()
                self._figures.pages[f"poll {answer.status}"] += 1
        except aiohttp.ClientError as error:
            self._figures.pages[f"poll {type(error).__name__}"] += 1


def _calling_from(address: str, base_url: str) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0, local_addr=(address, 0), keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
    return aiohttp.ClientSession(base_url, connector=connector, timeout=timeout)


async def _submit(session: aiohttp.ClientSession, email: str) -> tuple[str, dict[str, str]]:
    async with session.post(f"{_API}/support/form", json={**FORM, "email": email}) as answer:
        answer.raise_for_status()
        body = await answer.json()
    return f"{_API}/tickets/{body['ticket_id']}", {"X-Ticket-Token": body["access_token"]}


async def _until_answered(
    session: aiohttp.ClientSession, tickets: Sequence[tuple[str, dict[str, str]]]
) -> None:
    for path, headers in tickets:
        while True:
            async with session.get(path, headers=headers) as answer:
                answer.raise_for_status()
                if (await answer.json())["responses"]:
                    break
            await asyncio.sleep(1)


async def _send_form(session: aiohttp.ClientSession) -> int:
    form = {**FORM, "email": f"honest{random.randrange(10**9)}@example.com"}
    async with session.post(f"{_API}/support/form", json=form) as answer:
        await answer.read()
        return answer.status


async def _probe(session: aiohttp.ClientSession) -> int:
    async with session.get(f"{_API}/health/live") as answer:
        await answer.read()
        return answer.status


async def _measure(  # type: ignore[no-untyped-def] # a coroutine function of no arguments
    seconds: list[float], failures: Counter[str], every_s: float, ends_at: float, call
) -> None:
    while time.monotonic() < ends_at:
        started = time.monotonic()
        try:
            status = await asyncio.wait_for(call(), 30)
            if status >= 400:
                failures[str(status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            failures[type(error).__name__] += 1
        seconds.append(time.monotonic() - started)
        await asyncio.sleep(max(0.0, every_s - seconds[-1]))


def _allow_files(needed: int) -> None:
    """Raises ConfigurationError where this process may not open so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ConfigurationError(f"{needed} files are needed, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.pages", description=__doc__)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--opened-in", type=float, default=30, help="seconds")
    arguments = parser.parse_args()
    try:
        _allow_files(arguments.pages + _FILES_BESIDE)
        run_file = RunFile.read(Path(os.environ.get("DATA_DIR", ".local")).absolute())
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    figures = asyncio.run(
        hold_pages(
            run_file.base_url,
            arguments.pages,
            arguments.seconds,
            arguments.opened_in,
            baseline_s=20.0,
        )
    )
    print(figures)
    problems = list(figures.problems())
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
