"""Checks that over MCP too a viewer acts on nothing and whoever guesses keys is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from mcp import Client

from deployments.settings import Settings
from deployments.staff_directory import Staff
from domain.company import NO_COMPANY
from domain.errors import ConfigurationError
from domain.principals import Principal, Role
from domain.stores import UnitOfWork
from mcp_server.connection import Connection
from mcp_server.http import create_app
from mcp_server.metrics import PrometheusMeter
from mcp_server.server import SupportTools, build_server

ACTS: list[tuple[str, dict[str, Any]]] = [
    ("create_ticket", {"customer_email": "a@b.example", "subject": "Export", "message": "How?"}),
    ("escalate_to_human", {"ticket_id": "TKT-4F7K2M9QXZ", "reason": "refund", "summary": "money"}),
    ("send_response", {"ticket_id": "TKT-4F7K2M9QXZ", "message": "Open Settings."}),
]
READS: list[tuple[str, dict[str, Any]]] = [
    ("search_knowledge_base", {"query": "export"}),
    ("get_customer_history", {"customer": "a@b.example"}),
]


def server_for(role: Role) -> SupportTools:
    """Without a system behind it: who may, hears that none runs."""

    def nowhere() -> Settings:
        raise ConfigurationError("no system runs")

    async def caller_of(_context: object) -> Principal:
        return Principal("ada", role)

    return build_server(Connection(nowhere), caller_of)


async def answer(role: Role, tool: str, arguments: dict[str, Any]) -> str:
    async with Client(server_for(role)) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    return str(result.content)


@pytest.mark.parametrize(("tool", "arguments"), ACTS)
async def test_who_only_reads_is_refused_an_act(tool: str, arguments: dict[str, Any]) -> None:
    assert "takes the role agent" in await answer(Role.VIEWER, tool, arguments)
    assert "no system runs" in await answer(Role.AGENT, tool, arguments)


@pytest.mark.parametrize(("tool", "arguments"), READS)
async def test_a_viewer_reads(tool: str, arguments: dict[str, Any]) -> None:
    assert "no system runs" in await answer(Role.VIEWER, tool, arguments)


def no_database() -> UnitOfWork:
    raise AssertionError("no guess of another form is looked up")


async def test_who_guesses_keys_is_refused_and_nobody_elsewhere() -> None:
    key = "a key of sixteen letters"
    settings = Settings(_env_file=None, staff_api_keys=f"grace:{key}")
    staff = Staff(settings.staff_keys, no_database)
    app = create_app(Connection(lambda: settings), settings, PrometheusMeter(), NO_COMPANY, staff)

    async def call(key: str, peer: str) -> int:
        transport = httpx.ASGITransport(app, client=(peer, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
            answer = await client.post("/mcp", headers={"Authorization": f"Bearer {key}"}, json={})
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
        return answer.status_code

    async with app.router.lifespan_context(app):
        guesses = [await call(f"guess-{number}", "198.51.100.7") for number in range(60)]
        assert guesses == [401] * 30 + [429] * 30
        assert await call(key, "198.51.100.7") == 429
        # Let in, and turned away for its Host only.
        assert await call(key, "203.0.113.9") == 421
