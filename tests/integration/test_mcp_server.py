"""Tests the five tools as a client made by others meets them: the official one, over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.configs.embedding import EmbeddingConfig
from deployments.gauges import HandOverCounter
from deployments.in_process import InProcessEmbedder
from deployments.metrics import InMemoryMeter
from serve_app.knowledge import index_document
from serve_app.local.ports import find_free_port
from tests.integration.correspondence import (
    ANN,
    ANN_PHONE,
    CLAIMED_ANN,
    a_message,
    open_ticket,
    store,
)
from tests.integration.postgres import (
    APPLICATION_ROLE,
    TEMPLATE,
    EmbeddedPostgres,
    create_database,
)

ROOT = Path(__file__).parents[2]
KEY = "key-of-grace-in-the-tests"
TOOLS = {
    "search_knowledge_base",
    "create_ticket",
    "get_customer_history",
    "escalate_to_human",
    "send_response",
}
ARTICLES = """# Product documentation

## Category: Account and login

### Reset your password

Use this when you have forgotten your password or cannot sign in.

1. Open app.techcorp.example and select **Forgot password?** under the sign-in button.
2. Enter the e-mail address of your account and select **Send reset link**.

The reset link is valid for 60 minutes and works once.

### Export a board as a CSV file

Open the board menu and select **Export**, then **CSV**. The file holds every card with its fields.
"""
ANSWER = (
    "Open app.techcorp.example and select Forgot password? under the sign-in button, "
    "then select Send reset link. The reset link is valid for 60 minutes."
)


WRONG_CALLS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("search_knowledge_base", {}, ["query: is required"]),
    ("search_knowledge_base", {"query": 5}, ["query", "string"]),
    ("search_knowledge_base", {"query": "   "}, ["query", "at least 1 character"]),
    ("search_knowledge_base", {"query": "x", "max_results": 99}, ["max_results", "10"]),
    (
        "search_knowledge_base",
        {"query": "x", "max_result": 3},
        ["max_result", "no argument", "max_results"],
    ),
    (
        "create_ticket",
        {"subject": "A subject"},
        ["customer_email: is required", "message: is required"],
    ),
    (
        "create_ticket",
        {"customer_email": "no address", "subject": "A subject", "message": "Hello"},
        ["e-mail address"],
    ),
    (
        "create_ticket",
        {
            "customer_email": "a@b.example",
            "subject": "A subject",
            "message": "Hi",
            "priority": "now",
        },
        ["priority", "urgent"],
    ),
    ("get_customer_history", {"customer": "somebody"}, ["customer", "phone number"]),
    ("get_customer_history", {"customer": "nobody@example.com"}, ["Not found"]),
    ("get_customer_history", {"customer": "TKT-00000000"}, ["no such ticket"]),
    (
        "escalate_to_human",
        {"ticket_id": "TKT-00000000", "reason": "bored", "summary": "x"},
        ["reason", "human_request"],
    ),
    (
        "escalate_to_human",
        {"ticket_id": "TKT-00000000", "reason": "legal", "summary": "x"},
        ["no such ticket"],
    ),
    ("send_response", {"ticket_id": "four", "message": "x"}, ["ticket_id", "TKT-"]),
    ("send_response", {"ticket_id": "TKT-00000000", "message": "x"}, ["no such ticket"]),
    ("drop_tables", {}, ["Unknown tool"]),
]


@dataclass(frozen=True)
class System:
    """A migrated database with a knowledge base, as the settings of a running system name it."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.url,
            "DATABASE_ROLE": APPLICATION_ROLE,
            "STAFF_API_KEYS": f"grace:{KEY}",
            "TICKET_TOKEN_SECRET": "a secret of at least 16 characters",
            "PUBLIC_BASE_URL": "https://support.example",
        }


@pytest.fixture(scope="module")
def system(postgres_server: EmbeddedPostgres) -> System:
    name = asyncio.run(create_database(postgres_server, TEMPLATE))
    found = System(postgres_server.url(name))
    asyncio.run(_index(found.url))
    return found


async def _index(url: str) -> None:
    pool = Pool(url, role=APPLICATION_ROLE)
    config = EmbeddingConfig()
    try:
        await index_document(
            open_uow_on(pool),
            InProcessEmbedder.configured(config),
            "docs.md",
            ARTICLES,
            config.model_key,
        )
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def address(system: System) -> Iterator[str]:
    """A server over HTTP, started by its command."""
    port = find_free_port()
    command = [sys.executable, "-m", "mcp_server", "--http", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=system.environment)
    try:
        _wait_until_it_listens(port, process)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server has ended"
        try:
            httpx.get(f"http://127.0.0.1:{port}/mcp", timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        return
    raise AssertionError("the server does not listen")


@asynccontextmanager
async def client_at(address: str, key: str = KEY) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def client_of_a_process(environment: Mapping[str, str]) -> AsyncIterator[Client]:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_server"], cwd=ROOT, env=dict(environment)
    )
    async with Client(stdio_client(parameters)) as client:
        yield client


