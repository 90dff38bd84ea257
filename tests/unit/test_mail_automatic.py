"""Tests which mails get no automatic reply, and whom Gmail vouches for."""

from __future__ import annotations

import base64

import pytest

from channels.email.loops import find_automatic
from channels.email.mime import parse_mail
from channels.email.proof import is_authenticated
from channels.gmail.parse import AUTHSERV_ID, parse_message
from domain.errors import Malformed
from domain.identifiers import Assurance
from domain.messages import Standing

OWN = frozenset({"support@techcorp.example"})


def mail(*headers: str, sender: str = "ann@example.com") -> bytes:
    return "\r\n".join([*headers, f"From: {sender}", "Subject: x", "", "words"]).encode()


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (failure)",
        "Precedence: bulk",
        "Precedence: LIST",
        "List-Id: Friends <friends.example.com>",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "X-Autoreply: yes",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "X-Failed-Recipients: bob@example.com",
    ],
)
def test_a_machines_mail_is_automatic(header: str) -> None:
    assert find_automatic(parse_mail(mail(header)), OWN)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Auto-Submitted: no", "Auto-Submitted: auto-replied"),
        ("Precedence: normal", "Precedence: bulk"),
        ("X-Auto-Response-Suppress: DR", "X-Auto-Response-Suppress: All"),
        ("Return-Path: <ann@example.com>", "Return-Path: <>"),
    ],
)
def test_a_relay_that_writes_a_header_again_hides_no_machine(first: str, second: str) -> None:
    assert find_automatic(parse_mail(mail(first, second)), OWN)
    assert find_automatic(parse_mail(mail(second, first)), OWN)


@pytest.mark.parametrize(
    "sender",
    [
        "noreply@example.com",
        "no-reply@example.com",
        "do_not_reply@example.com",
        "MAILER-DAEMON@example.com",
        "postmaster@example.com",
        "news-noreply@example.com",
        "bounces+123=a@example.com",
        "Support@TechCorp.example",
    ],
)
def test_a_sender_that_takes_no_replies_gets_none(sender: str) -> None:
    assert find_automatic(parse_mail(mail(sender=sender)), OWN)


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("Auto-Submitted: no", "ann@example.com"),
        ("X-Auto-Response-Suppress: DR, RN, NRN", "ann@example.com"),
        ("Precedence: first-class", "ann@example.com"),
        ("Return-Path: <ann@example.com>", "ann@example.com"),
        ("X-Mailer: Outlook", "noreen.reply@example.com"),
    ],
)
def test_a_persons_mail_is_answered(header: str, sender: str) -> None:
    assert find_automatic(parse_mail(mail(header, sender=sender)), OWN) is None


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (
            "mx.google.com; dkim=pass header.i=@example.com; dmarc=pass (p=NONE) header.from=example.com",
            True,
        ),
        ("mx.google.com; dkim=pass header.i=@mail.example.com; spf=neutral", True),
        ("mx.google.com; spf=pass (google.com: ok) smtp.mailfrom=bounce@example.com", True),
        ("mx.google.com; dkim=pass header.i=@evil.test; spf=pass smtp.mailfrom=a@evil.test", False),
        (
            "mx.google.com; dkim=pass header.i=@example.com; dmarc=fail header.from=example.com",
            False,
        ),
        ("mx.google.com; dkim=fail header.i=@example.com", False),
        ("evil.test; dmarc=pass header.from=example.com", False),
        ("mx.google.com; dkim=pass header.i=@notexample.com", False),
        ("mx.google.com; dmarc=pass (p=NONE) header.from=evil.test", False),
        ("mx.google.com; dmarc=pass (p=NONE)", False),
        (
            'mx.google.com; spf=pass (google.com: "a; dmarc=pass header.from=example.com"@evil.test is fine)'
            ' smtp.mailfrom="a; dmarc=pass header.from=example.com"@evil.test; dmarc=fail header.from=example.com',
            False,
        ),
    ],
)
def test_only_gmails_own_findings_about_the_senders_domain_count(
    results: str, expected: bool
) -> None:
    assert (
        is_authenticated(parse_mail(mail(f"Authentication-Results: {results}")), AUTHSERV_ID)
        is expected
    )


def test_a_sender_cannot_vouch_for_itself_below_gmails_findings() -> None:
    raw = mail(
        "Authentication-Results: mx.google.com; dmarc=fail header.from=example.com",
        "Authentication-Results: mx.google.com; dmarc=pass header.from=example.com",
    )
    assert not is_authenticated(parse_mail(raw), AUTHSERV_ID)
    assert not is_authenticated(parse_mail(mail()), AUTHSERV_ID)


def resource(raw: bytes, *labels: str) -> dict[str, object]:
    encoded = base64.urlsafe_b64encode(raw).decode()
    return {
        "id": "m1",
        "threadId": "t1",
        "labelIds": list(labels),
        "internalDate": "1700000000000",
        "raw": encoded,
    }


def test_automatic_mail_is_kept_but_marked() -> None:
    message = parse_message(resource(mail("Precedence: bulk"), "INBOX"), OWN)
    assert message is not None
    assert message.standing is Standing.AUTOMATIC
    assert message.details["automatic"] == "Precedence: bulk"
    assert message.sender.assurance is Assurance.CLAIMED
    assert message.received_at.timestamp() == 1_700_000_000


@pytest.mark.parametrize("label", ["DRAFT", "TRASH", "SPAM"])
def test_what_nobody_sent_to_us_is_no_message(label: str) -> None:
    assert parse_message(resource(mail(), "INBOX", label), OWN) is None


def test_a_mail_without_words_has_its_subject_for_text() -> None:
    message = parse_message(
        resource(b"From: a@b.example\r\nSubject: call me\r\n\r\n", "INBOX"), OWN
    )
    assert message is not None
    assert message.text == "call me"


def test_a_mail_without_a_readable_sender_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse_message(resource(mail(sender="nobody"), "INBOX"), OWN)
