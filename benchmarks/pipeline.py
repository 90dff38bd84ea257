"""Compares the whole pipeline, from form to stored reply by the grounded answerer, with a plain aiokafka worker."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import aiohttp
import asyncpg

from benchmarks.measuring import Bar, Result, quantile, ratio
from benchmarks.servers import ROOT, System, running_system
from benchmarks.texts import mixed
from serve_app.local.ports import find_free_port, is_free

ROUNDS = 3
MESSAGES = 150
CLIENTS = 16

_OURS = """
SELECT count(*) FILTER (WHERE r.at IS NOT NULL) AS done, max(r.at) AS last, min(m.created_at) AS first,
    array_agg(extract(epoch FROM r.at - m.created_at)::float8) AS took
FROM messages m JOIN customer_identifiers i ON i.customer_id = m.customer_id
LEFT JOIN LATERAL (SELECT min(a.created_at) AS at FROM messages a
    WHERE a.conversation_id = m.conversation_id AND a.role = 'agent') r ON true
WHERE m.role = 'customer' AND i.value LIKE $1 || '%'
"""
_PLAIN = """
SELECT count(*) FILTER (WHERE m.replied_at IS NOT NULL) AS done, max(m.replied_at) AS last,
    min(m.created_at) AS first, array_agg(extract(epoch FROM m.replied_at - m.created_at)::float8) AS took
FROM plain.messages m JOIN plain.conversations c ON c.id = m.conversation_id
JOIN plain.identifiers i ON i.customer_id = c.customer_id WHERE i.value LIKE $1 || '%'
"""
_WRITTEN = """
SELECT sum(xact_commit) AS commits, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS log_bytes
FROM pg_stat_database WHERE datname = current_database()
"""


def run() -> Result:
    """Run the benchmark."""
    cost: dict[str, float] = {}
    per_second: dict[str, list[float]] = {"plain": [], "system": []}
    p50: dict[str, list[float]] = {"plain": [], "system": []}
    # No text repeats, because the system caches embeddings.
    texts = mixed((ROUNDS + 1) * MESSAGES)
    warming = texts[ROUNDS * MESSAGES :]
    with running_system() as system, _plain(system) as plain_url:
        system.configure(
            "ingress",
            requests_per_minute_per_address=1_000_000,
            messages_per_minute_per_customer=1_000_000,
        )
        arms = {
            "plain": (plain_url, _PLAIN),
            "system": (f"{system.base_url}/api/v1/support/form", _OURS),
        }
        for name, (url, query) in arms.items():
            asyncio.run(_burst(url, system.database_url, query, f"warm-{name}", warming))
        for number in range(ROUNDS):
            own = texts[number * MESSAGES : (number + 1) * MESSAGES]
            for name in list(arms)[:: 1 if number % 2 == 0 else -1]:
                url, query = arms[name]
                before = _spent(system)
                speed, middle = asyncio.run(
                    _burst(url, system.database_url, query, f"{name}{number}", own)
                )
                per_second[name].append(speed)
                p50[name].append(middle)
                if name == "system":
                    after = _spent(system)
                    cost = {part: (after[part] - before.get(part, 0)) / MESSAGES for part in after}
    return Result(
        [
            Bar(
                "messages a second, system / plain",
                ratio(per_second["system"], per_second["plain"]),
                1.5,
            ),
            Bar(
                "p50 from accepted to reply stored, system / plain",
                ratio(p50["system"], p50["plain"]),
                1.0,
                "lower",
            ),
        ],
        {"messages_a_second": per_second, "p50_s": p50, "a_message": cost},
    )


def _spent(system: System) -> dict[str, float]:
    """Return the CPU seconds of each part, and PostgreSQL's commits and bytes of write-ahead log."""
    return {
        **{f"{name} cpu_s": used for name, used in system.cpu_seconds().items()},
        **asyncio.run(_written(system.database_url)),
    }


async def _written(database_url: str) -> dict[str, float]:
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(_WRITTEN)
    finally:
        await connection.close()
    return {name: float(value) for name, value in row.items()} if row is not None else {}


async def _burst(
    url: str, database_url: str, query: str, series: str, texts: Sequence[str]
) -> tuple[float, float]:
    """Send all texts and wait for the replies; return messages a second and median seconds to a reply."""
    limit = asyncio.Semaphore(CLIENTS)
    async with aiohttp.ClientSession() as session:

        async def send(number: int, text: str) -> None:
            form = {
                "name": "Ada Fox",
                "email": f"{series}-{number}@example.com",
                "subject": "A question",
                "category": "general",
                "priority": "medium",
                "message": text,
            }
            async with limit, session.post(url, json=form) as response:
                response.raise_for_status()

        await asyncio.gather(*(send(number, text) for number, text in enumerate(texts)))
    connection = await asyncpg.connect(database_url)
    try:
        deadline = time.monotonic() + 150
        while True:
            row = await connection.fetchrow(query, f"{series}-")
            if row is not None and row["done"] >= len(texts):
                break
            if time.monotonic() > deadline:
                raise RuntimeError(f"{series}: not all of {len(texts)} were answered in time")
            await asyncio.sleep(0.25)
    finally:
        await connection.close()
    return len(texts) / (row["last"] - row["first"]).total_seconds(), quantile(row["took"], 0.5)


@contextmanager
def _plain(system: System) -> Iterator[str]:
    """Run the plain form and the plain worker on the same database server and broker."""
    port = find_free_port()
    environment = {
        **os.environ,
        "PLAIN_DATABASE_URL": system.database_url,
        "PLAIN_KAFKA": json.dumps(system.broker.arguments()),
        "PYTHONPATH": str(ROOT),
    }
    python = [sys.executable, "-m"]
    commands = [
        [*python, "uvicorn", "benchmarks.plain_form:app", "--port", str(port), "--no-access-log"],
        [*python, "benchmarks.plain_worker"],
    ]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)  # noqa: S603
        for command in commands
    ]
    try:
        while is_free(port):
            if processes[0].poll() is not None:
                raise RuntimeError("the plain form did not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/support/form"
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)
