"""Checks that instructions and tools name the company that they are for, and nobody without a profile."""

from __future__ import annotations

from mcp import Client

from deployments.settings import Settings
from domain.company import NO_COMPANY, Company
from domain.errors import ConfigurationError
from mcp_server.connection import Connection
from mcp_server.server import build_server


def no_system() -> Settings:
    raise ConfigurationError("no system runs")


async def texts(company: Company) -> dict[str, str]:
    """What a client reads before it calls anything."""
    async with Client(build_server(Connection(no_system), company=company)) as client:
        listed = (await client.list_tools()).tools
        said = {tool.name: tool.description or "" for tool in listed}
        return {**said, "instructions": client.instructions or ""}


async def test_a_client_reads_whose_support_it_does() -> None:
    said = await texts(Company(name="Brightwell Energy", product="electricity and gas"))
    assert [name for name, text in said.items() if "Brightwell Energy" not in text] == []
    assert "electricity and gas" in said["instructions"]
    assert "electricity and gas" in said["search_knowledge_base"]


async def test_without_a_profile_nobody_is_named() -> None:
    said = await texts(NO_COMPANY)
    assert said["instructions"].startswith("Customer support. For each message")
    assert [name for name, text in said.items() if "TechCorp" in text] == []


async def test_a_server_starts_without_a_system() -> None:
    assert await Connection(no_system).company() == NO_COMPANY
