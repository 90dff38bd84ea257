"""Tests a mailbox of a real Dovecot and the database behind it: no mail missed, none received twice."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from channels.imap.mailbox import ImapMailbox
from channels.imap.settings import UNREADABLE, Security, read_server
from channels.imap.transport import ImapIntake
from domain.errors import ProviderUnavailable
from domain.records import MailboxMark
from domain.stores import OpenUnitOfWork
from pipeline.mailbox import read_mailbox
from tests.integration.imap_reader import jobs_of
from tests.integration.mail_servers import (
    PASSWORD,
    Dovecot,
    Mailbox,
    make_mailbox,
    needs_dovecot,
    token_for,
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


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(server.accept()[0])

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


async def test_a_server_that_hangs_holds_no_database_connection_and_stops_no_other_mailbox(
    mailbox: Mailbox,
    reader: ImapMailbox,
    silent_server: int,
    open_uow: OpenUnitOfWork,
    owner: Owner[asyncpg.Record],
) -> None:
    silent = ImapMailbox(
        mailbox.account(
            address="silent@acme.example",
            imap=read_server(
                f"imaps://localhost:{silent_server}", "imap", "silent", plaintext=False
            ),
            timeout=timedelta(seconds=0.5),
        )
    )
    async with (
        following(silent, "silent@acme.example", open_uow),
        following(reader, mailbox.address, open_uow),
    ):
        mailbox.deliver(written("hello"))

        async def has_come() -> bool:
            return len(await stored(owner)) == 1

        await until(has_come)
        assert not await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
            " AND datname = current_database()"
        )
    with pytest.raises(ProviderUnavailable, match=r"in time|broke off"):
        await silent.open()
    await asyncio.to_thread(silent.close)


async def test_a_mail_that_nobody_can_read_is_shown_to_a_person_and_keeps_no_later_one_unread(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    mailbox.deliver(b"Subject: nobody wrote this\r\nMessage-ID: <bad@example.com>\r\n\r\nhello")
    mailbox.deliver(written("hello", Message_ID="<good@example.com>"))
    await read_mailbox(open_uow, reader, mailbox.address)
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.attempts == 1
    assert await stored(owner) == ["<good@example.com>"]
    assert UNREADABLE in mailbox.flags()["<bad@example.com>"]


async def test_a_mail_that_the_database_refuses_comes_again_and_holds_up_no_later_one(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    mailbox.deliver(written("hello", Message_ID="<bad@example.com>"))
    mailbox.deliver(written("hello", Message_ID="<good@example.com>"))
    await owner.execute(
        "ALTER TABLE messages ADD CONSTRAINT refused CHECK (message_id_header <> '<bad@example.com>')"
    )
    await read_mailbox(open_uow, reader, mailbox.address)
    assert await stored(owner) == ["<good@example.com>"]
    await owner.execute("ALTER TABLE messages DROP CONSTRAINT refused")
    await owner.execute("UPDATE failed_items SET retry_at = now()")
    await read_mailbox(open_uow, reader, mailbox.address)
    assert sorted(await stored(owner)) == ["<bad@example.com>", "<good@example.com>"]
    assert await owner.fetchval("SELECT count(*) FROM failed_items") == 0


async def test_a_mail_to_two_mailboxes_of_the_company_is_one_message(
    dovecot: Dovecot, mailbox: Mailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    other, mail = make_mailbox(dovecot), written("hello", Message_ID="<one@example.com>")
    for each in (mailbox, other):
        each.deliver(b"Received: by " + each.address.encode() + b"\r\n" + mail)
        reader = ImapMailbox(each.account())
        await read_mailbox(open_uow, reader, each.address)
        await asyncio.to_thread(reader.close)
    assert await stored(owner) == ["<one@example.com>"]


async def test_mails_without_a_message_id_are_told_apart(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    mail = written("Please call me.", Message_ID="", Date="")
    mailbox.deliver(b"Received: from form; 1\r\n" + mail, b"Received: from form; 2\r\n" + mail)
    await read_mailbox(open_uow, reader, mailbox.address)
    assert len(await stored(owner)) == 2


async def test_the_first_read_goes_back_three_months_and_a_mail_has_the_time_of_its_arrival(
    mailbox: Mailbox, reader: ImapMailbox
) -> None:
    now = datetime.now(UTC)
    for days in (100, 6, 1):
        mailbox.deliver(
            written("hello", Message_ID=f"<{days}@example.com>"), at=now - timedelta(days=days)
        )
    new = await reader.read_since(MailboxMark())
    assert {message.message_id_header for message in new.messages} == {
        "<6@example.com>",
        "<1@example.com>",
    }
    for message in new.messages:
        days = 6 if message.message_id_header == "<6@example.com>" else 1
        assert abs(message.received_at - (now - timedelta(days=days))) < timedelta(seconds=2)


async def test_old_mail_is_context_and_a_colleagues_answer_takes_the_conversation_over(
    mailbox: Mailbox, reader: ImapMailbox, open_uow: OpenUnitOfWork, owner: Owner[asyncpg.Record]
) -> None:
    now = datetime.now(UTC)
    old = [written("hello", Message_ID=f"<old{number}@example.com>") for number in range(20)]
    mailbox.deliver(*old, at=now - timedelta(days=3))
    await connect(open_uow, reader, mailbox, owner)
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE state = 'ignored'") == 20
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 0
    # The server tells whole seconds.
    asked, answered, asked_again = (now + timedelta(seconds=later) for later in (0, 15, 30))
    mailbox.deliver(written("How?", Message_ID="<question@example.com>"), at=asked)
    await read_mailbox(open_uow, reader, mailbox.address)
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 1
    answer = written(
        "Like this.",
        sender=mailbox.address,
        To="ann@example.com",
        In_Reply_To="<question@example.com>",
        Message_ID="<answer@acme.example>",
    )
    mailbox.keep_sent(answer, at=answered)
    again = written("Thanks, and then?", In_Reply_To="<answer@acme.example>")
    mailbox.deliver(again, at=asked_again)
    await read_mailbox(open_uow, reader, mailbox.address)
    roles = await owner.fetch(
        "SELECT role, state FROM messages WHERE conversation_id = (SELECT conversation_id FROM messages"
        " WHERE message_id_header = '<question@example.com>') ORDER BY position DESC LIMIT 3"
    )
    assert [tuple(row) for row in reversed(roles)] == [
        ("customer", "answered"),
        ("staff", "settled"),
        ("customer", "with_human"),
    ]


async def test_an_answer_that_a_person_sent_during_an_outage_is_found_in_sent(
    mailbox: Mailbox, reader: ImapMailbox
) -> None:
    mailbox.deliver(written("How?", Message_ID="<question@example.com>"))
    new = await reader.read_since(MailboxMark())
    mailbox.keep_sent(
        written(
            "Like this.",
            sender=mailbox.address,
            References="<other@example.com> <question@example.com>",
        )
    )
    answers = await reader.read_answers(new.messages[0])
    assert [answer.text.strip() for answer in answers.sent] == ["Like this."]
    assert answers.failed == []


async def test_a_token_command_runs_again_only_when_its_token_is_refused(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    tokens, runs = tmp_path / "token", tmp_path / "runs"
    tokens.write_text(token_for(mailbox.address, exp=1))
    script = tmp_path / "print-token"
    script.write_text(f"#!/bin/sh\necho run >> {runs}\ncat {tokens}\n")
    script.chmod(0o700)
    account = mailbox.account(password=SecretStr(""), token_command=SecretStr(str(script)))
    reader = ImapMailbox(account)
    with pytest.raises(ProviderUnavailable, match="refuses the login"):
        await reader.open()
    tokens.write_text(token_for(mailbox.address))
    await reader.open()
    before = runs.read_text().count("run")
    await reader.read_since(MailboxMark())
    await reader.open()
    assert runs.read_text().count("run") == before
    await asyncio.to_thread(reader.close)


async def test_a_wrong_password_and_an_untrusted_certificate_are_refused(mailbox: Mailbox) -> None:
    for account in (
        mailbox.account(password=SecretStr("another password")),
        mailbox.account(ca_file=""),
    ):
        reader = ImapMailbox(account)
        with pytest.raises(ProviderUnavailable) as refusal:
            await reader.open()
        assert PASSWORD not in str(refusal.value)
        await asyncio.to_thread(reader.close)


async def test_starttls_protects_the_login(mailbox: Mailbox) -> None:
    url = f"imap://localhost:{mailbox.server.plain_port}"
    plain = read_server(url, "imap", mailbox.address, plaintext=False)
    protected = dataclasses.replace(plain, security=Security.STARTTLS)
    for server in (plain, protected):
        reader = ImapMailbox(mailbox.account(imap=server))
        await reader.open()
        await asyncio.to_thread(reader.close)
