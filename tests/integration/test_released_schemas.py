"""Checks that databases that earlier releases left are opened by this code, with every customer in the state it had."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

import tests.releases
from database.migrate import migrate
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from domain.messages import MessageState
from pipeline.relay import sweep
from tests.integration.test_database_migrations import read_catalog

pytestmark = pytest.mark.postgres
RELEASES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted(Path(tests.releases.__file__).parent.glob("*.sql"))
}


async def load(url: str, dump: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(dump)
    finally:
        await connection.close()


@pytest.mark.parametrize("release", RELEASES)
async def test_a_release_is_migrated_to_the_present_schema_and_goes_on_working(
    database_url: str, empty_database_url: str, release: str
) -> None:
    await load(empty_database_url, RELEASES[release])
    await migrate(empty_database_url)
    expected, migrated = await read_catalog(database_url), await read_catalog(empty_database_url)
    for kind in expected:
        assert migrated[kind] == expected[kind], kind
    pool = Pool(empty_database_url)
    open_uow = open_uow_on(pool)
    try:
        async with open_uow() as uow:
            queue = await uow.conversations.queue(
                owner=None, status=None, channel=None, reason=None, limit=100
            )
            messages = [
                message
                for entry in queue
                for message in await uow.messages.of_conversation(entry.id)
            ]
            letters = await uow.dead_letters.list(None, 100)
        await stop_an_hour_ago(empty_database_url)
        assert await sweep(open_uow, timedelta(seconds=1)) >= 2
    finally:
        await pool.close()
    assert {entry.status for entry in queue} >= {"escalated", "resolved", "waiting_customer"}
    assert {message.state for message in messages} >= {
        MessageState.WAITING,
        MessageState.ANSWERED,
        MessageState.IGNORED,
        MessageState.DEAD,
        MessageState.UNDELIVERED,
    }
    assert len(letters) == 1


async def stop_an_hour_ago(url: str) -> None:
    """As if the release had been stopped an hour ago, its outbox published."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE outbox SET published_at = now()")
        await connection.execute("UPDATE messages SET queued_at = now() - interval '1 hour'")
    finally:
        await connection.close()


def test_the_present_release_has_its_dump() -> None:
    assert tests.releases.version() in RELEASES
