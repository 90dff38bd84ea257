"""Tests what happens in a mailbox that people use as well: old mail, colleagues' answers, and mail that comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import httpx
import pytest

from channels.gmail.api import GmailApi
from channels.gmail.mailbox import GmailMailbox
from channels.gmail.sender import GmailSender
from channels.gmail.transport import GmailIntake
from domain.channels import Channel
from domain.errors import ProviderUnavailable
from domain.messages import DeliveryState, MessageState, Role
from domain.records import Owner
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, TicketStatus
from pipeline import staff
from tests.integration.api import GRACE, MAILBOX, Api, OneTokenVerifier, push
from tests.integration.mail import (
    add_alias,
    fail,
    fail_no_more,
    rewrite_message_ids,
    sent,
    write,
)
from tests.integration.stages import ASKS_HOW, RecordingSender, Stages

pytestmark = pytest.mark.postgres

Owned: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork, gmail: GmailApi) -> Stages:
    made = await Stages.over(open_uow)
    made.senders[Channel.EMAIL] = GmailSender(gmail)
    return made


@pytest.fixture
async def fresh_api(api: Api, gmail: GmailApi) -> AsyncIterator[Api]:
    """The API with the real mailbox behind its webhook, which nobody has read yet."""
    mailbox = GmailMailbox(gmail, max_messages=8)
    yield api.with_intake(Channel.EMAIL, GmailIntake(MAILBOX, mailbox, OneTokenVerifier()))
    mailbox.close()


async def read(api: Api) -> None:
    assert (await push(api)).status_code == 200


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


async def answer_newest(stages: Stages, owner: Owned) -> UUID | None:
    """What the agent stage does with the newest message; the reply's id."""
    newest = "SELECT id FROM messages WHERE role = $1 ORDER BY position DESC LIMIT 1"
    outcome = await stages.answering.answer(await owner.fetchval(newest, Role.CUSTOMER.value))
    if outcome is None:
        return None
    reply: UUID = await owner.fetchval(newest, Role.AGENT.value)
    return reply


async def ask_and_answer(
    api: Api, stages: Stages, control: httpx.Client, owner: Owned, text: str = ASKS_HOW
) -> dict[str, Any]:
    """A customer's mail and our reply to it, as the provider lists it."""
    write(control, **{"from": "ann@example.com"}, subject="My password", text=text)
    await read(api)
    reply = await answer_newest(stages, owner)
    assert reply is not None
    await stages.delivering.deliver(reply)
    return sent(control)[-1]


async def rows(owner: Owned, query: str = "SELECT * FROM messages ORDER BY position") -> list[Any]:
    return list(await owner.fetch(query))


async def connected(owner: Owned, **time: float) -> None:
    """As if the mailbox had been connected, and read for the last time, this long ago."""
    await owner.execute(
        "UPDATE gmail_mailboxes SET connected_at = $1, synced_at = $1",
        datetime.now(UTC) - timedelta(**time),
    )


