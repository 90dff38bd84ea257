"""Tests a whole mailbox through the real Gmail client, the webhook and the database: nothing missed, nothing twice."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from channels.gmail.api import GmailApi
from channels.gmail.sender import GmailSender
from domain.channels import Channel
from domain.messages import Role
from domain.stores import OpenUnitOfWork
from pipeline.dead_letter import replay
from tests.integration.api import MAILBOX, Api, push
from tests.integration.mail import fail, fail_no_more, forget_history, sent, write
from tests.integration.stages import ASKS_HOW, Stages

pytestmark = pytest.mark.postgres


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork, gmail: GmailApi) -> Stages:
    made = await Stages.over(open_uow)
    made.senders[Channel.EMAIL] = GmailSender(gmail)
    return made


async def test_every_push_three_times_at_once_is_one_message_one_reply_and_one_ticket(
    mail_api: Api,
    stages: Stages,
    control: httpx.Client,
    owner: asyncpg.Connection[asyncpg.Record],
) -> None:
    senders = [f"writer{number}@example.com" for number in range(5)]
    for sender in senders:
        write(control, **{"from": sender}, subject="My password", text=ASKS_HOW)
    answers = await asyncio.gather(*(push(mail_api) for _ in range(3 * len(senders))))
    assert {answer.status_code for answer in answers} == {200}
    ids = [row["id"] for row in await owner.fetch("SELECT id FROM messages")]
    assert len(ids) == len(senders)
    turns = [stages.answering.answer(message_id) for message_id in 3 * ids]
    random.Random(1).shuffle(turns)
    await asyncio.gather(*turns, return_exceptions=True)
    replies = [
        row["id"] for row in await owner.fetch("SELECT id FROM messages WHERE role = 'agent'")
    ]
    await asyncio.gather(
        *(stages.delivering.deliver(reply) for reply in 3 * replies), return_exceptions=True
    )
    assert sorted(to for mail in sent(control) for to in mail["to"]) == sorted(senders)
    assert len(replies) == await owner.fetchval("SELECT count(*) FROM tickets") == len(senders)


async def test_lost_and_doubled_pushes_and_a_gone_history_leave_every_mail_stored_once(
    mail_api: Api, control: httpx.Client, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    chance = random.Random(7)
    written = []
    for number in range(30):
        written.append(write(control, **{"from": f"n{number}@example.com"}, text="hello")["id"])
        if number == 15:
            forget_history(control)
        times = chance.choices([0, 1, 2], [10, 70, 20])[0]
        answers = await asyncio.gather(*(push(mail_api) for _ in range(times)))
        assert {answer.status_code for answer in answers} <= {200}
    # What the slow poll does when the last push was lost.
    assert (await push(mail_api)).status_code == 200
    stored = await owner.fetch("SELECT provider_message_id FROM messages")
    assert sorted(row["provider_message_id"] for row in stored) == sorted(written)
    assert await owner.fetchval("SELECT count(*) FROM raw_messages") == len(written)


async def test_a_full_read_that_is_cut_short_goes_on_where_it_was_and_misses_nothing(
    mail_api: Api, control: httpx.Client, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    mailboxes = "gmail_mailboxes"
    await owner.execute(f"UPDATE {mailboxes} SET synced_at = now() - interval '30 days'")
    written = [
        write(
            control,
            **{"from": f"n{number}@example.com"},
            text="hello",
            received_at=(datetime.now(UTC) - timedelta(days=29, hours=-11 * number)).isoformat(),
        )["id"]
        for number in range(60)
    ]
    forget_history(control)
    # Two rounds of at most eight mails go well, then the quota is used up.
    fail(control, status=429, times=99, operation="get", skip=16)
    assert (await push(mail_api)).status_code == 503
    after_the_cut = await owner.fetchval("SELECT count(*) FROM messages")
    assert 0 < after_the_cut <= 16
    assert await owner.fetchval(f"SELECT read_from FROM {mailboxes}") is not None
    fail_no_more(control)
    written.append(write(control, **{"from": "late@example.com"}, text="hello")["id"])
    assert (await push(mail_api)).status_code == 200
    stored = await owner.fetch("SELECT provider_message_id FROM messages")
    assert sorted(row["provider_message_id"] for row in stored) == sorted(written)
    synced = await owner.fetchrow(f"SELECT read_from, now() - synced_at AS age FROM {mailboxes}")
    assert synced is not None
    assert synced["read_from"] is None
    assert synced["age"] < timedelta(minutes=1)


async def stored_ids(owner: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    rows = await owner.fetch("SELECT provider_message_id FROM messages")
    return sorted(row["provider_message_id"] for row in rows)


async def try_again_now(owner: asyncpg.Connection[asyncpg.Record]) -> None:
    await owner.execute("UPDATE failed_items SET retry_at = now() WHERE retry_at IS NOT NULL")


async def test_a_mail_that_google_cant_give_keeps_no_later_one_unread(
    mail_api: Api, control: httpx.Client, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    written = [
        write(control, **{"from": f"n{number}@example.com"}, text="hello")["id"]
        for number in range(61)
    ]
    fail(control, status=500, times=9999, operation="get", about=written[3])
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == sorted(set(written) - {written[3]})
    # A durable record of its own waits for it, since the history has passed by.
    waiting = await owner.fetchrow("SELECT job, item FROM failed_items WHERE attempts IN (1, 2)")
    assert waiting is not None
    assert tuple(waiting) == (f"mailbox {MAILBOX}", written[3])
    fail_no_more(control)
    await try_again_now(owner)
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == sorted(written)
    assert await owner.fetchval("SELECT count(*) FROM failed_items") == 0


async def test_a_mail_that_never_comes_is_shown_to_a_person_who_may_ask_for_it_again(
    mail_api: Api,
    open_uow: OpenUnitOfWork,
    control: httpx.Client,
    owner: asyncpg.Connection[asyncpg.Record],
) -> None:
    bad = write(control, **{"from": "ann@example.com"}, text="hello")["id"]
    fail(control, status=500, times=9999, operation="get", about=bad)
    for _ in range(15):
        assert (await push(mail_api)).status_code == 200
        await try_again_now(owner)
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.origin == f"mailbox {MAILBOX}/{bad}"
    assert letter.attempts == 10
    assert "500" in letter.cause
    fail_no_more(control)
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == []
    assert await replay(open_uow, letter.id, "grace")
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == [bad]


async def test_a_mail_that_nobody_can_read_is_shown_to_a_person_at_once(
    mail_api: Api, open_uow: OpenUnitOfWork, control: httpx.Client
) -> None:
    bad = write(control, raw="Subject: nobody wrote this\r\n\r\nhello")["id"]
    assert (await push(mail_api)).status_code == 200
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.origin == f"mailbox {MAILBOX}/{bad}"


async def test_while_the_mailbox_is_over_its_quota_the_history_stays_and_no_mail_is_blamed(
    mail_api: Api, control: httpx.Client, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    before = await owner.fetchval("SELECT history_id FROM gmail_mailboxes")
    written = write(control, **{"from": "ann@example.com"}, text="hello")["id"]
    fail(control, status=429, times=99, operation="get")
    assert (await push(mail_api)).status_code == 503
    assert await owner.fetchval("SELECT history_id FROM gmail_mailboxes") == before
    assert await owner.fetchval("SELECT count(*) FROM failed_items") == 0
    fail_no_more(control)
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == [written]


async def test_a_mail_that_the_database_refuses_holds_up_no_later_one(
    mail_api: Api, control: httpx.Client, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    bad = write(control, **{"from": "ann@example.com"}, text="hello")["id"]
    good = write(control, **{"from": "bob@example.com"}, text="hello")["id"]
    await owner.execute(
        f"ALTER TABLE messages ADD CONSTRAINT refused CHECK (provider_message_id <> '{bad}')"
    )
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == [good]
    await owner.execute("ALTER TABLE messages DROP CONSTRAINT refused")
    await try_again_now(owner)
    assert (await push(mail_api)).status_code == 200
    assert await stored_ids(owner) == sorted([bad, good])


async def test_a_thread_of_five_mails_is_one_conversation_with_right_headers_at_every_step(
    mail_api: Api,
    stages: Stages,
    control: httpx.Client,
    owner: asyncpg.Connection[asyncpg.Record],
) -> None:
    questions = (
        ASKS_HOW,
        "And how do I turn on two-factor authentication?",
        "How can I export a project to CSV?",
        "How do I invite people to a workspace?",
        "How do I connect Slack?",
    )
    references: list[str] = []
    for step, question in enumerate(questions):
        reply_to = {"in_reply_to": references[-1], "references": references} if references else {}
        subject = "Größe des Kontos" if step == 0 else "Re: Größe des Kontos"
        mail = write(
            control, **{"from": "ann@example.com"}, subject=subject, text=question, **reply_to
        )
        assert (await push(mail_api)).status_code == 200
        newest = "SELECT id FROM messages WHERE role = $1 ORDER BY position DESC LIMIT 1"
        await stages.answering.answer(await owner.fetchval(newest, Role.CUSTOMER.value))
        await stages.delivering.deliver(await owner.fetchval(newest, Role.AGENT.value))
        assert len(sent(control)) == step + 1
        reply = sent(control)[-1]
        references.append(mail["messageId"])
        assert reply["headers"]["In-Reply-To"] == mail["messageId"]
        assert reply["headers"]["References"].split() == references
        assert reply["subject"] == "Re: Größe des Kontos"
        assert reply["threadId"] == mail["threadId"]
        references.append(reply["headers"]["Message-ID"])
    assert await owner.fetchval("SELECT count(*) FROM conversations") == 1
    assert await owner.fetchval("SELECT count(*) FROM tickets") == 1
