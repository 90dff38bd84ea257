"""Sorts the parts of a mail into the texts to read and the files to list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.errors import CloseBoundaryNotFoundDefect, InvalidBase64LengthDefect
from email.message import Message
from email.utils import collapse_rfc2231_value

from channels.email.decoding import decode_base64, decode_bytes, decode_header, one_line
from channels.email.html_text import html_to_text
from channels.email.mending import find_boundary
from domain.messages import Attachment

_MAX_HTML_CHARS = 600_000
_MAX_PARTS = 500
_MAX_DEPTH = 30

_MACHINE_PARTS = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "message/global-delivery-status",
    }
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")


@dataclass(slots=True)
class _Allowance:
    """How many parts all readers of a mail may read together: nested returned mails are read twice."""

    parts: int = _MAX_PARTS
    is_used_up: bool = False

    def take(self) -> bool:
        self.parts -= 1
        self.is_used_up = self.is_used_up or self.parts < 0
        return not self.is_used_up


class BodyReader:
    """Walks the parts and sorts them into text bodies and attachments."""

    def __init__(self, depth: int = 0, allowance: _Allowance | None = None) -> None:
        self.attachments: list[Attachment] = []
        self._allowance = allowance or _Allowance()
        self._depth = depth
        self._bodies: list[str] = []
        self._parts = 0
        self._forwarded: Message | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the mail has more parts or levels than are read."""
        return self._allowance.is_used_up

    def text(self) -> str:
        """Return all text bodies joined; a mail that only forwards another one has that one's text."""
        own = "\n".join(body for body in self._bodies if body.strip())
        if own or self._forwarded is None or len(self.attachments) > 1:
            return own
        return self._text_of(self._forwarded)

    def _text_of(self, mail: Message) -> str:
        inner = BodyReader(self._depth + 1, self._allowance)
        inner.read(mail)
        return inner.text()

    def read(self, part: Message, nesting: int = 0) -> None:
        """Collect a part's bodies and attachments and those below it; `nesting` is its depth in this mail."""
        self._parts += 1
        if self._depth + nesting > _MAX_DEPTH:
            self._allowance.is_used_up = True
        if not self._allowance.take():
            return
        kind = _kind_of(part)
        if kind.startswith("message/"):
            self._read_message(part, kind)
        elif not part.is_multipart():
            self._read_leaf(part, kind, nesting)
        elif kind == "multipart/alternative":
            self._read_alternative(part, nesting)
        else:
            for child in _children(part):
                self.read(child, nesting + 1)
                if kind == "multipart/report" and (returned := _inner_mail(child)):
                    self._bodies.append(self._text_of(returned))

    def _read_message(self, part: Message, kind: str) -> None:
        """List a mail in the mail, and keep it in case there is nothing else; skip reports for machines."""
        inner = _inner_mail(part)
        if kind in _MACHINE_PARTS:
            return
        if inner is None:
            self.attachments.append(_describe(part))
            return
        self.attachments.append(Attachment(_filename(part), kind, len(inner.as_bytes())))
        enclosed = BodyReader(self._depth + 1, self._allowance)
        enclosed.read(inner)
        self.attachments.extend(
            attachment
            for attachment in enclosed.attachments
            if not attachment.content_type.startswith("message/")
        )
        if self._depth or self._parts > 1:
            self._forwarded = self._forwarded or inner

    def _read_leaf(self, part: Message, kind: str, nesting: int) -> None:
        """Read a part without children; a multipart that can't be split is read as text."""
        if kind.startswith("multipart/") and (parted := _split_again(part, kind)):
            self.read(parted, nesting + 1)
        elif _is_body(part, kind) or kind.startswith("multipart/"):
            self._bodies.append(_read_text(part, kind))
        else:
            self.attachments.append(_describe(part))

    def _read_alternative(self, part: Message, nesting: int) -> None:
        """Read one of the versions, plain text before HTML, and list the files of all."""
        plain: list[list[str]] = []
        rich: list[list[str]] = []
        for child in _children(part):
            version = BodyReader(self._depth + nesting + 1, self._allowance)
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


def _kind_of(part: Message) -> str:
    """Return the content type, also where a semicolon or the subtype was forgotten."""
    kind = part.get_content_type().split()[0]
    return "text/plain" if kind == "text/" else kind


def _is_plain(part: Message) -> bool:
    leaves = [leaf for leaf in part.walk() if not leaf.is_multipart()]
    return any(_kind_of(leaf) == "text/plain" for leaf in leaves)


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if not isinstance(payload, list):
        return
    children = [child for child in payload if isinstance(child, Message)]
    if children and any(isinstance(defect, CloseBoundaryNotFoundDefect) for defect in part.defects):
        _cut_glued_end(children[-1], f"--{part.get_boundary()}--")
    yield from children


def _cut_glued_end(part: Message, end: str) -> None:
    """Cut off the last boundary, which some programs write behind the last word."""
    payload = part.get_payload()
    if isinstance(payload, str) and payload.rstrip().endswith(end):
        part.set_payload(payload.rstrip().removesuffix(end))


def _split_again(part: Message, kind: str) -> Message | None:
    """Split a multipart by the boundary that it has in place of the declared one."""
    payload = part.get_payload()
    boundary = find_boundary(payload) if isinstance(payload, str) else None
    if boundary is None:
        return None
    head = f'Content-Type: {kind}; boundary="{boundary}"\n\n'
    parted = message_from_string(head + str(payload), policy=part.policy)
    return parted if parted.is_multipart() else None


def _inner_mail(part: Message) -> Message | None:
    is_mail = _kind_of(part) in ("message/rfc822", "message/global")
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
    if not isinstance(payload, bytes):
        return b""
    # The standard library does not decode base64 that was cut off.
    is_cut = part.get("content-transfer-encoding") == "base64" and any(
        isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects
    )
    if is_cut and _BASE64.fullmatch(payload):
        return decode_base64(payload.decode("ascii"))
    return payload


def _describe(part: Message) -> Attachment:
    return Attachment(_filename(part), _kind_of(part), len(_payload_bytes(part)))


def _filename(part: Message) -> str:
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        value = part.get_param(name, header=header)
        if isinstance(value, tuple):
            charset, _, text = value
            return one_line(decode_bytes(str(text).encode("latin-1", "replace"), charset))
        if value:
            return one_line(decode_header(str(value).strip('"')))
    return ""