async def test_mail_that_lies_in_a_mailbox_at_connecting_is_context_and_never_answered(
    fresh_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    times = [datetime.now(UTC) - timedelta(hours=7 * number) for number in range(20)]
    for number, at in enumerate(times):
        write(
            control,
            **{"from": f"n{number}@example.com"},
            subject=f"Question {number}",
            text=ASKS_HOW,
            received_at=at.isoformat(),
        )
    await read(fresh_api)
    stored = await rows(owner)
    assert {row["state"] for row in stored} == {MessageState.IGNORED}
    assert len({row["conversation_id"] for row in stored}) == 20
    assert sorted(row["created_at"] for row in stored) == sorted(
        at.replace(microsecond=at.microsecond // 1000 * 1000) for at in times
    )
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 0
    for row in stored:
        assert await stages.answering.answer(row["id"]) is None
    assert await owner.fetchval("SELECT count(*) FROM turns") == 0
    assert sent(control) == []
    listed = await fresh_api.client.get("/api/v1/staff/conversations", headers=GRACE)
    assert len(listed.json()["conversations"]) == 20
    view = await fresh_api.client.get(
        f"/api/v1/staff/conversations/{stored[0]['conversation_id']}", headers=GRACE
    )
    assert view.json()["messages"][0]["content"] == ASKS_HOW


async def test_the_next_mail_of_an_imported_thread_is_answered_with_its_context(
    fresh_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    old = write(
        control,
        **{"from": "ann@example.com"},
        subject="Login",
        text="I use the app on my phone.",
        received_at=ago(days=3),
    )
    await read(fresh_api)
    write(
        control,
        **{"from": "ann@example.com"},
        subject="Re: Login",
        text=ASKS_HOW,
        in_reply_to=old["messageId"],
    )
    await read(fresh_api)
    assert await answer_newest(stages, owner) is not None
    assert await owner.fetchval("SELECT count(*) FROM conversations") == 1


async def test_a_mail_moved_into_the_inbox_later_is_context(
    fresh_api: Api, gmail: GmailApi, control: httpx.Client, owner: Owned
) -> None:
    before, after = (
        write(control, **{"from": "ann@example.com"}, text="hi", labels=[], received_at=ago(days=d))
        for d in (20, 3)
    )
    await read(fresh_api)
    await owner.execute("UPDATE gmail_mailboxes SET connected_at = now() - interval '10 days'")
    for mail in (before, after):
        await gmail.add_labels(mail["id"], ["INBOX"])
    await read(fresh_api)
    assert [row["state"] for row in await rows(owner)] == [MessageState.IGNORED] * 2
    assert await owner.fetchval("SELECT count(*) FROM tickets") == 0


async def test_mail_older_than_the_company_answers_goes_to_a_person_after_an_outage(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    await connected(owner, hours=40)
    write(control, **{"from": "ann@example.com"}, text=ASKS_HOW, received_at=ago(hours=30))
    write(control, **{"from": "bob@example.com"}, text=ASKS_HOW, received_at=ago(hours=3))
    await read(mail_api)
    late, recent = await rows(owner)
    assert late["state"] == MessageState.WITH_HUMAN
    ticket = await stages.ticket(late["conversation_id"])
    assert ticket.status is TicketStatus.ESCALATED
    assert await stages.answering.answer(late["id"]) is None
    assert recent["state"] == MessageState.WAITING
    assert await stages.queued("fte.tickets.incoming") == [recent["id"]]


async def test_what_a_person_answered_during_an_outage_is_not_answered_again(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    await connected(owner, hours=5)
    question = write(
        control,
        **{"from": "ann@example.com"},
        subject="Login",
        text=ASKS_HOW,
        received_at=ago(hours=3),
    )
    # More mails than one step reads lie between the question and its answer.
    for number in range(12):
        write(control, **{"from": f"n{number}@example.com"}, text="hi", received_at=ago(hours=2))
    write(
        control,
        labels=["SENT"],
        to="ann@example.com",
        subject="Re: Login",
        text="Click on Forgot password.",
        in_reply_to=question["messageId"],
        received_at=ago(hours=1),
    )
    await read(mail_api)
    [answered] = await rows(owner, "SELECT * FROM messages WHERE state = 'answered'")
    assert answered["provider_message_id"] == question["id"]
    assert answered["id"] not in await stages.queued("fte.tickets.incoming")
    [said] = await rows(owner, "SELECT * FROM messages WHERE role = 'staff'")
    assert said["content"] == "Click on Forgot password."


async def test_a_colleague_who_answers_from_the_mailbox_takes_the_conversation_over(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    ours = await ask_and_answer(mail_api, stages, control, owner)
    write(
        control,
        labels=["SENT"],
        name="Bob Field",
        to="ann@example.com",
        subject="Re: My password",
        text="Hello Ann, I have reset it for you.",
        in_reply_to=ours["headers"]["Message-ID"],
    )
    write(
        control,
        **{"from": "ann@example.com"},
        subject="Re: My password",
        text=f"Thank you! {ASKS_HOW}",
        in_reply_to=ours["headers"]["Message-ID"],
    )
    await read(mail_api)
    assert await answer_newest(stages, owner) is None
    *_, said, asked = await rows(owner)
    assert (said["role"], said["author"]) == (Role.STAFF, "Bob Field")
    assert said["content"] == "Hello Ann, I have reset it for you."
    assert asked["state"] == MessageState.WITH_HUMAN
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.get(said["conversation_id"])
    assert (conversation.owner, conversation.owner_name) == (Owner.HUMAN, MAILBOX)
    assert len(sent(control)) == 1
    # Any of the staff goes on from there in the console.
    await staff.take(stages.open_uow, conversation.id, "grace")


async def test_our_own_replies_in_the_sent_folder_are_nobodys_answers(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    rewrite_message_ids(control)
    await ask_and_answer(mail_api, stages, control, owner)
    await read(mail_api)
    assert [row["role"] for row in await rows(owner)] == [Role.CUSTOMER, Role.AGENT]
    assert await owner.fetchval("SELECT owner_name FROM conversations") is None


async def test_a_reply_that_waits_is_dropped_when_a_colleague_has_answered(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    question = write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    await read(mail_api)
    reply = await answer_newest(stages, owner)
    assert reply is not None
    mail = {"to": "ann@example.com", "subject": "Re: Login", "text": "Done.", "labels": ["SENT"]}
    write(control, **mail, in_reply_to=question["messageId"])
    await read(mail_api)
    async with stages.open_uow() as uow:
        [dropped] = await uow.deliveries.of_message(reply)
        conversation = await uow.conversations.get((await uow.messages.get(reply)).conversation_id)
    assert dropped.state is DeliveryState.SUPPRESSED
    # A person who gives it back brings no old reply back.
    await staff.release(stages.open_uow, conversation.id, "grace")
    assert await stages.delivering.deliver(reply) is None
    assert sent(control) == []


async def test_a_take_over_between_reading_and_sending_a_reply_stops_it(
    open_uow: OpenUnitOfWork, mail_api: Api, control: httpx.Client, owner: Owned
) -> None:
    stages = await Stages.over(open_uow)

    class TakenWhileSplitting(RecordingSender):
        taken = False

        async def send(self, part: Any) -> Any:
            raise AssertionError("nothing may be sent")

    stages.senders[Channel.EMAIL] = TakenWhileSplitting()
    write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    await read(mail_api)
    reply = await answer_newest(stages, owner)
    assert reply is not None
    delivering = stages.delivering
    job = await delivering._read(reply)
    assert job is not None
    await staff.take(open_uow, job.message.conversation_id, "grace")
    assert await delivering._deliver(job) is DeliveryState.SUPPRESSED


async def test_an_alias_of_the_mailbox_counts_as_ours(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    add_alias(control, "help@techcorp.example")
    question = write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    write(control, **{"from": "help@techcorp.example"}, text="A copy to ourselves.")
    mail = {"to": "Ann <ann@example.com>", "subject": "Re: Login", "labels": ["SENT"]}
    write(
        control,
        **mail,
        **{"from": "help@techcorp.example"},
        text="Done.",
        in_reply_to=question["messageId"],
    )
    await read(mail_api)
    assert [row["role"] for row in await rows(owner)] == [Role.CUSTOMER, Role.STAFF]
    assert await owner.fetchval("SELECT owner_name FROM conversations") == "help@techcorp.example"


async def test_a_mail_to_a_third_person_in_the_thread_silences_the_agent_and_shows_no_customer(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    question = write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    await read(mail_api)
    mail = {"to": "vendor@other.example", "subject": "Re: Login", "labels": ["SENT"]}
    write(control, **mail, text="Could you look?", in_reply_to=question["messageId"])
    await read(mail_api)
    [asked] = await rows(owner)
    assert asked["state"] == MessageState.WITH_HUMAN
    assert await owner.fetchval("SELECT owner_name FROM conversations") == MAILBOX


def report(ours: dict[str, Any], action: str = "failed", status: str = "5.1.1") -> str:
    headers = "\n".join(
        f"{name}: {ours['headers'][name]}"
        for name in ("Message-ID", "X-Support-Reply-Key", "Subject")
    )
    return f"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {MAILBOX}
Subject: Delivery Status Notification (Failure)
Auto-Submitted: auto-replied
Message-ID: <bounce-1@mx.google.com>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Address not found

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com

Final-Recipient: rfc822; ann@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.

--b
Content-Type: message/rfc822

{headers}

hello
--b--
"""


async def test_a_mail_that_comes_back_fails_its_delivery_and_calls_a_person(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    ours = await ask_and_answer(mail_api, stages, control, owner)
    write(control, raw=report(ours))
    await read(mail_api)
    question, reply = await rows(owner)
    async with stages.open_uow() as uow:
        [delivery] = await uow.deliveries.of_message(reply["id"])
        failing = await uow.customers.failing(reply["customer_id"])
    assert (delivery.state, delivery.error_code) == (DeliveryState.FAILED, "5.1.1")
    ticket = await stages.ticket(question["conversation_id"])
    assert ticket.status is TicketStatus.ESCALATED
    assert ticket.escalation_reason is EscalationReason.DELIVERY_FAILED
    assert "does not exist" in (ticket.escalation_summary or "")
    assert failing["ann@example.com"].code == "5.1.1"
    view = await mail_api.client.get(
        f"/api/v1/staff/conversations/{question['conversation_id']}", headers=GRACE
    )
    assert view.json()["customer"]["identifiers"][0]["failing"]["code"] == "5.1.1"
    assert view.json()["messages"][1]["delivery_state"] == "failed"
    # A second report of the same mail changes nothing.
    events = len(stages.events)
    write(control, raw=report(ours).replace("bounce-1", "bounce-2"))
    await read(mail_api)
    assert len(stages.events) == events
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'hand_over'") == 1
    # The customer writes again: the address works.
    write(control, **{"from": "ann@example.com"}, subject="Re: My password", text="Hello?")
    await read(mail_api)
    async with stages.open_uow() as uow:
        assert await uow.customers.failing(reply["customer_id"]) == {}


async def test_a_delay_is_no_failure(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    ours = await ask_and_answer(mail_api, stages, control, owner)
    write(control, raw=report(ours, "delayed", "4.4.1"))
    await read(mail_api)
    states = await rows(owner, "SELECT state FROM deliveries")
    assert [row["state"] for row in states] == ["sent"]


async def test_a_colleagues_mail_that_comes_back_is_told_in_its_conversation(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    question = write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    mail = {"to": "ann@example.com", "subject": "Re: Login", "labels": ["SENT"], "text": "Done."}
    own = write(control, **mail, in_reply_to=question["messageId"])
    await read(mail_api)
    headers = {"Message-ID": own["messageId"], "X-Support-Reply-Key": "", "Subject": "Re: Login"}
    write(control, raw=report({"headers": headers}))
    await read(mail_api)
    states = await rows(owner, "SELECT state, error_code FROM deliveries")
    assert [tuple(row) for row in states] == [("failed", "5.1.1")]
    assert await owner.fetchval("SELECT status FROM tickets") == "escalated"


async def test_a_report_of_a_mail_that_is_not_ours_is_kept_and_blames_nothing(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    await ask_and_answer(mail_api, stages, control, owner)
    foreign = {"Message-ID": "<x@other.example>", "X-Support-Reply-Key": "", "Subject": "Offer"}
    write(control, raw=report({"headers": foreign}))
    await read(mail_api)
    assert (await rows(owner))[-1]["state"] == MessageState.IGNORED
    states = await rows(owner, "SELECT state FROM deliveries")
    assert [row["state"] for row in states] == ["sent"]


async def test_a_thread_that_can_not_be_read_leaves_its_late_mail_for_later(
    mail_api: Api, stages: Stages, control: httpx.Client, owner: Owned
) -> None:
    await connected(owner, hours=5)
    write(control, **{"from": "ann@example.com"}, text=ASKS_HOW, received_at=ago(hours=3))
    bad = write(control, **{"from": "bob@example.com"}, text=ASKS_HOW, received_at=ago(hours=2))
    fail(control, status=500, times=99, operation="thread", about=bad["threadId"])
    await read(mail_api)
    assert [row["state"] for row in await rows(owner)] == [MessageState.WAITING]
    fail_no_more(control)
    await owner.execute("UPDATE failed_items SET retry_at = now()")
    await read(mail_api)
    assert [row["state"] for row in await rows(owner)] == [MessageState.WAITING] * 2


async def test_a_reply_that_failed_for_now_is_dropped_as_well(
    open_uow: OpenUnitOfWork, mail_api: Api, control: httpx.Client, owner: Owned
) -> None:
    stages = await Stages.over(open_uow)
    stages.senders[Channel.EMAIL] = RecordingSender(errors=[ProviderUnavailable("away")])
    write(control, **{"from": "ann@example.com"}, subject="Login", text=ASKS_HOW)
    await read(mail_api)
    reply = await answer_newest(stages, owner)
    assert reply is not None
    with pytest.raises(ProviderUnavailable):
        await stages.delivering.deliver(reply)
    async with open_uow() as uow:
        message = await uow.messages.get(reply)
    await staff.take(open_uow, message.conversation_id, "grace")
    async with open_uow() as uow:
        states = [each.state for each in await uow.deliveries.of_message(reply)]
    assert states == [DeliveryState.FAILED, DeliveryState.SUPPRESSED]
