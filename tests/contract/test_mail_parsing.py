"""Checks that a mail that takes too long is read by its beginning, and the next one as ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage

import pytest

from channels.email.identity import MailboxIdentity
from channels.email.parsing import ATTEMPTS, Attempt, MailParser
from channels.email.reading import FetchedMail
from domain.errors import Malformed

BRIEFLY = timedelta(milliseconds=200)
LONG = timedelta(seconds=5)
ENDLESS = b"\n" * 8_000_000


US = MailboxIdentity(frozenset(), "mx.example.com")


def fetched(raw: bytes) -> FetchedMail:
    return FetchedMail(raw, "m1")


def mail(text: str = "How do I export?") -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "Ann <ann@example.com>", "Export"
    message.set_content(text)
    return message.as_bytes()


@pytest.fixture
async def parser() -> AsyncIterator[MailParser]:
    parser = MailParser([Attempt(None, BRIEFLY), Attempt(16 * 1024, LONG)])
    yield parser
    parser.close()


async def test_a_mail_that_takes_too_long_is_stored_as_cut(parser: MailParser) -> None:
    message = await parser.parse(fetched(mail() + ENDLESS), US)
    assert message is not None
    assert message.text == "How do I export?"
    assert message.details["truncated"] == "true"
    assert message.raw == mail() + ENDLESS


async def test_the_mail_after_one_that_took_too_long_is_read_whole(parser: MailParser) -> None:
    await parser.parse(fetched(mail() + ENDLESS), US)
    message = await parser.parse(fetched(mail()), US)
    assert message is not None
    assert "truncated" not in message.details


async def test_a_mail_of_which_not_even_the_beginning_can_be_read_is_malformed() -> None:
    parser = MailParser([Attempt(None, BRIEFLY)])
    try:
        with pytest.raises(Malformed, match="beginning"):
            await parser.parse(fetched(mail() + ENDLESS), US)
    finally:
        parser.close()


async def test_mails_that_come_together_get_each_their_own_answer() -> None:
    parser = MailParser()
    try:
        found = await asyncio.gather(
            *(parser.parse(fetched(mail(f"question {number}")), US) for number in range(20))
        )
    finally:
        parser.close()
    assert [message.text for message in found if message is not None] == [
        f"question {at}" for at in range(20)
    ]


async def test_what_is_no_mail_is_refused_with_its_reason(parser: MailParser) -> None:
    with pytest.raises(Malformed, match="empty mail"):
        await parser.parse(fetched(b" "), US)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"(" * 5_000 + b" ann@example.com\n\nx",
        b"From: ann@example.com\n" + b"a:\n" * 2_000_000 + b"\nx",
        b"From: ann@example.com\n"
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at)
            for at in range(5_000)
        ),
    ],
    ids=["comments in comments", "millions of headers", "parts in parts"],
)
async def test_no_mail_breaks_the_parser(raw: bytes) -> None:
    parser = MailParser(ATTEMPTS)
    try:
        try:
            message = await parser.parse(fetched(raw), US)
        except Malformed:
            message = None
        assert message is None or message.details["truncated"] == "true"
        assert await parser.parse(fetched(mail()), US) is not None
    finally:
        parser.close()
