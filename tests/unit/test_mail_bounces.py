"""Tests that a mail that came back is recognised in the forms of many servers, and nothing else is."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

import pytest

from channels.email.bounces import read_bounce
from channels.email.mime import parse_mail
from domain.messages import Bounce

KEY = UUID("0123456789abcdef0123456789abcdef")
OURS = f"<{KEY.hex}.0@techcorp.example>"
RETURNED = f"""From: support@techcorp.example
To: ann@example.com
Subject: Re: Login
Message-ID: {OURS}
In-Reply-To: <q@example.com>
References: <q@example.com>
X-Support-Reply-Key: {KEY.hex}.0
"""
STATUS = """Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; ann@example.com
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full
"""


def read(text: str) -> Bounce | None:
    raw = text.encode()
    return read_bounce(parse_mail(raw), raw)


def report(status: str = STATUS, returned: str = RETURNED, **more: str) -> str:
    sender = more.get("sender", "MAILER-DAEMON@mx.example")
    kind = more.get("kind", "message/rfc822")
    status_type = more.get("status_type", "message/delivery-status")
    return f"""From: {sender}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type={more.get("report", "delivery-status")}; boundary="=_b"

--=_b
Content-Type: text/plain

This is the mail system at host mx.example.

--=_b
Content-Type: {status_type}

{status}
--=_b
Content-Type: {kind}

{returned}
hello
--=_b--
"""


def plain(body: str, sender: str = "MAILER-DAEMON@mx.example", headers: str = "") -> str:
    return f"From: {sender}\nSubject: failure notice\n{headers}\n{body}"


@pytest.mark.parametrize(
    "kind", ["message/rfc822", "text/rfc822-headers", "message/global-headers"]
)
def test_a_report_names_the_mail_its_address_and_its_status(kind: str) -> None:
    bounce = read(report(kind=kind))
    assert bounce is not None
    assert bounce.reply_keys == ((KEY, 0),)
    assert bounce.message_ids == (OURS,)
    assert bounce.references == ("<q@example.com>",)
    assert bounce.addresses == ("ann@example.com",)
    assert bounce.status == "5.2.2"
    assert bounce.explanation == "smtp; 552 5.2.2 Mailbox full"


def test_a_report_from_nobody_is_read() -> None:
    assert read(report(sender="<>")) is not None


def test_a_mail_with_another_message_id_is_known_by_our_header() -> None:
    returned = RETURNED.replace(OURS, "<CA1@mail.gmail.com>")
    bounce = read(report(returned=returned))
    assert bounce is not None
    assert bounce.reply_keys == ((KEY, 0),)


def test_only_the_recipients_that_failed_are_named() -> None:
    both = STATUS + "\nFinal-Recipient: rfc822; bob@example.com\nAction: relayed\nStatus: 2.0.0\n"
    bounce = read(report(both))
    assert bounce is not None
    assert bounce.addresses == ("ann@example.com",)


def test_a_time_limit_that_is_over_is_a_failure() -> None:
    bounce = read(report(STATUS.replace("5.2.2", "4.4.7", 1)))
    assert bounce is not None
    assert bounce.status == "4.4.7"


def test_a_status_part_in_base64_is_read() -> None:
    encoded = b64encode(STATUS.encode()).decode()
    kind = "message/delivery-status\nContent-Transfer-Encoding: base64"
    bounce = read(report(encoded, status_type=kind))
    assert bounce is not None
    assert (bounce.status, bounce.addresses) == ("5.2.2", ("ann@example.com",))


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_no_failure_is_no_bounce(action: str) -> None:
    assert read(report(STATUS.replace("failed", action))) is None


QMAIL = f"""Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.com>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 <ann@example.com>: Recipient address rejected
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <support@techcorp.example>
{RETURNED}
hello
"""
EXIM = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.com
    host mx.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ann@example.com>:
    550 no such user

------ This is a copy of the message, including all the headers. ------

{RETURNED}
hello
"""
GERMAN = f"""Ihre Nachricht konnte nicht zugestellt werden.

<ann@example.com>: 550 5.1.1 Unbekannter Empfänger

{RETURNED}
"""


@pytest.mark.parametrize(("body", "status"), [(QMAIL, "5.1.1"), (EXIM, "550"), (GERMAN, "5.1.1")])
def test_a_report_in_a_servers_own_form_is_read(body: str, status: str) -> None:
    bounce = read(plain(body))
    assert bounce is not None
    assert bounce.reply_keys == ((KEY, 0),)
    assert "ann@example.com" in bounce.addresses
    assert bounce.status == status


def test_the_header_of_failed_recipients_is_enough() -> None:
    headers = "X-Failed-Recipients: ann@example.com, bob@example.com\n"
    bounce = read(plain("See the attached mail.", "robot@mx.example", headers))
    assert bounce is not None
    assert bounce.addresses == ("ann@example.com", "bob@example.com")
    assert bounce.status == "bounced"


def test_a_mail_returned_as_an_attachment_is_found() -> None:
    mail = f"""From: Postmaster <postmaster@mx.example>
Subject: Undeliverable: Re: Login
Content-Type: multipart/mixed; boundary="=_b"

--=_b
Content-Type: text/plain

Your message did not reach some or all of the intended recipients.
ann@example.com on 1 March: 5.1.1 The e-mail account does not exist.

--=_b
Content-Type: message/rfc822

{RETURNED}
hello
--=_b--
"""
    bounce = read(mail)
    assert bounce is not None
    assert bounce.reply_keys == ((KEY, 0),)
    assert bounce.status == "5.1.1"


@pytest.mark.parametrize(
    "mail",
    [
        plain("My mail to you was returned to sender. 550 5.1.1", "ann@example.com"),
        plain("Warning: message delayed. We will keep trying. 4.4.1 could not be delivered yet."),
        plain("Good morning, this is the postmaster. Please call me.", "postmaster@mx.example"),
        report(
            "Final-Recipient: rfc822; ann@example.com\nDisposition: automatic-action; displayed\n",
            report="disposition-notification",
            status_type="message/disposition-notification",
            sender="ann@example.com",
        ),
        report(
            "Feedback-Type: abuse\n",
            report="feedback-report",
            status_type="message/feedback-report",
            sender="a@b.example",
        ),
        f"From: ann@example.com\nSubject: Out of office\nReturn-Path: <>\nIn-Reply-To: {OURS}\n\nI can't be reached.",
    ],
    ids=["a customer", "a delay", "a person", "read", "complaint", "absence"],
)
def test_other_mail_is_no_bounce(mail: str) -> None:
    assert read(mail) is None


def test_a_large_report_is_read_in_linear_time() -> None:
    for filler in (" ", "\n", "5.", "<", "a@", ">"):
        read(plain("could not be delivered" + filler * (2**17 // len(filler))))
