"""Repairs headers and boundaries that mail programs break, before the mail is parsed.

The standard library's parser ends the headers at the first line that is none: the sender and the
subject below it would become the customer's words.
"""

from __future__ import annotations

import re

_MAX_HEADER_BYTES = 512 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"\A(?:[!-9;-~]*:|[ \t]|From )")
_PROSE = re.compile(rb"\A(?!>From )[^:\s]+\s[^:]*:")
_SPACED_FIELD = re.compile(rb"\A([!-9;-~]+)[ \t]+:")
_KNOWN_FIELD = re.compile(
    rb"\A(?:from|to|cc|subject|date|message-id|mime-version|content-type|received|return-path)\s*:",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"^--(\S{1,200})[ \t]*\r?\n(?=content-[a-z-]+:)", re.IGNORECASE | re.MULTILINE
)
_NO_LETTERS = re.compile(r"[^a-z0-9]")


def mend_headers(raw: bytes) -> bytes:
    """Remove marks and blank lines in front, blanks before colons (RFC 822) and stray lines.

    A stray line is dropped if a header field that every mail has comes below it and it does not read
    "words and more: …"; else it begins a body whose blank line was forgotten.
    """
    raw = raw.removeprefix(_BYTE_ORDER_MARK).lstrip(b"\r\n")
    lines: list[bytes] = []
    position = 0
    for line in raw[:_MAX_HEADER_BYTES].splitlines(keepends=True):
        if not line.strip(b"\r\n") or not line.endswith((b"\r", b"\n")):
            break
        spaced = _SPACED_FIELD.match(line)
        lines.append(spaced[1] + line[spaced.end() - 1 :] if spaced else line)
        position += len(line)
    end = next((number for number, line in enumerate(lines) if _PROSE.match(line)), len(lines))
    known = (number for number, line in enumerate(lines[:end]) if _KNOWN_FIELD.match(line))
    last = max(known, default=0)
    fields = [line for line in lines[:last] if _FIELD.match(line)]
    return b"".join([*fields, *lines[last:], raw[position:]])


def mend_transfer_encoding(value: str) -> str:
    """Return the encoding's plain name out of "base64;", "Quoted Printable (x)" and the like."""
    letters = _NO_LETTERS.sub("", value.lower())
    if letters.startswith("base64"):
        return "base64"
    if letters.startswith("quotedprintable"):
        return "quoted-printable"
    return value.replace(" ", "")


def find_boundary(body: str) -> str | None:
    """Return the boundary that a multipart uses in place of the declared one, if any."""
    found = _BOUNDARY.search(body)
    return found[1] if found else None
