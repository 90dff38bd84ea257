"""A demo becomes an empty system by one command, and stays one at the next start."""

from __future__ import annotations

import asyncio
import io
from argparse import Namespace

import asyncpg
import pytest
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings
from serve_app.company_commands import run
from serve_app.prepare import prepare

pytestmark = pytest.mark.postgres

ARTICLES = "SELECT count(*) FROM knowledge_base"
NAME = "SELECT document->>'name' FROM company_profiles ORDER BY version DESC LIMIT 1"


async def test_a_demo_is_emptied_and_the_next_start_does_not_bring_it_back(
    database_url: str, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        kafka_bootstrap_servers="127.0.0.1:1",
        ticket_token_secret=SecretStr("sixteen characters"),
        staff_api_keys=SecretStr("ann:sixteen characters"),
        enabled_channels="web_form",
        sample_company=True,
    )
    await owner.execute("TRUNCATE company_profiles")
    await asyncio.to_thread(prepare, settings)
    assert await owner.fetchval(NAME) == "TechCorp"
    assert await owner.fetchval(ARTICLES) > 100

    asked, told = io.StringIO(), io.StringIO()
    leave = Namespace(act="leave-demo", yes=False)
    assert await asyncio.to_thread(run, settings, Console(file=asked), leave) == 1
    assert "127 articles" in asked.getvalue()
    assert await owner.fetchval(ARTICLES) > 100
    leave = Namespace(act="leave-demo", yes=True)
    assert await asyncio.to_thread(run, settings, Console(file=told), leave) == 0
    await asyncio.to_thread(prepare, settings)
    assert await owner.fetchval(ARTICLES) == 0
    assert await owner.fetchval(NAME) == "Customer support"
