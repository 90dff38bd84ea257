"""Parses RFC 5322 bytes into what a conversation needs: sender, subject, thread and text.

Real mail is often broken, so a malformed part never raises: an unknown charset, an undecodable header
or a missing boundary cost at most their own piece.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from channels.email.bodies import BodyReader, Findings
from channels.email.decoding import decode_header, one_line, unfold
from channels.email.mending import mend_headers, mend_transfer_encoding
from channels.email.parts import MailPart
from domain.errors import Malformed
from domain.messages import Attachment

MAX_MAIL_BYTES = 40 * 1024 * 1024
"""Gmail delivers up to 25 MB, a third more in base64."""
MAX_TEXT_CHARS = 500_000
_MAX_FIELD_CHARS = 16_000
"""Of an unfolded header field: room for 400 recipients. `email` reads parameters in quadratic time."""
_MAX_REFERENCES = 100
_MAX_ENCLOSED_PARTS = 100

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_BLANKS = re.compile(r"\s+")
_NAME = re.compile(r'(^|,) ?([^",<>]+)<(?=[^<>]*@)')
_BRACKETED = re.compile(r"(?P<name>[^<>@]{0,200})<(?P<address>[^<>\s]{3,700})>")
_NEEDS_QUOTES = re.compile(r"[@\[\]]")
"""In a name that lacks its quotes, as in `ann@home <ann@example.com>`: the parser would take it for the
sender's address."""

_LENIENT = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}
"""By default Python from 3.11.10 on drops all addresses of a header with one fault."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Who sent the mail in a mail, and under which subject."""

    sender_name: str
    sender: str
    subject: str
    message_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A decoded mail. Addresses are as written, ids keep their angle brackets, NULs are removed.

    `text` joins all text bodies (HTML if a part has no plain text); `headers` maps lower-case names to
    all values in order, unfolded and decoded.
    """

    subject: str
    sender_name: str
    sender: str
    to: tuple[str, ...]
    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    sent_at: datetime | None
    text: str
    attachments: tuple[Attachment, ...]
    content_type: str
    is_truncated: bool = False
    encryption: str | None = None
    """What nobody here can read: S/MIME or PGP."""
    signature: str | None = None
    """What signed the mail; it is not checked."""
    is_calendar_reply: bool = False
    """Whether it only answers an invitation."""
    enclosed: Enclosed | None = None
    """The first mail in this mail."""
    cc: tuple[str, ...] = ()
    reply_to: tuple[tuple[str, str], ...] = ()
    """Names and addresses."""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """Return the first value of a header, if any."""
        values = self.headers.get(name.lower())
        return values[0] if values else None


def parse_mail(raw: bytes, max_bytes: int | None = None) -> ParsedMail:
    """Parse a mail, or its first `max_bytes`; then `is_truncated` is set.

    Raises:
        Malformed: The mail is empty or has more than MAX_MAIL_BYTES.
    """
    if not raw.strip():
        raise Malformed("empty mail")
    if len(raw) > MAX_MAIL_BYTES:
        raise Malformed(f"mail of {len(raw)} bytes, the limit is {MAX_MAIL_BYTES}")
    mended = mend_headers(raw[:max_bytes])
    reader = BodyReader()
    try:
        message = message_from_bytes(mended, _class=MailPart, policy=_LenientFields())
        reader.read(message)
    except RecursionError:  # thousands of parts in each other
        message = BytesHeaderParser(MailPart, policy=_LenientFields()).parsebytes(mended)
        reader = BodyReader()
        reader.findings.is_used_up = True
    undecoded = _fields_of(message)
    headers = {name: tuple(map(decode_header, values)) for name, values in undecoded.items()}
    sender_name, sender = _first_address(undecoded)
    in_reply_to = _message_ids(headers.get("in-reply-to", ()))
    message_ids = _message_ids(headers.get("message-id", ()))
    text = reader.text()
    findings = reader.findings
    return ParsedMail(
        subject=_one(headers, "subject"),
        sender_name=sender_name,
        sender=sender,
        to=tuple(address for _, address in _addresses(undecoded.get("to", []))),
        message_id=message_ids[0] if message_ids else None,
        in_reply_to=in_reply_to[0] if in_reply_to else None,
        references=_message_ids(headers.get("references", ()))[-_MAX_REFERENCES:],
        sent_at=_read_date(_one(headers, "date")),
        text=text[:MAX_TEXT_CHARS],
        attachments=tuple(reader.attachments),
        content_type=message.get_content_type(),
        is_truncated=(
            len(text) > MAX_TEXT_CHARS
            or findings.is_used_up
            or (max_bytes is not None and len(raw) > max_bytes)
        ),
        encryption=findings.encryption,
        signature=findings.signature,
        is_calendar_reply=_only_answers_invitation(findings, text),
        enclosed=_read_enclosed(reader.enclosed),
        cc=tuple(address for _, address in _addresses(undecoded.get("cc", []))),
        reply_to=tuple(_addresses(undecoded.get("reply-to", []))),
        headers=headers,
    )


def _fields_of(message: Message) -> dict[str, list[str]]:
    """Return all values of each field, by its name in lower case."""
    fields: dict[str, list[str]] = {}
    for name, value in message.items():
        fields.setdefault(name.lower().strip(), []).append(value)
    return fields


def _only_answers_invitation(findings: Findings, text: str) -> bool:
    """Return whether the mail says nothing but yes or no; a comment or a question is a person's."""
    answers = [invitation for invitation in findings.invitations if invitation.is_answer]
    return bool(answers) and not any(answer.comment for answer in answers) and "?" not in text


