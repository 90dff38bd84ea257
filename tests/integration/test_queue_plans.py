"""Tests that a page of the queue reads as few rows as it shows, however many conversations are stored.

Counts the buffers that PostgreSQL reads, which are the same on every machine. A sequential scan is made expensive, so
that one is left only where no index serves.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from benchmarks.desk_rows import fill
from database.queries import load_queries
from database.stores.queue import COUNTED, page_query
from domain.records import QueueCursor, QueueSort, QueueView
from tests.integration.postgres import TEMPLATE, EmbeddedPostgres, create_database, drop_database

pytestmark = pytest.mark.postgres
CONVERSATIONS = 2_000
PAGE = 51
BUFFERS_A_LINE = 20
"""Its conversation, customer, ticket and messages, each with the levels of an index."""
BIG_TABLES = {"conversations", "messages", "tickets", "customers", "customer_identifiers"}
AFTER = QueueCursor(2, datetime(2026, 1, 1, tzinfo=UTC), UUID(int=0))


@pytest.fixture(scope="module")
def desk_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A filled database for all tests of the file, which change nothing in it."""
    name = asyncio.run(create_database(postgres_server, TEMPLATE))
    asyncio.run(fill(postgres_server.url(name), CONVERSATIONS))
    yield postgres_server.url(name)
    asyncio.run(drop_database(postgres_server, name))


@pytest.fixture
async def desk(desk_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        desk_url, server_settings={"jit": "off", "enable_seqscan": "off"}
    )
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def explain(
    desk: asyncpg.Connection, query: str, values: list[object]
) -> tuple[int, set[str]]:
    """Return the buffers that a query reads, and the big tables that it reads whole."""
    found = await desk.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *values)
    plan = json.loads(found)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], set(
        _read_whole(plan)
    ) & BIG_TABLES


