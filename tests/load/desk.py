"""Fills a database with conversations and measures how long the console's list and search take over it.

    python -m tests.load.desk --conversations 50000 --calls 200

Starts a PostgreSQL of its own in a temporary folder, calls the real API in this process, one call at a time, and looks
for a random conversation each time: by number, address, phone, name and words. Exits 1 where a search does not list it
or the 95th percentile of a kind of call is over --limit milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx

from benchmarks.desk_rows import WORDS, fill
from channels.registry import channel_configs
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.api.app import create_api
from tests.integration.api import BASE, GRACE, make_context
from tests.integration.postgres import EmbeddedPostgres


def main() -> int:
    """Run the measurement and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.desk", description=__doc__)
    parser.add_argument("--conversations", type=int, default=50_000)
    parser.add_argument("--calls", type=int, default=200, help="of each kind")
    parser.add_argument(
        "--limit", type=float, default=300, help="milliseconds of the 95th percentile"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fte-desk-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data")
        server.start()
        try:
            return asyncio.run(_measure(server, arguments))
        finally:
            server.stop()


async def _measure(server: EmbeddedPostgres, arguments: argparse.Namespace) -> int:
    url = server.url()
    await migrate(url)
    began = time.perf_counter()
    await fill(url, arguments.conversations)
    print(f"{arguments.conversations} conversations stored in {time.perf_counter() - began:.0f} s")
    pool = Pool(url)
    context = make_context(open_uow(pool), pool)
    async with context.open_uow() as uow:
        await uow.channel_configs.seed(channel_configs())
        await uow.commit()
    app = create_api(context, None)
    transport = httpx.ASGITransport(app=app)
    took: dict[str, list[float]] = defaultdict(list)
    own: dict[str, float] = defaultdict(float)
    missed = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        for _ in range(arguments.calls):
            number = random.randint(1, arguments.conversations)
            for kind, params in _calls(number).items():
                start, spent = time.perf_counter(), time.process_time()
                answer = await client.get(
                    f"{BASE}/staff/conversations", headers=GRACE, params=params
                )
                took[kind].append((time.perf_counter() - start) * 1000)
                own[kind] += (time.process_time() - spent) * 1000
                answer.raise_for_status()
                names = [line["customer_name"] for line in answer.json()["conversations"]]
                if "q" in params and kind != "common word":
                    missed += f"Given{number % 977} Family{number}" not in names
    await pool.close()
    print(f"{'call':<16}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'own CPU ms':>12}")
    slow = 0
    for kind, times in took.items():
        times.sort()
        p95 = times[int(0.95 * (len(times) - 1))]
        slow += p95 > arguments.limit
        print(
            f"{kind:<16}{times[len(times) // 2]:>9.0f}{p95:>9.0f}{times[-1]:>9.0f}"
            f"{own[kind] / len(times):>12.1f}"
        )
    print(
        f"{missed} searches missed their conversation; {slow} kinds of call over {arguments.limit:.0f} ms"
    )
    return 1 if missed or slow else 0


def _calls(number: int) -> dict[str, dict[str, str]]:
    searches = {
        "ticket number": f"TKT-{number * 7919:010X}",
        "address": f"given.family{number}@host{number % 500}.example",
        "phone": f"0151 {number:08d}",
        "name": f"family{number}",
        "rare word": f"serial{number}",
    }
    calls = {kind: {"q": q, "view": "all", "limit": "50"} for kind, q in searches.items()}
    calls["common word"] = {"q": random.choice(WORDS), "view": "all", "limit": "50"}
    for view, sort in (
        ("waiting", "urgent"),
        ("mine", "urgent"),
        ("all", "newest"),
        ("all", "urgent"),
    ):
        calls[f"{view}, {sort}"] = {"view": view, "sort": sort, "limit": "50"}
    return calls


if __name__ == "__main__":
    sys.exit(main())
