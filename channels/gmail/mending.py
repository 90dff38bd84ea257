"""Repairs what mail programs of the field break, so that the parser behind finds headers and parts.

The parser of the standard library ends a header at the first line that is none, and all below it, the
sender and the subject among it, would become the customer's words.
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
    """Without marks and blank lines in front, blanks before colons (RFC 822 had them), stray lines.

    A stray line is dropped only where a header field that every mail has comes below it, and not where
    it reads "words and more: …": else it is the body, whose blank line in front was forgotten.
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
    end = next((number for number, one in enumerate(lines) if _PROSE.match(one)), len(lines))
    known = (number for number, one in enumerate(lines[:end]) if _KNOWN_FIELD.match(one))
    last = max(known, default=0)
    fields = [one for one in lines[:last] if _FIELD.match(one)]
    return b"".join([*fields, *lines[last:], raw[position:]])


def mend_transfer_encoding(value: str) -> str:
    """The encoding's plain name out of what stands around it: "base64;", "Quoted Printable (x)"."""
    letters = _NO_LETTERS.sub("", value.lower())
    if letters.startswith("base64"):
        return "base64"
    if letters.startswith("quotedprintable"):
        return "quoted-printable"
    return value.replace(" ", "")


def find_boundary(body: str) -> str | None:
    """What in truth parts a multipart whose declared boundary never comes, None where nothing does."""
    found = _BOUNDARY.search(body)
    return found[1] if found else None