def _read_whole(plan: dict[str, Any]) -> list[str]:
    own = (
        [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" and plan["Actual Loops"] else []
    )
    return own + [name for child in plan.get("Plans", ()) for name in _read_whole(child)]


def page(
    view: QueueView = QueueView.ALL,
    sort: QueueSort = QueueSort.NEWEST,
    words: str = "",
    after: QueueCursor | None = None,
    **filters: Any,
) -> tuple[str, list[object]]:
    return page_query(
        viewer="grace", view=view, sort=sort, words=words, filters=filters, after=after, limit=PAGE
    )


async def test_a_page_of_any_view_in_any_order_reads_little_more_than_its_lines(
    desk: asyncpg.Connection,
) -> None:
    for view in QueueView:
        for sort in QueueSort:
            for after in (None, AFTER):
                read, whole = await explain(desk, *page(view, sort, after=after))
                assert not whole, (view, sort)
                # Sorting what one person owns reads that.
                owned = CONVERSATIONS // 40 if view is QueueView.MINE else 0
                assert read <= PAGE * BUFFERS_A_LINE + owned, (view, sort, after)


@pytest.mark.parametrize(
    "filters",
    [
        {"owner": "human"},
        {"status": "resolved"},
        {"status": "closed"},
        {"channel": "email"},
        {"reason": "human_request"},
        {"reason": "legal"},
        {"tag": "vip"},
    ],
    ids=lambda filters: "-".join(*filters.items()),
)
async def test_a_filter_is_checked_inside_an_index(
    desk: asyncpg.Connection, filters: dict[str, object]
) -> None:
    for sort in QueueSort:
        read, whole = await explain(desk, *page(sort=sort, **filters))
        assert not whole
        assert read <= PAGE * BUFFERS_A_LINE + CONVERSATIONS // 20


@pytest.mark.parametrize(
    "words",
    [
        f"TKT-{7919 * 1234:010X}",
        "given.family1234@host234.example",
        "0151 00001234",
        "family1234",
        "serial1234",
        "invoice serial1234",
        "配送",
    ],
)
async def test_a_search_reads_what_it_finds(desk: asyncpg.Connection, words: str) -> None:
    read, whole = await explain(desk, *page(words=words))
    assert not whole
    # The common word of the sixth is in every third conversation.
    assert read <= (CONVERSATIONS if " ser" in words else 500)


async def test_a_word_that_many_hold_is_found_in_the_pages_order(desk: asyncpg.Connection) -> None:
    for sort in QueueSort:
        query, values = page(sort=sort, words="invoice")
        rows = await desk.fetch(query, *values)
        assert len(rows) == PAGE
        read, _ = await explain(desk, query, values)
        assert read <= CONVERSATIONS


async def test_views_are_counted_by_their_indexes_and_not_without_end(
    desk: asyncpg.Connection,
) -> None:
    query = load_queries("queue")["counts"]
    read, whole = await explain(desk, query, ["grace", COUNTED])
    assert not whole
    assert read <= 200
    counts = await desk.fetchrow(query, "grace", COUNTED)
    assert counts is not None
    assert (counts["waiting"], counts["mine"], counts["all"]) == (200, 50, COUNTED)


async def test_what_a_customers_turn_reads_does_not_grow_with_the_desk(
    desk: asyncpg.Connection,
) -> None:
    conversation = await desk.fetchrow("SELECT * FROM conversations WHERE status = 'open' LIMIT 1")
    assert conversation is not None
    message = await desk.fetchval(
        "SELECT id FROM messages WHERE conversation_id = $1 LIMIT 1", conversation["id"]
    )
    customer, channel, week = (
        conversation["customer_id"],
        conversation["channel"],
        timedelta(days=7),
    )
    asked: dict[str, list[object]] = {
        "customers.find_proven": ["email", "given.family7@host7.example"],
        "customers.get": [customer],
        "conversations.find_by_thread": [customer, channel, "provider_attested", ["<a@b>"], week],
        "conversations.find_recent": [customer, channel, "provider_attested", week, True],
        "conversations.find_thread": ["email", ["<a@b>"], ["given.family7@host7.example"]],
        "conversations.history": [conversation["id"], 50, False],
        "conversations.lock_of": [message],
        "turns.before": [conversation["id"]],
        "messages.waiting": [conversation["id"]],
        "messages.last_inbound": [conversation["id"]],
        "messages.sentiments_before": [conversation["id"], [message], 5],
        "messages.oldest_since": ["waiting"],
    }
    await desk.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    for name, values in asked.items():
        store, _, query = name.partition(".")
        read, whole = await explain(desk, load_queries(store)[query], values)
        assert not whole, name
        assert read <= 80, name


@pytest.mark.parametrize("words", ["with", "with invoice"])
async def test_terms_that_nearly_all_hold_are_looked_for_along_the_order(
    desk: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    expected = await _ids(desk, words)
    exact = await _ids(desk, f"{words} family1234")
    monkeypatch.setattr("database.stores.queue._MOST_HITS", 100)
    assert await _ids(desk, words) == expected
    assert await _ids(desk, f"{words} family1234") == exact


async def _ids(desk: asyncpg.Connection, words: str) -> list[UUID]:
    query, values = page(words=words)
    return [row["id"] for row in await desk.fetch(query, *values)]


async def test_the_place_in_the_queue_follows_the_ticket_and_the_clock(
    desk: asyncpg.Connection,
) -> None:
    conversation = await desk.fetchval("SELECT id FROM conversations WHERE queue_rank = 20 LIMIT 1")

    async def place() -> tuple[int, str]:
        row = await desk.fetchrow(
            "SELECT queue_rank, ticket_status, queue_at FROM conversations WHERE id = $1",
            conversation,
        )
        assert row is not None
        return row["queue_rank"], row["ticket_status"]

    assert await place() == (20, "waiting_customer")
    await desk.execute(
        "UPDATE tickets SET status = 'escalated', priority = 'high', escalation_reason = 'legal'"
        " WHERE conversation_id = $1",
        conversation,
    )
    assert await place() == (1, "escalated")
    await desk.execute(
        "INSERT INTO answer_clocks (conversation_id, kind, started_at, warn_at, due_at, priority, profile_version)"
        " VALUES ($1, 'first_response', now(), now(), now(), 'high', 1)",
        conversation,
    )
    await desk.execute("UPDATE answer_clocks SET told = 'breach'")
    assert await place() == (0, "escalated")
    await desk.execute("DELETE FROM answer_clocks")
    assert await place() == (1, "escalated")
    await desk.execute("UPDATE conversations SET status = 'resolved' WHERE id = $1", conversation)
    assert await place() == (30, "escalated")
