"""Tests dead letters from a shell: seen, replayed once, discarded with a reason, and every act audited."""

from __future__ import annotations

import argparse
import asyncio
import io
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr
from rich.console import Console

from deployments.settings import Settings
from domain import topics
from domain.stores import OpenUnitOfWork
from pipeline.dead_letter import dead_letter
from serve_app.cli import main
from serve_app.dead_letters import add_commands, run
from tests.integration.correspondence import a_message, store
from tests.integration.postgres import APPLICATION_ROLE

pytestmark = pytest.mark.postgres


async def shell(database_url: str, *words: str) -> tuple[int, str]:
    """Exit status and output, as the command gives them."""
    parser = argparse.ArgumentParser()
    add_commands(parser)
    settings = Settings(
        _env_file=None, database_url=SecretStr(database_url), database_role=APPLICATION_ROLE
    )
    console = Console(file=io.StringIO(), width=200)
    status = await asyncio.to_thread(run, settings, console, parser.parse_args(words))
    assert isinstance(console.file, io.StringIO)
    return status, console.file.getvalue()


async def dead_letter_one(open_uow: OpenUnitOfWork, message_id: UUID | None, value: bytes) -> UUID:
    await dead_letter(
        open_uow,
        topic=topics.INCOMING,
        key=None,
        value=value,
        origin=f"{topics.INCOMING}/0/{value.hex()}",
        message_id=message_id,
        cause="no valid envelope",
        attempts=3,
    )
    async with open_uow() as uow:
        letters = await uow.dead_letters.list("open", 9)
    return letters[-1].id


async def test_a_dead_letter_is_listed_and_shown_with_its_raw_value(
    open_uow: OpenUnitOfWork, database_url: str
) -> None:
    assert await shell(database_url, "list") == (0, "none\n")
    letter = await dead_letter_one(open_uow, None, b"\xff{no json")
    status, text = await shell(database_url, "list")
    assert (status, str(letter) in text, "no valid envelope" in text) == (0, True, True)
    status, text = await shell(database_url, "show", str(letter))
    assert (status, "\\xff{no json" in text) == (0, True)


async def test_a_replay_queues_once_and_is_audited_once(
    open_uow: OpenUnitOfWork, database_url: str, owner: asyncpg.Connection
) -> None:
    message = await store(open_uow, a_message())
    letter = await dead_letter_one(open_uow, message.id, b"{}")
    queued = "SELECT count(*) FROM outbox WHERE topic = 'fte.tickets.incoming'"
    assert await shell(database_url, "replay", str(letter)) == (0, "queued again\n")
    assert await shell(database_url, "replay", str(letter)) == (0, "nothing was left to queue\n")
    assert await owner.fetchval(queued) == 1
    acts = await owner.fetch("SELECT actor, action FROM audit_log WHERE action = 'replay'")
    assert [act["actor"].startswith("shell:") for act in acts] == [True]
    status, text = await shell(database_url, "discard", str(letter), "--reason", "too old")
    assert (status, "already replayed" in text) == (1, True)


async def test_a_discard_needs_a_reason_and_keeps_it(
    open_uow: OpenUnitOfWork, database_url: str, owner: asyncpg.Connection
) -> None:
    letter = await dead_letter_one(open_uow, None, b"x")
    with pytest.raises(SystemExit):
        main(["dead-letters", "discard", str(letter)])
    status, _ = await shell(database_url, "discard", str(letter), "--reason", "a test of ours")
    assert status == 0
    assert "a test of ours" in await owner.fetchval("SELECT cause FROM dead_letters")
    assert await owner.fetchval("SELECT action FROM audit_log") == "discard"
    assert (await shell(database_url, "replay", str(letter)))[0] == 1


async def test_one_that_is_not_there_is_said_so(database_url: str) -> None:
    status, text = await shell(database_url, "show", "00000000-0000-0000-0000-000000000000")
    assert (status, text) == (1, "no such dead letter\n")
