"""Raw RFC 5322 bytes to what a conversation needs: who, about what, which thread, which words.

Mail from the field is often broken, so nothing here raises for a malformed part: a charset that nobody
knows, a header that can't be decoded or a boundary that is missing cost at most their own piece.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime

from channels.gmail.decoding import decode_bytes, decode_header, unfold
from channels.gmail.html_text import html_to_text
from domain.errors import Malformed
from domain.messages import Attachment

MAX_MAIL_BYTES = 40 * 1024 * 1024
"""Gmail delivers up to 25 MB, a third more in base64; anything above is not from Gmail."""
MAX_TEXT_CHARS = 500_000
_MAX_HTML_CHARS = 600_000
_MAX_PARTS = 500
_MAX_DEPTH = 30
_MAX_REFERENCES = 100

_MACHINE_PARTS = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
    }
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_LENIENT = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}
"""Python from 3.11.10 on drops all addresses of a header with one fault unless told not to."""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, decoded. Addresses are as written, ids keep their angle brackets, NULs are gone.

    `text` joins all text bodies (HTML where a part has no plain text), `headers` maps lower-case names
    to all values in order, unfolded and decoded.
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
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The first value of a header, None where the mail has none."""
        values = self.headers.get(name.lower())
        return values[0] if values else None


def parse_mail(raw: bytes) -> ParsedMail:
    """Raises Malformed only for what is no mail at all: nothing, or more than MAX_MAIL_BYTES."""
    if not raw.strip():
        raise Malformed("empty mail")
    if len(raw) > MAX_MAIL_BYTES:
        raise Malformed(f"mail of {len(raw)} bytes, the limit is {MAX_MAIL_BYTES}")
    message = message_from_bytes(raw, policy=_LenientFields())
    undecoded: dict[str, list[str]] = {}
    for name, value in message.items():
        undecoded.setdefault(name.lower().strip(), []).append(value)
    headers = {name: tuple(map(decode_header, values)) for name, values in undecoded.items()}
    sender_name, sender = _first_address(undecoded)
    in_reply_to = _message_ids(headers.get("in-reply-to", ()))
    message_ids = _message_ids(headers.get("message-id", ()))
    reader = _BodyReader()
    reader.read(message)
    text = reader.text()
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
        is_truncated=len(text) > MAX_TEXT_CHARS,
        headers=headers,
    )


class _LenientFields(policy.Compat32):
    """Header fields as one line of text, whatever bytes they were written in."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        text = unfold(value)
        return text.replace(" ", "") if name.lower() == "content-transfer-encoding" else text


class _BodyReader:
    """Walks the parts once and sorts them into text bodies and attachments."""

    def __init__(self, depth: int = 0) -> None:
        self.attachments: list[Attachment] = []
        self._depth = depth
        self._bodies: list[str] = []
        self._parts = 0
        self._forwarded: Message | None = None

    def text(self) -> str:
        """All text bodies joined; of a mail that is nothing but another one forwarded, that one's."""
        own = "\n".join(body for body in self._bodies if body.strip())
        if own or self._forwarded is None or len(self.attachments) > 1:
            return own
        return self._text_of(self._forwarded)

    def _text_of(self, mail: Message) -> str:
        inner = _BodyReader(self._depth + 1)
        inner.read(mail)
        return inner.text()

    def read(self, part: Message, nesting: int = 0) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS or self._depth + nesting > _MAX_DEPTH:
            return
        kind = part.get_content_type()
        if kind.startswith("message/"):
            self._read_message(part, kind)
        elif not part.is_multipart():
            self._read_leaf(part, kind)
        elif kind == "multipart/alternative":
            self._read_alternative(part, nesting)
        else:
            for child in _children(part):
                self.read(child, nesting + 1)
                if kind == "multipart/report" and (returned := _inner_mail(child)):
                    self._bodies.append(self._text_of(returned))

    def _read_message(self, part: Message, kind: str) -> None:
        """Reports are for machines; a mail in a mail is listed, and kept in case it is all there is."""
        inner = _inner_mail(part)
        if kind in _MACHINE_PARTS:
            return
        if inner is None:
            self.attachments.append(_describe(part))
            return
        self.attachments.append(Attachment(_filename(part), kind, len(inner.as_bytes())))
        enclosed = _BodyReader(self._depth + 1)
        enclosed.read(inner)
        self.attachments.extend(
            one for one in enclosed.attachments if not one.content_type.startswith("message/")
        )
        if self._depth or self._parts > 1:
            self._forwarded = self._forwarded or inner

    def _read_leaf(self, part: Message, kind: str) -> None:
        """A multipart without a boundary that splits it is shown as it is: better than lost."""
        if _is_body(part, kind) or kind.startswith("multipart/"):
            self._bodies.append(_read_text(part, kind))
        else:
            self.attachments.append(_describe(part))

    def _read_alternative(self, part: Message, nesting: int) -> None:
        """One of the versions, plain text before HTML; files that hang on any of them are listed."""
        plain: list[list[str]] = []
        rich: list[list[str]] = []
        for child in _children(part):
            version = _BodyReader(self._depth + nesting + 1)
            version.read(child)
            self._parts += version._parts
            self._forwarded = self._forwarded or version._forwarded
            self.attachments.extend(
                attachment
                for attachment in version.attachments
                if attachment.filename or not attachment.content_type.startswith("text/")
            )
            if any(body.strip() for body in version._bodies):
                (plain if _is_plain(child) else rich).append(version._bodies)
        if plain or rich:
            self._bodies.extend((plain or rich)[0])


def _is_plain(part: Message) -> bool:
    leaves = [leaf for leaf in part.walk() if not leaf.is_multipart()]
    return any(leaf.get_content_type() == "text/plain" for leaf in leaves)


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (child for child in payload if isinstance(child, Message))


def _inner_mail(part: Message) -> Message | None:
    is_mail = part.get_content_type() in ("message/rfc822", "message/global")
    return next(_children(part), None) if is_mail else None


def _is_body(part: Message, kind: str) -> bool:
    is_text = kind in ("text/plain", "text/html")
    return is_text and part.get_content_disposition() != "attachment" and not _filename(part)


def _read_text(part: Message, kind: str) -> str:
    charset = part.get_param("charset")
    label = None if charset is None else collapse_rfc2231_value(charset).strip("\"' ")
    text = decode_bytes(_payload_bytes(part), label).replace("\x00", "")
    if kind == "text/html":
        return html_to_text(text[:_MAX_HTML_CHARS])
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _payload_bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _describe(part: Message) -> Attachment:
    return Attachment(_filename(part), part.get_content_type(), len(_payload_bytes(part)))


def _filename(part: Message) -> str:
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        value = part.get_param(name, header=header)
        if isinstance(value, tuple):
            charset, _, text = value
            return _clean(decode_bytes(str(text).encode("latin-1", "replace"), charset))
        if value:
            return _clean(decode_header(str(value).strip('"')))
    return ""


def _clean(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()


def _one(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    return _clean(headers.get(name, ("",))[0])


def _addresses(values: list[str]) -> list[tuple[str, str]]:
    """Split before decoding: a decoded name may hold the commas and brackets that split."""
    flat = [re.sub(r"\s+", " ", value) for value in values]
    return [
        (_clean(decode_header(shown)), decode_header(address).strip())
        for shown, address in getaddresses(flat, **_LENIENT)
        if address
    ]


def _first_address(undecoded: Mapping[str, list[str]]) -> tuple[str, str]:
    """The first address of From, or of Sender where From has none."""
    for name in ("from", "sender"):
        for shown, address in _addresses(undecoded.get(name, [])):
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
