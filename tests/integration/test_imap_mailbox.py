"""Tests a mailbox of a real Dovecot and the database behind it: no mail missed, none received twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from channels.imap.mailbox import ImapMailbox
from channels.imap.settings import read_server
from channels.imap.transport import ImapIntake
from domain.errors import ProviderUnavailable
from domain.stores import OpenUnitOfWork
from pipeline.mailbox import read_mailbox
from tests.integration.imap_reader import jobs_of
from tests.integration.mail_servers import (
    PASSWORD,
    Dovecot,
    Mailbox,
    make_mailbox,
    needs_dovecot,
    written,
)

pytestmark = [pytest.mark.postgres, needs_dovecot()]

Owner = asyncpg.Connection
MAILS_OF_THE_KILLED = int(os.environ.get("IMAP_MAILS", "40"))


@pytest.fixture
async def reader(mailbox: Mailbox) -> AsyncIterator[ImapMailbox]:
    made = ImapMailbox(mailbox.account(), max_messages=8)
    yield made
    await asyncio.to_thread(made.close)


async def stored(owner: Owner[asyncpg.Record]) -> list[str]:
    rows = await owner.fetch("SELECT message_id_header FROM messages ORDER BY position")
    return [row["message_id_header"] for row in rows]


async def connect(
    work: OpenUnitOfWork, reader: ImapMailbox, mailbox: Mailbox, owner: Owner[asyncpg.Record]
) -> None:
    """Read the empty mailbox for the first time, a minute ago: what comes now is new."""
    await read_mailbox(work, reader, mailbox.address)
    await owner.execute("UPDATE gmail_mailboxes SET connected_at = now() - interval '1 minute'")


async def until(state: Callable[[], Awaitable[bool]], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not await state():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def following(
    mailbox: ImapMailbox, address: str, work: OpenUnitOfWork
) -> AsyncIterator[None]:
    """Reads as the relay does."""
    task = asyncio.create_task(jobs_of(ImapIntake(address, mailbox), work).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_mails_are_stored_once_in_order_and_none_is_marked_as_seen(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    ids = [f"<{number}@example.com>" for number in range(20)]
    mailbox.deliver(*(written("hello", Message_ID=message_id) for message_id in ids))
    for _ in range(3):
        await read_mailbox(open_uow, reader, mailbox.address)
    assert sorted(await stored(owner)) == sorted(ids)
    assert set.union(*mailbox.flags().values()) <= {"\\Recent"}


async def test_a_new_mail_is_seen_at_once_by_idle(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    async with following(reader, mailbox.address, open_uow):
        for number in range(2):
            mailbox.deliver(written("hello", Message_ID=f"<{number}@example.com>"))

            async def has_come(number: int = number) -> bool:
                return len(await stored(owner)) == number + 1

            await until(has_come)


async def test_a_new_uidvalidity_receives_nothing_twice_and_misses_nothing(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    before = [f"<{number}@example.com>" for number in range(11)]
    await connect(open_uow, reader, mailbox, owner)
    mailbox.deliver(*(written("hello", Message_ID=message_id) for message_id in before))
    await read_mailbox(open_uow, reader, mailbox.address)
    first = await owner.fetchval("SELECT cursor FROM gmail_mailboxes")
    mailbox.number_anew()
    mailbox.deliver(written("hello", Message_ID="<late@example.com>"))
    moved = ImapMailbox(mailbox.account(), max_messages=4)
    await read_mailbox(open_uow, moved, mailbox.address)
    await asyncio.to_thread(moved.close)
    second = await owner.fetchval("SELECT cursor FROM gmail_mailboxes")
    assert first.partition("/")[0] != second.partition("/")[0]
    assert sorted(await stored(owner)) == sorted([*before, "<late@example.com>"])
    assert await owner.fetchval("SELECT count(*) FROM outbox") == len(before) + 1


async def test_a_reader_that_is_killed_at_any_moment_loses_and_doubles_no_mail(
    mailbox: Mailbox, database_url: str, owner: Owner[asyncpg.Record], tmp_path: Path
) -> None:
    chance = random.Random(31)
    total = MAILS_OF_THE_KILLED
    ids = [f"<{number}@example.com>" for number in range(total)]
    started = tmp_path / "started"
    given = {
        "address": mailbox.address,
        "imap": f"imaps://localhost:{mailbox.server.tls_port}",
        "password": PASSWORD,
        "ca_file": str(mailbox.server.certificate.certificate),
        "started": str(started),
    }
    command = [
        sys.executable,
        "-m",
        "tests.integration.imap_reader",
        database_url,
        json.dumps(given),
    ]
    left, kills = list(ids), 0

    def begin() -> subprocess.Popen[bytes]:
        started.unlink(missing_ok=True)
        return subprocess.Popen(command)

    process = begin()
    try:
        while left or len(set(await stored(owner))) < total:
            batch, left = left[: total // 5], left[total // 5 :]
            mailbox.deliver(*(written("hello", Message_ID=message_id) for message_id in batch))
            known = len(await stored(owner))
            if not batch:
                await asyncio.sleep(0.2)
            elif known < total:
                # The moment is by the count of mails, so that a slow machine is killed as often.
                goal = known + chance.randint(0, len(batch))

                async def has_read(goal: int = goal) -> bool:
                    return started.exists() and len(await stored(owner)) >= goal

                await until(has_read)
                await asyncio.sleep(chance.random() * 0.05)
                process.kill()
                process.wait()
                kills += 1
                process = begin()
    finally:
        process.kill()
        process.wait()
    assert kills >= 5
    assert sorted(await stored(owner)) == sorted(ids)


async def test_a_restarted_server_is_read_again(
    own_dovecot: Dovecot, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    mailbox = make_mailbox(own_dovecot)
    reader = ImapMailbox(mailbox.account())
    mailbox.deliver(written("hello", Message_ID="<1@example.com>"))

    async def state_is(expected: str) -> bool:
        found = await owner.fetchval(
            "SELECT CASE WHEN failing_since IS NULL THEN 'read' ELSE 'failing' END FROM gmail_mailboxes"
        )
        return bool(found == expected)

    async with following(reader, mailbox.address, open_uow):
        await until(lambda: state_is("read"))
        await asyncio.to_thread(own_dovecot.stop)
        await until(lambda: state_is("failing"))
        mailbox.deliver(written("hello", Message_ID="<2@example.com>"))
        await asyncio.to_thread(own_dovecot.start)
        await until(lambda: state_is("read"))
    assert sorted(await stored(owner)) == ["<1@example.com>", "<2@example.com>"]
    await asyncio.to_thread(reader.close)


class SilentServer:
    """A port that takes connections and never says a word."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._held.append(self._server.accept()[0])

    def close(self) -> None:
        """Break off every connection, which ends whatever waits for a word."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        for connection in self._held:
            connection.close()


@pytest.fixture
def silent_server() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


def silent_mailbox(mailbox: Mailbox, server: SilentServer, timeout: timedelta) -> ImapMailbox:
    return ImapMailbox(
        mailbox.account(
            address="silent@acme.example",
            imap=read_server(f"imaps://localhost:{server.port}", "imap", "silent", plaintext=False),
            timeout=timeout,
        )
    )


async def test_a_server_that_hangs_holds_no_database_connection_and_stops_no_other_mailbox(
    mailbox: Mailbox,
    reader: ImapMailbox,
    silent_server: SilentServer,
    open_uow: OpenUnitOfWork,
    owner: Owner[asyncpg.Record],
) -> None:
    # A connection that it held would be held until the limit, longer than the wait for its end.
    silent = silent_mailbox(mailbox, silent_server, timedelta(seconds=90))
    async with (
        following(silent, "silent@acme.example", open_uow),
        following(reader, mailbox.address, open_uow),
    ):
        mailbox.deliver(written("hello"))

        async def has_come() -> bool:
            return len(await stored(owner)) == 1

        async def none_is_held() -> bool:
            return not await owner.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                " AND datname = current_database()"
            )

        await until(has_come)
        await until(none_is_held)
        silent_server.close()
    await asyncio.to_thread(silent.close)


async def test_a_server_that_hangs_is_given_up_after_the_limit(
    mailbox: Mailbox, silent_server: SilentServer
) -> None:
    silent = silent_mailbox(mailbox, silent_server, timedelta(seconds=0.5))
    with pytest.raises(ProviderUnavailable, match=r"in time|broke off"):
        await silent.open()
    await asyncio.to_thread(silent.close)
