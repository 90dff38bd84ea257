"""Measures a page of the console's list with its counts, over 50,000 conversations.

Each kind of page is compared with `SELECT 1` right before it, and by the buffers that it reads: both hold on a busy
machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Mapping

from benchmarks.desk_rows import WORDS, fill
from benchmarks.measuring import Bar, Result, quantile, ratio
from benchmarks.servers import local_servers
from database.pool import Pool
from database.stores.queue import page_query
from database.unit_of_work import open_uow
from deployments.settings import Settings
from domain.records import QueueSort, QueueView

CONVERSATIONS = 50_000
ROUNDS = 40
LINES = 51
LONGEST_MS = 300.0
BUFFERS_A_LINE = 20
_SORTED = {"waiting": QueueView.WAITING, "mine": QueueView.MINE, "all": QueueView.ALL}


def run() -> Result:
    """Run the benchmark."""
    with local_servers() as settings:
        return asyncio.run(_run(settings))


async def _run(settings: Settings) -> Result:
    dsn = settings.database_url.get_secret_value()
    await fill(dsn, CONVERSATIONS)
    pool = Pool(dsn, role=settings.database_role, max_size=2)
    took: dict[str, list[float]] = defaultdict(list)
    trips: dict[str, list[float]] = defaultdict(list)
    buffers: dict[str, int] = {}
    try:
        for _ in range(ROUNDS):
            for kind, (view, sort, words) in _pages(random.randint(1, CONVERSATIONS)).items():
                trips[kind].append(await _round_trip(pool))
                took[kind].append(await _page(pool, view, sort, words))
        for kind, (view, sort, words) in _pages(CONVERSATIONS // 2).items():
            buffers[kind] = await _buffers(pool, view, sort, words)
    finally:
        await pool.close()
    bars: list[Bar] = []
    measured: dict[str, object] = {}
    for kind, times in took.items():
        p95 = quantile(times, 0.95) * 1000
        bars.append(Bar(f"{kind}: p95 ms", p95, LONGEST_MS, "lower"))
        if kind in _listed():
            most = float(LINES * BUFFERS_A_LINE)
            bars.append(Bar(f"{kind}: buffers", buffers[kind], most, "lower"))
        measured[kind] = {
            "p50_ms": quantile(times, 0.5) * 1000,
            "p95_ms": p95,
            "times_select_1": ratio(times, trips[kind]),
            "buffers": buffers[kind],
        }
    return Result(bars, measured)


def _listed() -> Mapping[str, tuple[QueueView, QueueSort, str]]:
    return {
        f"{name}, {sort}": (view, sort, "")
        for name, view in _SORTED.items()
        for sort in (QueueSort.URGENT, QueueSort.NEWEST)
        if view is not QueueView.MINE or sort is QueueSort.URGENT
    }


def _pages(number: int) -> Mapping[str, tuple[QueueView, QueueSort, str]]:
    """Return the pages of a round; the searches look for the conversation of that number."""
    searches = {
        "ticket number": f"TKT-{number * 7919:010X}",
        "address": f"given.family{number}@host{number % 500}.example",
        "phone": f"0151 {number:08d}",
        "name": f"family{number}",
        "rare word": f"serial{number}",
        "common word": random.choice(WORDS),
    }
    found = {kind: (QueueView.ALL, QueueSort.URGENT, words) for kind, words in searches.items()}
    return {**_listed(), **found}


async def _round_trip(pool: Pool) -> float:
    started = time.perf_counter()
    await pool.check()
    return time.perf_counter() - started


async def _page(pool: Pool, view: QueueView, sort: QueueSort, words: str) -> float:
    started = time.perf_counter()
    async with open_uow(pool)() as uow:
        entries = await uow.conversations.queue(
            viewer="grace", view=view, sort=sort, words=words, limit=LINES
        )
        await uow.conversations.counts("grace")
    if not entries:
        raise LookupError(f"a page of {view} by {sort} is empty for “{words}”")
    return time.perf_counter() - started


async def _buffers(pool: Pool, view: QueueView, sort: QueueSort, words: str) -> int:
    query, values = page_query(
        viewer="grace", view=view, sort=sort, words=words, filters={}, after=None, limit=LINES
    )
    async with pool.connection() as connection:
        found = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *values
        )
    plan = json.loads(found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
