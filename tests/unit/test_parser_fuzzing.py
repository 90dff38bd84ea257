"""Feeds every parser of what strangers send with the kept corpus and with mutations of it.

A parser raises the errors that its docstring names and no other, and what it returns can be stored. An input that
once broke a parser is a file of tests/corpus, in the parser's folder, and is replayed by name. FUZZ_EXAMPLES=100000
looks for new ones with another seed each time; what it finds belongs into the corpus.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from protego import Protego
from pydantic import ValidationError

from channels.email.identity import MailboxIdentity
from channels.email.reading import FetchedMail, read_mail
from channels.gmail.push import parse_push
from channels.web_form.form import FollowUp, SupportForm, to_inbound
from channels.whatsapp.fields import read_fields, require_expected
from channels.whatsapp.parse import parse_inbound, parse_status
from company.document import parse_yaml, to_json
from deployments.api import drafts, notifications, queue
from deployments.api.strict_json import find_repeated_name
from documents.website.client import RobotsTxt
from domain.errors import InvalidProfile, Malformed, NotAuthentic
from domain.messages import InboundMessage
from messaging.envelope import decode

CORPUS = Path(__file__).parents[1] / "corpus"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
US = MailboxIdentity(frozenset({"help@acme.example"}), "mx.google.com")
EXAMPLES = os.environ.get("FUZZ_EXAMPLES")


def can_be_stored(*texts: str | None) -> None:
    """PostgreSQL takes neither NUL nor half a character."""
    for text in texts:
        assert "\x00" not in (text or "")
        (text or "").encode()


def check_message(message: InboundMessage) -> None:
    can_be_stored(message.text, message.raw_text, message.sender_name, message.subject)
    can_be_stored(message.sender.value, message.provider_message_id, message.message_id_header)
    can_be_stored(*message.references, *message.thread_keys)
    can_be_stored(*message.details, *message.details.values())
    for attachment in message.attachments:
        can_be_stored(attachment.filename, attachment.content_type)


def mail(data: bytes) -> None:
    found = read_mail(FetchedMail(data, "m1"), US)
    if isinstance(found, InboundMessage):
        check_message(found)


def whatsapp(data: bytes) -> None:
    require_expected(read_fields(data))
    check_message(parse_inbound(data, NOW))


def whatsapp_status(data: bytes) -> None:
    update = parse_status(data, data.decode("latin-1"))
    can_be_stored(update.provider_message_id, update.error_code, update.status)


def push(data: bytes) -> None:
    find_repeated_name(data)
    notification = parse_push(data)
    assert 0 < notification.history_id < 2**63
    assert "@" in notification.email_address


def form(data: bytes) -> None:
    find_repeated_name(data)
    try:
        check_message(to_inbound(SupportForm.model_validate_json(data), "key", NOW))
    finally:
        FollowUp.model_validate_json(data)


def envelope(data: bytes) -> None:
    decode(data, "fte.tickets.incoming")


def profile(data: bytes) -> None:
    can_be_stored(to_json(parse_yaml(data.decode("utf-8", "surrogatepass"))))


def cursor(data: bytes) -> None:
    text = data.decode("latin-1")
    found = []
    for read in (queue._cursor_of, drafts._cursor_of, notifications._place_of):
        try:
            found.append(read(text))
        except Malformed:
            continue
    if not found:
        raise Malformed("none of ours")


def robots(data: bytes) -> None:
    rules = RobotsTxt(Protego.parse(data.decode("utf-8", "replace")))
    assert rules.pause.total_seconds() >= 0
    rules.allows("https://help.example/a?b=c")
    list(rules.sitemaps)


@dataclass(frozen=True)
class Parser:
    parse: Callable[[bytes], None]
    documented: tuple[type[Exception], ...]
    """The errors that may come of it."""
    tokens: tuple[bytes, ...]
    """What means something to it."""
    examples: int = 100


JSON = (b"{", b"[", b'"', b",", b":", b"null", b"1e999", b"-0", b"\\ud800", b"\\u0000", b"[" * 300)
ODD = (b"\x00", b"\xff", b"\xed\xa0\x80", b"9" * 5000, "٣²".encode(), "\u202e".encode(), b" " * 200)
HEADERS = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--b", b"--b--", b"From: ", b"Reply-To: ", b"Subject: ", b"Date: ",
    b"Content-Type: ", b"multipart/mixed; boundary=b", b"message/rfc822", b"text/html; charset=", b"utf-7", b"hz",
    b"Content-Transfer-Encoding: base64", b"quoted-printable", b"uuencode", b"=?utf-8?B?", b"=?x?Q?", b"?=", b"=", b"<",
    b">", b"@", b'"', b"(", b";", b"*0*=", b"In-Reply-To: <", b"References: ",
    b"Authentication-Results: mx.google.com;",
    b"DKIM-Signature: v=1;", b"\r\n> ", b"-- \r\n", b"<blockquote>", b"&#0;", b"&#55296;", b"begin 644 x", b"\xc3",
)  # fmt: skip
FORM_FIELDS = (
    b"&", b"=", b"%", b"%00", b"%ff", b"%ED%A0%80", b"+", b"NumMedia=", b"Body=", b"From=whatsapp%3A", b"MessageSid=",
)  # fmt: skip
YAML = (
    b"\n", b"  ", b": ", b"- ", b"&a ", b"*a", b"!!", b"!!int ", b"!!set ", b"<<: *a", b"{", b"}", b"[", b"]", b"'",
    b'"', b"|", b">", b"#", b"%", b"0x", b"1:60", b".nan", b"\\0", b"topics:", b"hours:", b"channels:", b"null",
)  # fmt: skip

PARSERS = {
    "mail": Parser(mail, (Malformed,), HEADERS + ODD),
    "whatsapp": Parser(whatsapp, (Malformed, NotAuthentic), FORM_FIELDS + ODD),
    "whatsapp_status": Parser(whatsapp_status, (Malformed,), FORM_FIELDS + ODD),
    "push": Parser(push, (Malformed,), JSON + ODD),
    "form": Parser(form, (ValidationError,), JSON + ODD),
    "envelope": Parser(envelope, (Malformed,), JSON + ODD),
    "profile": Parser(profile, (InvalidProfile,), YAML + ODD, examples=60),
    "cursor": Parser(cursor, (Malformed,), JSON + ODD),
    "robots": Parser(robots, (), (b"Crawl-delay: ", b"inf", b"Disallow: ", b"*", b"$", b"\n", *ODD)),
}  # fmt: skip
KEPT = [(folder.name, path) for folder in sorted(CORPUS.iterdir()) for path in sorted(folder.iterdir())]  # fmt: skip


def feed(name: str, data: bytes) -> None:
    parser = PARSERS[name]
    try:
        parser.parse(data)
    except parser.documented:
        return
    except UnicodeDecodeError:
        # A YAML text comes as text, so bytes that are none never reach its parser.
        assert name == "profile"


def test_every_parser_has_its_corpus() -> None:
    assert {name for name, _ in KEPT} == set(PARSERS)


@pytest.mark.parametrize(("name", "path"), KEPT, ids=[f"{name}/{path.name}" for name, path in KEPT])
def test_a_kept_input_raises_nothing_but_the_documented_errors(name: str, path: Path) -> None:
    feed(name, path.read_bytes())


@st.composite
def mutated(draw: st.DrawFn, name: str) -> bytes:
    """A kept input with up to eight edits that mean something to its parser."""
    seeds = [path.read_bytes() for kind, path in KEPT if kind == name]
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 8, 40, len(data)])))
        new = draw(
            st.one_of(
                st.sampled_from(PARSERS[name].tokens),
                st.binary(max_size=4),
                st.just(data[start:end] * 2),
            )
        )
        data = data[:start] + new + data[end:]
    return data[:65_536]


def fuzz(name: str) -> None:
    examples = int(EXAMPLES) if EXAMPLES else PARSERS[name].examples

    @settings(
        max_examples=examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @example(data=b"")
    @given(data=mutated(name))
    def run(data: bytes) -> None:
        feed(name, data)

    run()


@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_mutated_input_raises_nothing_but_the_documented_errors(name: str) -> None:
    fuzz(name)
