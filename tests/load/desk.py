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

import asyncpg
import httpx

from channels.registry import channel_configs
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.api.app import create_api
from tests.integration.api import BASE, GRACE, make_context
from tests.integration.postgres import EmbeddedPostgres

_WORDS = (
    "invoice",
    "export",
    "password",
    "login",
    "refund",
    "delivery",
    "parcel",
    "meter",
    "contract",
    "webhook",
)
"""Each is in about every fourth conversation."""

_FILL = f"""
CREATE TEMP TABLE said AS SELECT i,
    (ARRAY[{", ".join(f"'{word}'" for word in _WORDS)}])[1 + i % {len(_WORDS)}] || ' and word' || i % 1999
        || ' with thing' || i * 7 % 1993 || ' about matter' || i * 11 % 1987 AS text FROM generate_series(0, 3999) i;
CREATE TEMP TABLE new AS SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS conversation,
    (ARRAY['web_form','email','whatsapp'])[1 + n % 3]::channel AS channel, now() - n * interval '11 minutes' AS at,
    'Given' || (n % 977) || ' Family' || n AS name FROM generate_series(1, $count$) n;
INSERT INTO customers (id, name, created_at) SELECT customer, name, at FROM new;
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
    SELECT customer, 'email', 'given.family' || n || '@host' || (n % 500) || '.example', 'provider_attested' FROM new;
INSERT INTO customer_identifiers (customer_id, kind, value, assurance)
    SELECT customer, 'phone', '+49151' || lpad(n::text, 8, '0'), 'provider_attested' FROM new;
INSERT INTO conversations (id, customer_id, channel, assurance, subject, status, owner, owner_name, created_at,
        last_message_at, turn_since, sender_name)
    SELECT conversation, customer, channel, 'provider_attested', text,
        CASE WHEN n % 10 < 8 THEN 'resolved' ELSE 'open' END, CASE WHEN n % 10 = 9 THEN 'human' ELSE 'agent' END,
        CASE WHEN n % 40 = 9 THEN 'grace' END, at, at, at, name FROM new JOIN said ON i = n % 4000;
INSERT INTO tickets (number, customer_id, conversation_id, source_channel, subject, category, priority, status,
        escalation_reason, created_at)
    SELECT 'TKT-' || upper(translate(lpad(to_hex(n * 7919), 10, '0'), 'ilou', '0123')), customer, conversation, channel,
        text, 'general', (ARRAY['low','medium','high','urgent'])[1 + n % 4],
        CASE WHEN n % 10 < 8 THEN 'resolved' WHEN n % 40 = 9 THEN 'in_progress' WHEN n % 10 = 9 THEN 'escalated'
            ELSE 'waiting_customer' END,
        CASE WHEN n % 10 = 9 THEN 'human_request' END, at FROM new JOIN said ON i = n % 4000;
INSERT INTO messages (conversation_id, customer_id, channel, role, content, state, created_at)
    SELECT conversation, customer, channel, CASE WHEN k % 2 = 0 THEN 'customer' ELSE 'agent' END,
        text || CASE WHEN k = 0 THEN ' serial' || n ELSE '' END,
        CASE WHEN k % 2 = 0 THEN 'answered' ELSE 'settled' END, at + k * interval '1 minute'
    FROM new CROSS JOIN generate_series(0, 3) k JOIN said ON i = (n * 31 + k * 17) % 4000;
"""


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
    await _fill(url, arguments.conversations)
    print(f"{arguments.conversations} conversations stored in {time.perf_counter() - began:.0f} s")
    pool = Pool(url)
    context = make_context(open_uow(pool), pool)
    async with context.open_uow() as uow:
        await uow.channel_configs.seed(channel_configs())
        await uow.commit()
    app = create_api(context, None)
    transport = httpx.ASGITransport(app=app)
    took: dict[str, list[float]] = defaultdict(list)
    missed = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        for _ in range(arguments.calls):
            number = random.randint(1, arguments.conversations)
            for kind, params in _calls(number).items():
                start = time.perf_counter()
                answer = await client.get(
                    f"{BASE}/staff/conversations", headers=GRACE, params=params
                )
                took[kind].append((time.perf_counter() - start) * 1000)
                answer.raise_for_status()
                names = [line["customer_name"] for line in answer.json()["conversations"]]
                if "q" in params and kind != "common word":
                    missed += f"Given{number % 977} Family{number}" not in names
    await pool.close()
    print(f"{'call':<16}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    slow = 0
    for kind, times in took.items():
        times.sort()
        p95 = times[int(0.95 * (len(times) - 1))]
        slow += p95 > arguments.limit
        print(f"{kind:<16}{times[len(times) // 2]:>9.0f}{p95:>9.0f}{times[-1]:>9.0f}")
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
    calls["common word"] = {"q": random.choice(_WORDS), "view": "all", "limit": "50"}
    for view, sort in (
        ("waiting", "urgent"),
        ("mine", "urgent"),
        ("all", "newest"),
        ("all", "urgent"),
    ):
        calls[f"{view}, {sort}"] = {"view": view, "sort": sort, "limit": "50"}
    return calls


async def _fill(url: str, conversations: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        # Without triggers: nobody follows these.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_FILL.replace("$count$", str(conversations)))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(main())
