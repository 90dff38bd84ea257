"""Tests a reply as a mail: right headers, safe HTML, the same id at every attempt."""

from __future__ import annotations

from email import message_from_bytes
from uuid import UUID, uuid4

import pytest

from channels.email.compose import compose, message_id_of, references_of, subject_of
from channels.email.mime import parse_mail
from channels.email.reply_html import to_html
from domain.channels import Channel
from domain.errors import ProviderRejected
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import OutboundMessage, Part

ADDRESS = "support@techcorp.example"
KEY = UUID("12345678-1234-5678-1234-567812345678")


def reply(
    text: str = "Hi", name: str = "Ann", to: str = "ann@example.com", **fields: object
) -> Part:
    values: dict[str, object] = {
        "key": KEY,
        "subject": "Login",
        "provider_thread_id": "t1",
        **fields,
    }
    recipient = Identifier(IdentifierKind.EMAIL, to, Assurance.CLAIMED)
    message = OutboundMessage(
        channel=Channel.EMAIL,
        recipient=recipient,
        recipient_name=name,
        text=text,
        ticket_number="TKT-1",
        **values,  # type: ignore[arg-type]
    )
    return Part(message, 0, 1, text)


def test_every_attempt_has_the_same_message_id_and_another_reply_another() -> None:
    assert message_id_of(reply(), ADDRESS) == message_id_of(reply(), ADDRESS)
    assert message_id_of(reply(), ADDRESS).endswith("@techcorp.example>")
    assert message_id_of(reply(key=uuid4()), ADDRESS) != message_id_of(reply(), ADDRESS)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Login", "Re: Login"),
        ("Re: Login", "Re: Login"),
        ("RE: Login", "RE: Login"),
        ("AW: Login", "AW: Login"),
        ("Reset: help", "Re: Reset: help"),
        (None, "Re:"),
        ("Evil\r\nBcc: all@example.com", "Re: Evil Bcc: all@example.com"),
    ],
)
def test_the_subject_is_the_threads_own_with_one_re(subject: str | None, expected: str) -> None:
    assert subject_of(reply(subject=subject).message).strip() == expected


def test_a_name_cannot_bring_in_a_header() -> None:
    raw = compose(reply(name="Ann\r\nBcc: all@example.com"), ADDRESS)
    assert message_from_bytes(raw)["Bcc"] is None


def test_only_automatic_replies_say_that_they_are() -> None:
    automatic = message_from_bytes(compose(reply(), ADDRESS))
    assert automatic["Auto-Submitted"] == "auto-replied"
    assert automatic["X-Auto-Response-Suppress"]
    by_a_person = message_from_bytes(compose(reply(is_automatic=False), ADDRESS))
    assert by_a_person["Auto-Submitted"] is None
    assert by_a_person["X-Auto-Response-Suppress"] is None


def test_references_are_the_whole_chain_in_lines_that_every_server_takes() -> None:
    chain = tuple(f"<{'a' * 90}.{number}@mail.example.com>" for number in range(30))
    part = reply(references=chain, in_reply_to="<last@example.com>")
    raw = compose(part, ADDRESS)
    assert parse_mail(raw).references == (*chain, "<last@example.com>")
    assert parse_mail(raw).in_reply_to == "<last@example.com>"
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"=?" not in raw.split(b"\r\n\r\n")[0]


def test_a_very_long_chain_keeps_its_root_and_its_newest() -> None:
    chain = tuple(f"<{number}@x>" for number in range(500))
    kept = references_of(reply(references=chain, in_reply_to="<499@x>").message)
    assert kept[0] == "<0@x>"
    assert kept[-1] == "<499@x>"
    assert len(kept) == 60


def test_every_language_survives() -> None:
    part = reply("Grüße, すみません 👍", name="Jürgen Öz", subject="Größe 価格")
    parsed = parse_mail(compose(part, ADDRESS))
    assert parsed.text.strip() == "Grüße, すみません 👍"
    assert parsed.subject == "Re: Größe 価格"
    assert parsed.to == ("ann@example.com",)


def test_an_address_that_mail_cannot_carry_is_refused_for_good() -> None:
    with pytest.raises(ProviderRejected):
        compose(reply(to="ünn@example.com"), ADDRESS)


def test_html_says_the_same_and_escapes_everything() -> None:
    page = to_html(
        '<script>alert("x")</script>\nsee http://a.example/?q="><b>.\n\n1. one\n2. two\n\nend'
    )
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert '<a href="http://a.example/?q=">' in page
    assert "<ol>\n<li>one</li>\n<li>two</li>\n</ol>" in page
    assert "<p>end</p>" in page
