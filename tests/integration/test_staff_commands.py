"""Tests `python -m serve_app staff …` and the administrator that the first start makes."""

from __future__ import annotations

import asyncio
import io
from argparse import ArgumentParser

import pytest
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings
from domain.stores import OpenUnitOfWork
from pipeline.staff_accounts import find_by_key
from serve_app.prepare import prepare
from serve_app.staff_commands import add_commands, run

pytestmark = pytest.mark.postgres


def settings_of(database_url: str, **more: object) -> Settings:
    return Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        kafka_bootstrap_servers="127.0.0.1:1",
        ticket_token_secret=SecretStr("sixteen characters"),
        enabled_channels="web_form",
        **more,
    )


async def command(settings: Settings, *words: str) -> tuple[int, str]:
    parser = ArgumentParser()
    add_commands(parser)
    told = io.StringIO()
    console = Console(file=told, width=200)
    status = await asyncio.to_thread(run, settings, console, parser.parse_args(words))
    return status, told.getvalue()


async def test_an_account_is_added_listed_rotated_and_withdrawn(
    database_url: str, open_uow: OpenUnitOfWork
) -> None:
    settings = settings_of(database_url)
    status, told = await command(
        settings, "add", "Ada Lovelace", "--role", "admin", "--email", "ada@acme.example"
    )
    assert status == 0
    key = told.split()[-1]
    account = await find_by_key(open_uow, key)
    assert account is not None
    assert (account.name, account.role) == ("Ada Lovelace", "admin")
    status, told = await command(settings, "add", "ada lovelace", "--role", "viewer")
    assert (status, "there is an account" in told) == (1, True)
    _, told = await command(settings, "list")
    assert "Ada Lovelace <ada@acme.example>: admin, by key" in told
    assert key not in told
    _, told = await command(settings, "rotate", "Ada Lovelace")
    assert await find_by_key(open_uow, key) is None
    key = told.split()[-1]
    assert await find_by_key(open_uow, key) is not None
    assert (await command(settings, "withdraw", "Ada Lovelace"))[0] == 0
    assert await find_by_key(open_uow, key) is None
    assert (await command(settings, "rotate", "Ada Lovelace"))[0] == 1


async def test_the_first_start_makes_an_administrator_and_prints_the_key_once(
    database_url: str, open_uow: OpenUnitOfWork, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(database_url)
    assert settings.missing() == []
    await asyncio.to_thread(prepare, settings)
    told = capsys.readouterr().out
    assert "shown this once" in told
    key = next(line for line in told.splitlines() if line.startswith("staff_"))
    account = await find_by_key(open_uow, key)
    assert account is not None
    assert account.role == "admin"
    await asyncio.to_thread(prepare, settings)
    assert "staff_" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "given",
    [
        {"staff_api_keys": SecretStr("ann:sixteen characters")},
        {
            "oidc_issuer": "https://id.acme.example",
            "oidc_client_id": "console",
            "oidc_client_secret": SecretStr("hush"),
        },
    ],
    ids=["a key of the settings", "an identity provider"],
)
async def test_where_somebody_can_sign_in_no_administrator_is_made(
    database_url: str, open_uow: OpenUnitOfWork, given: dict[str, object]
) -> None:
    await asyncio.to_thread(prepare, settings_of(database_url, **given))
    async with open_uow() as uow:
        assert await uow.staff_accounts.list() == []