async def answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    text = getattr(result.content[0], "text", "")
    assert not result.is_error, text
    assert result.structured_content == json.loads(text)
    return dict(result.structured_content)


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.structured_content
    return str(getattr(result.content[0], "text", ""))


async def a_ticket(client: Client, message: str, **more: Any) -> dict[str, Any]:
    given = {
        "customer_email": "ada@example.com",
        "customer_name": "Ada Fox",
        "subject": "My question",
        "message": message,
    }
    return await answer(client, "create_ticket", **{**given, **more})


async def rows(system: System, query: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(system.url)
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def said_in(system: System, ticket: str) -> list[tuple[str, str, str]]:
    found = await rows(
        system,
        "SELECT m.role, m.content, m.state FROM messages m JOIN tickets t USING (conversation_id) "
        "WHERE t.number = $1 ORDER BY m.position",
        ticket,
    )
    return [tuple(row) for row in found]


async def test_over_stdio_a_client_lists_and_calls_all_five_tools(system: System) -> None:
    async with client_of_a_process(system.environment) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == TOOLS
        assert all(tool.description and tool.output_schema for tool in listed.values())
        found = await answer(client, "search_knowledge_base", query="How do I reset my password?")
        assert found["is_answerable"]
        assert found["passages"][0]["title"] == "Reset your password"

        ticket = await a_ticket(client, "Hello, how do I reset my password?")
        number = ticket["ticket_id"]
        assert ticket["status"] == "open"
        assert ticket["ticket_page"].startswith(f"https://support.example/ticket/#{number}.")

        asked = await answer(client, "get_customer_history", customer=number)
        assert [line["text"] for line in asked["messages"]] == [
            "Hello, how do I reset my password?"
        ], "what waits for an answer is part of the history"

        sent = await answer(client, "send_response", ticket_id=number, message=ANSWER)
        assert sent["status"] == "waiting_customer"
        history = await answer(client, "get_customer_history", customer=number)
        assert [line["role"] for line in history["messages"]] == ["customer", "agent"]

        handed = await answer(
            client,
            "escalate_to_human",
            ticket_id=number,
            reason="human_request",
            summary="Wants Eve.",
        )
        assert (handed["status"], handed["escalation_reason"]) == ("escalated", "human_request")
    said = await said_in(system, number)
    assert [role for role, _, _ in said] == ["customer", "agent", "agent"]
    assert "Forgot password?" in said[1][1]
    assert said[0][2] == "answered"
    queued = await rows(
        system,
        "SELECT 1 FROM outbox o JOIN tickets t ON o.value->>'conversation_id' = t.conversation_id::text "
        "WHERE t.number = $1 AND topic = 'fte.tickets.outgoing'",
        number,
    )
    assert len(queued) == 2


async def test_without_a_running_system_each_call_says_how_to_start_one(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    async with client_of_a_process(environment) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        said = await refusal(client, "search_knowledge_base", query="password")
    assert "make run" in said
    assert os.listdir(tmp_path) == []


async def test_over_http_the_same_tools_act_in_the_name_of_the_key(
    system: System, address: str
) -> None:
    async with client_at(address) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        ticket = await a_ticket(client, "Hi, how can I reset my password?")
        await answer(client, "send_response", ticket_id=ticket["ticket_id"], message=ANSWER)
    acts = await rows(
        system,
        "SELECT action, actor FROM audit_log a JOIN tickets t ON a.subject_id = t.conversation_id::text "
        "WHERE t.number = $1 ORDER BY a.created_at",
        ticket["ticket_id"],
    )
    assert [tuple(act) for act in acts] == [("open_ticket", "grace"), ("send_response", "grace")]


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", f"Basic {KEY}"])
def test_over_http_nobody_calls_without_a_staff_key(address: str, key: str) -> None:
    refused = httpx.post(address, headers={"Authorization": key}, json={})
    assert refused.status_code == 401
    assert refused.json()["error"] == "unauthorized"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Host": "evil.example"}, 421)],
)
def test_over_http_a_page_of_another_origin_is_turned_away(
    address: str, headers: dict[str, str], status: int
) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    staff = {"Authorization": f"Bearer {KEY}", "Accept": "application/json, text/event-stream"}
    assert httpx.post(address, headers={**staff, **headers}, json=body).status_code == status


@pytest.mark.parametrize(("tool", "arguments", "words"), WRONG_CALLS)
async def test_wrong_calls_are_answered_with_what_is_wrong(
    address: str, tool: str, arguments: dict[str, Any], words: list[str]
) -> None:
    async with client_at(address) as client:
        said = await refusal(client, tool, **arguments)
    assert all(word in said for word in words), said
    assert "Traceback" not in said
    assert "pydantic" not in said


async def test_wrong_calls_are_answered_the_same_over_stdio(system: System) -> None:
    async with client_of_a_process(system.environment) as client:
        for tool, arguments, words in WRONG_CALLS:
            said = await refusal(client, tool, **arguments)
            assert all(word in said for word in words), said


async def test_a_reply_that_our_own_agent_may_not_send_is_refused(
    system: System, address: str
) -> None:
    async with client_at(address) as client:
        ticket = await a_ticket(client, "Hello, how do I reset my password?")
        number = ticket["ticket_id"]
        for lie in (
            "I have refunded your last invoice, the money arrives tomorrow.",
            "The quantum toaster melts cheese on Neptune every single Tuesday morning.",
            "Please look at https://evil.example/reset to reset your password.",
        ):
            said = await refusal(client, "send_response", ticket_id=number, message=lie)
            assert "Refused" in said
    assert [role for role, _, _ in await said_in(system, number)] == ["customer"]


async def test_a_hard_limit_goes_to_a_person_whatever_the_outside_agent_wants(
    system: System, address: str
) -> None:
    async with client_at(address) as client:
        ticket = await a_ticket(client, "I want my money back, refund the last invoice please.")
        assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "refund")
        said = await refusal(client, "send_response", ticket_id=ticket["ticket_id"], message=ANSWER)
    assert "only a person" in said
    assert [role for role, _, _ in await said_in(system, ticket["ticket_id"])] == [
        "customer",
        "agent",
    ]


