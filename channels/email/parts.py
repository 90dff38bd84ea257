"""Reads the parts of a mail whose headers, encodings and boundaries are broken."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email import message_from_string
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message
from typing import Any

from typing_extensions import override

from channels.email.decoding import decode_base64, decode_bytes, decode_header, one_line
from channels.email.mending import find_boundary

_MAX_HEADER_CHARS = 16_000
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_QUOTED_PRINTABLE = re.compile(r"=[0-9A-F]{2}")
_UNSEEN = re.compile(r"[^\x21-\x7e]")
"""What no content type has, and PostgreSQL keeps in part not."""
_LEAST_ESCAPES = 3
_BAD_FIELD = (TypeError, ValueError, LookupError, AttributeError)
"""What the standard library raises for RFC 2231 parameters that contradict themselves."""


class MailPart(Message):
    """A part whose malformed header parameters are read as far as they can be, and never raise."""

    @override
    def get_param(
        self, param: str, failobj: Any = None, header: str = "content-type", unquote: bool = True
    ) -> Any:
        """Return a parameter; where the header contradicts itself, the first value of that name."""
        try:
            value = super().get_param(param, failobj, header, unquote)
        except _BAD_FIELD:
            return _salvage(str(self.get(header, "")), param) or failobj
        # The standard library takes a charset for text, whatever RFC 2231 made of it.
        return str(value[2]) if param == "charset" and isinstance(value, tuple) else value

    @override
    def get_content_charset(self, failobj: Any = None) -> Any:
        """Return the charset's label in lower case."""
        return charset_of(self) or failobj


def _salvage(field: str, name: str) -> str | None:
    """Return the first value of a parameter, without RFC 2231's charset."""
    for piece in field[:_MAX_HEADER_CHARS].split(";")[1:]:
        label, _, value = piece.strip().partition("=")
        if label.partition("*")[0].strip().lower() == name and value:
            plain = value.strip().strip('"')
            return plain.rpartition("''")[2] if "*" in label else plain
    return None


def charset_of(part: Message) -> str | None:
    """Return the charset that a part names, whatever charset the name itself is said to be in."""
    return str(part.get_param("charset") or "").strip("\"' ").lower() or None


def kind_of(part: Message) -> str:
    """Return the content type, also where a semicolon or the subtype was forgotten."""
    kind = _UNSEEN.sub("", part.get_content_type().split()[0])
    return "text/plain" if kind == "text/" else kind


def filename_of(part: Message) -> str:
    """Return the file's name on one line, or an empty text."""
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        value = part.get_param(name, header=header)
        if isinstance(value, tuple):
            charset, _, text = value
            return one_line(decode_bytes(str(text).encode("latin-1", "replace"), charset))
        if value:
            return one_line(decode_header(str(value).strip('"')))
    return ""


def children_of(part: Message) -> Iterator[Message]:
    """Yield the parts of a multipart, the last one without a boundary glued to its last word."""
    payload = part.get_payload() if part.is_multipart() else None
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


def split_again(part: Message, kind: str) -> Message | None:
    """Split a multipart by the boundary that it has in place of the declared one."""
    payload = part.get_payload()
    boundary = find_boundary(payload) if isinstance(payload, str) else None
    if boundary is None:
        return None
    head = f'Content-Type: {kind}; boundary="{boundary}"\n\n'
    parted = message_from_string(head + str(payload), _class=MailPart, policy=part.policy)
    return parted if parted.is_multipart() else None


def inner_mail(part: Message) -> Message | None:
    """Return the mail that a message/rfc822 part holds."""
    is_mail = kind_of(part) in ("message/rfc822", "message/global")
    return next(children_of(part), None) if is_mail else None


def bytes_of(part: Message) -> bytes:
    """Decode a part's transfer encoding; text that a gateway put below base64 stays as it is."""
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    payload = part.get_payload()
    if encoding == "base64" and isinstance(payload, str):
        return _decode_base64_lines(payload)
    decoded = part.get_payload(decode=True)
    raw = decoded if isinstance(decoded, bytes) else b""
    if isinstance(payload, str) and encoding in ("", "7bit", "8bit") and _has_escapes(payload):
        return binascii.a2b_qp(raw)  # quoted-printable whose label was lost
    return raw


def _has_escapes(payload: str) -> bool:
    if "=\n" not in payload.replace("\r", ""):
        return False
    found = _QUOTED_PRINTABLE.finditer(payload)
    return sum(1 for _, _ in zip(range(_LEAST_ESCAPES), found, strict=False)) == _LEAST_ESCAPES


def _decode_base64_lines(payload: str) -> bytes:
    """Decode up to the padding or the first line that is no base64; the rest is text that was appended.

    A body that begins with other lines was decoded on its way, and only its label stayed.
    """
    lines = payload.splitlines(keepends=True)
    end = 0
    for line in lines:
        stripped = "".join(line.split())
        if stripped and not _BASE64_LINE.fullmatch(stripped):
            break
        end += 1
        if stripped.endswith("="):
            break
    head, rest = "".join(lines[:end]), "".join(lines[end:])
    if not head.strip():
        return _as_bytes(payload) if _is_text(payload) else decode_base64(payload)
    if not rest.strip():
        return decode_base64(head)
    if not _is_text(rest):
        return decode_base64(payload)
    return decode_base64(head) + b"\n" + _as_bytes(rest)


def _is_text(rest: str) -> bool:
    """Return whether these lines are words: base64 that is only damaged has no blanks between letters."""
    return any(len(line.split()) > 1 or line.strip() in ("--", "---") for line in rest.splitlines())


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
