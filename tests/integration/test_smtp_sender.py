"""Tests the sender over a real SMTP server and the Sent folder of a real Dovecot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from channels.imap.check import check_servers
from channels.imap.report import SmtpReport
from channels.imap.sender import SmtpSender
from channels.imap.settings import ESCALATED, HANDLED, read_server
from domain.channels import Channel
from domain.errors import ProviderRejected, ProviderUnavailable, SendUnsure
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import OutboundMessage, Part
from tests.integration.mail_servers import (
    PASSWORD,
    Answer,
    Dovecot,
    Mailbox,
    SmtpServer,
    free_port,
    make_mailbox,
    needs_dovecot,
    written,
)

pytestmark = needs_dovecot()


def reply(text: str = "Like this.", **changes: Any) -> Part:
    given: dict[str, Any] = {
        "key": uuid4(),
        "channel": Channel.EMAIL,
        "recipient": Identifier(IdentifierKind.EMAIL, "ann@example.com", Assurance.CLAIMED),
        "recipient_name": "Ann Lee",
        "text": text,
        "ticket_number": "TKT-1",
        "subject": "A question",
        "in_reply_to": "<question@example.com>",
        "references": ("<first@example.com>",),
    }
    return Part(OutboundMessage(**{**given, **changes}), 0, 1, text)


@pytest.fixture
async def sender(mailbox: Mailbox) -> AsyncIterator[SmtpSender]:
    made = SmtpSender(mailbox.account(), timedelta(seconds=20))
    yield made
    made.close()


async def test_a_reply_has_its_thread_asks_for_a_report_and_is_kept_in_sent(
    mailbox: Mailbox, smtp: SmtpServer, sender: SmtpSender
) -> None:
    mailbox.deliver(written("How?", Message_ID="<question@example.com>"))
    part = reply()
    receipt = await sender.send(part)
    [taken] = smtp.taken
    mail = message_from_bytes(taken.content)
    assert taken.recipients == ["ann@example.com"]
    assert mail["In-Reply-To"] == "<question@example.com>"
    assert mail["References"].split() == ["<first@example.com>", "<question@example.com>"]
    assert mail["Message-ID"] == receipt.provider_message_id
    assert mail["From"] == taken.sender == mailbox.address
    assert "RET=HDRS" in taken.mail_options
    assert f"ENVID={part.message.key.hex}.0".upper() in taken.mail_options
    assert taken.recipient_options == ["NOTIFY=FAILURE", "ORCPT=RFC822;ANN@EXAMPLE.COM"]
    [kept] = mailbox.sent()
    assert message_from_bytes(kept)["Message-ID"] == receipt.provider_message_id
    flags = mailbox.flags()["<question@example.com>"]
    assert {"\\Answered", HANDLED} <= flags
    assert "\\Seen" not in flags
    assert await sender.find_sent(part) == receipt
    assert await sender.find_sent(reply()) is None


async def test_a_hand_over_is_marked_as_such(
    mailbox: Mailbox, smtp: SmtpServer, sender: SmtpSender
) -> None:
    mailbox.deliver(written("How?", Message_ID="<question@example.com>"))
    await sender.send(reply(is_escalated=True))
    assert ESCALATED in mailbox.flags()["<question@example.com>"]


async def test_a_provider_that_stores_what_it_sends_has_one_copy(
    mailbox: Mailbox, smtp: SmtpServer, sender: SmtpSender
) -> None:
    smtp.keep = mailbox.keep_sent
    await sender.send(reply())
    assert len(mailbox.sent()) == 1


async def test_a_mailbox_that_is_away_fails_no_send(mailbox: Mailbox, smtp: SmtpServer) -> None:
    nowhere = read_server(f"imaps://localhost:{free_port()}", "imap", "user", plaintext=False)
    sender = SmtpSender(mailbox.account(imap=nowhere), timedelta(seconds=20))
    await sender.send(reply())
    assert len(smtp.taken) == 1
    with pytest.raises(ProviderUnavailable):
        await sender.find_sent(reply())
    sender.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer("451 later", takes=False), ProviderUnavailable),
        (Answer("554 never", takes=False), ProviderRejected),
        (Answer("421 closing", takes=False), SendUnsure),
        (Answer(drops=True), SendUnsure),
        (Answer(drops=True, takes=False), SendUnsure),
        (Answer(hang_s=1.5), SendUnsure),
    ],
)
async def test_what_was_certainly_not_sent_is_told_from_what_may_have_been(
    mailbox: Mailbox, smtp: SmtpServer, answer: Answer, error: type[Exception]
) -> None:
    sender = SmtpSender(mailbox.account(), timedelta(seconds=0.5))
    smtp.answers.append(answer)
    with pytest.raises(error) as raised:
        await sender.send(reply())
    assert "ann@example.com" not in str(raised.value)
    sender.close()
    async with asyncio.timeout(20):
        while smtp.held:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_what_the_server_can_not_take_is_refused_before_it_is_sent(
    mailbox: Mailbox, smtp: SmtpServer, sender: SmtpSender
) -> None:
    with pytest.raises(ProviderRejected) as refusal:
        await sender.send(reply("a" * smtp.size_limit))
    assert refusal.value.code == "552"
    assert smtp.taken == []


async def test_a_send_without_an_answer_is_found_only_where_the_provider_kept_it(
    mailbox: Mailbox, smtp: SmtpServer, sender: SmtpSender
) -> None:
    smtp.answers += [Answer(drops=True), Answer(drops=True)]
    for keep in (None, mailbox.keep_sent):
        smtp.keep, part = keep, reply()
        with pytest.raises(SendUnsure):
            await sender.send(part)
        async with asyncio.timeout(20):
            while len(smtp.taken) < (1 if keep is None else 2):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await sender.find_sent(part) is None) == (keep is None)


async def test_a_server_that_is_away_or_refuses_the_login_sent_nothing(
    mailbox: Mailbox, smtp: SmtpServer
) -> None:
    nowhere = read_server(f"smtps://localhost:{free_port()}", "smtp", "user", plaintext=False)
    for changes in (
        {"smtp": nowhere},
        {"password": SecretStr("another")},
        {"ca_file": ""},
    ):
        sender = SmtpSender(mailbox.account(**changes), timedelta(seconds=20))
        with pytest.raises(ProviderUnavailable) as refusal:
            await sender.send(reply())
        assert PASSWORD not in str(refusal.value)
        sender.close()
    assert smtp.taken == []


async def test_a_token_signs_in_and_is_renewed_once_it_is_refused(
    mailbox: Mailbox, smtp: SmtpServer, tmp_path: Path
) -> None:
    tokens, script = tmp_path / "token", tmp_path / "print-token"
    tokens.write_text("old")
    script.write_text(f"#!/bin/sh\ncat {tokens}\n")
    script.chmod(0o700)
    account = mailbox.account(password=SecretStr(""), token_command=SecretStr(str(script)))
    sender = SmtpSender(account, timedelta(seconds=20))
    with pytest.raises(ProviderUnavailable):
        await sender.send(reply())
    tokens.write_text("new")
    smtp.tokens.add("new")
    await sender.send(reply())
    assert len(smtp.taken) == 1
    sender.close()


async def test_starttls_protects_login_and_mail(dovecot: Dovecot) -> None:
    smtp = SmtpServer(dovecot.certificate, is_starttls=True)
    smtp.start()
    try:
        mailbox = make_mailbox(dovecot, smtp)
        server = read_server(
            smtp.url.replace("localhost", "mail.acme.example"),
            "smtp",
            mailbox.address,
            plaintext=False,
        )
        assert server.security == "starttls"
        on_this_machine = read_server(smtp.url, "smtp", mailbox.address, plaintext=False)
        protected = type(server)("localhost", smtp.port, server.user, server.security)
        sender = SmtpSender(mailbox.account(smtp=protected), timedelta(seconds=20))
        await sender.send(reply())
        assert len(smtp.taken) == 1
        sender.close()
        plain = SmtpSender(mailbox.account(smtp=on_this_machine), timedelta(seconds=20))
        with pytest.raises(ProviderUnavailable):
            await plain.send(reply())
        plain.close()
    finally:
        smtp.stop()


async def test_reports_reach_staff(mailbox: Mailbox, smtp: SmtpServer) -> None:
    report = SmtpReport(mailbox.account())
    await report.send(["bo@acme.example", "cy@acme.example"], "The day", "All is well.")
    [taken] = smtp.taken
    assert taken.recipients == ["bo@acme.example", "cy@acme.example"]
    assert message_from_bytes(taken.content)["Auto-Submitted"] == "auto-generated"


async def test_the_check_names_what_is_wrong_with_either_server(
    mailbox: Mailbox, smtp: SmtpServer
) -> None:
    assert await check_servers(mailbox.account()) == []
    wrong = await check_servers(mailbox.account(password=SecretStr("another")))
    assert [problem.count("does not accept the login") for problem in wrong] == [1, 1]
    untrusted = await check_servers(mailbox.account(ca_file=""))
    assert all("MAIL_CA_FILE" in problem for problem in untrusted)
    nowhere = read_server(f"imaps://localhost:{free_port()}", "imap", "user", plaintext=False)
    [away] = await check_servers(mailbox.account(imap=nowhere))
    assert "refuses the connection" in away
    assert smtp.taken == []