def _read_enclosed(message: Message | None) -> Enclosed | None:
    if message is None:
        return None
    fields = _fields_of(message)
    headers = {name: tuple(map(decode_header, values)) for name, values in fields.items()}
    name, address = _first_address(fields)
    ids = _message_ids(headers.get("message-id", ()))
    reader = BodyReader(findings=Findings(parts=_MAX_ENCLOSED_PARTS))
    reader.read(message)
    text = reader.text()[:MAX_TEXT_CHARS]
    return Enclosed(name, address, _one(headers, "subject"), ids[0] if ids else None, text)


class _LenientFields(policy.Compat32):
    """Reads each header field as one line of text, whatever its bytes."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        text = unfold(value[:_MAX_FIELD_CHARS])
        is_encoding = name.lower() == "content-transfer-encoding"
        return mend_transfer_encoding(text) if is_encoding else text


def _one(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    return one_line(headers.get(name, ("",))[0])


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Split addresses, then decode: a decoded name may hold commas and brackets."""
    flat = [_NAME.sub(_quote_name, _BLANKS.sub(" ", value)) for value in values]
    try:
        found = getaddresses(flat, **_LENIENT)
    except RecursionError:  # a thousand comments in each other
        return []
    return [
        _read_address(one_line(decode_header(shown)), decode_header(address).strip())
        for shown, address in found
        if address
    ]


def _quote_name(found: re.Match[str]) -> str:
    name = found[2].removesuffix(" ")
    return f'{found[1]}"{name}" <' if _NEEDS_QUOTES.search(name) else found[0]


def _read_address(shown: str, address: str) -> tuple[str, str]:
    """Split `Ann Lee ann@example.com`, which lacks its brackets, into name and address."""
    if (bracketed := _BRACKETED.fullmatch(address)) is not None:
        return shown or bracketed["name"].strip(' "'), bracketed["address"]
    name, _, last = address.rpartition(" ")
    return (shown or name, last) if "@" in last and "@" not in name else (shown, address)


def _first_address(undecoded: Mapping[str, list[str]]) -> tuple[str, str]:
    """Return the first address of From, else of Sender.

    Some programs encode the name and the address in one word, which RFC 2047 forbids and Gmail reads.
    """
    for name in ("from", "sender"):
        values = undecoded.get(name, [])
        for fields in (values, list(map(decode_header, values))):
            for shown, address in _addresses(fields):
                if "@" in address:
                    return shown, address
    return "", ""


def _message_ids(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value)))


def _read_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