async def test_its_metrics_ask_for_the_key(address: str) -> None:
    metrics = address.removesuffix("/mcp") + "/metrics"
    async with httpx.AsyncClient() as web:
        assert (await web.get(metrics)).status_code == 401
        shown = await web.get(metrics, headers={"Authorization": f"Bearer {KEY}"})
    assert shown.headers["content-type"].startswith("text/plain")


async def test_a_hand_over_by_an_outside_agent_is_counted_by_the_leader(
    system: System, address: str
) -> None:
    pool, meter = Pool(system.url), InMemoryMeter()
    counter = HandOverCounter(open_uow_on(pool), meter)
    await counter.read()
    async with client_at(address) as client:
        ticket = await a_ticket(client, "Hello, how do I reset my password?")
        summary = "Speaks of a lawyer on the phone."
        await answer(
            client,
            "escalate_to_human",
            ticket_id=ticket["ticket_id"],
            reason="legal",
            summary=summary,
        )
    await counter.read()
    labels = {"channel": "web_form", "reason": "legal", "author": "mcp:grace"}
    assert meter.value("fte_escalations", **labels) == 1
    await pool.close()


async def test_a_ticket_that_a_person_works_on_is_left_to_that_person(
    system: System, address: str
) -> None:
    async with client_at(address) as client:
        number = (await a_ticket(client, "Hello, how do I reset my password?"))["ticket_id"]
        await rows(
            system,
            "UPDATE conversations SET owner = 'human', owner_name = 'eve' "
            "WHERE id = (SELECT conversation_id FROM tickets WHERE number = $1)",
            number,
        )
        said = await refusal(client, "send_response", ticket_id=number, message=ANSWER)
    assert "eve" in said


async def test_the_same_key_opens_one_ticket_and_a_second_hand_over_says_nothing_again(
    system: System, address: str
) -> None:
    async with client_at(address) as client:
        message = "Where do I find the export of a board?"
        first = await a_ticket(client, message, idempotency_key="call-17")
        again = await a_ticket(client, message, idempotency_key="call-17")
        assert first["ticket_id"] == again["ticket_id"]
        for _ in range(2):
            await answer(
                client,
                "escalate_to_human",
                ticket_id=first["ticket_id"],
                reason="no_kb_match",
                summary="Not in the articles.",
            )
    assert len(await said_in(system, first["ticket_id"])) == 2


async def test_by_ticket_an_unproven_sender_sees_that_conversation_alone(
    system: System, address: str
) -> None:
    pool = Pool(system.url, role=APPLICATION_ROLE)
    try:
        work = open_uow_on(pool)
        proven = await store(work, a_message(ANN_PHONE, text="My proven secret"), state="answered")
        claimed = await store(work, a_message(CLAIMED_ANN, text="Only a claim"), state="answered")
        ticket = await open_ticket(work, claimed)
        async with work() as transaction:
            await transaction.customers.link(proven.customer_id, ANN, "test")
            await transaction.commit()
    except Exception:
        await pool.close()
        raise
    await pool.close()
    async with client_at(address) as client:
        by_ticket = await answer(client, "get_customer_history", customer=ticket.number)
        by_phone = await answer(client, "get_customer_history", customer=ANN_PHONE.value)
    assert [line["text"] for line in by_ticket["messages"]] == ["Only a claim"]
    assert "My proven secret" in [line["text"] for line in by_phone["messages"]]
