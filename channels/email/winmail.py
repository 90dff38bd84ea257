"""Reads Outlook's winmail.dat (MS-OXTNEF): the words and the list of files in it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from compressed_rtf.compressed_rtf import decompress
from striprtf.striprtf import rtf_to_text
from tnefparse.tnef import TNEF

from channels.email.decoding import decode_bytes, one_line
from channels.email.html_text import html_to_text
from domain.messages import Attachment

KINDS = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MAX_BYTES = 20 * 1024 * 1024
_BROKEN = (AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)
"""What tnefparse and the readers of RTF raise for data that is cut or damaged."""


@dataclass(frozen=True, slots=True)
class Winmail:
    """What such a file holds; `text` is empty if it has no body."""

    text: str
    attachments: Sequence[Attachment]


def read_winmail(raw: bytes) -> Winmail | None:
    """Read the file; None if it is too large or damaged."""
    if len(raw) > _MAX_BYTES:
        return None
    try:
        found = TNEF(raw, do_checksum=False)
        files = [
            Attachment(
                one_line(_text(file.long_filename() or file.name)),
                "application/octet-stream",
                len(file.data or b""),
            )
            for file in found.attachments
        ]
        return Winmail(_body(found), files)
    except _BROKEN:
        return None


def _body(found: TNEF) -> str:
    """Return the plain body, else the HTML one, else the rich text."""
    plain = _text(found.body).replace("\r\n", "\n").replace("\r", "\n").strip()
    if plain:
        return plain
    if found.htmlbody:
        return html_to_text(_text(found.htmlbody))
    rich = found._rtfbody  # noqa: SLF001 - `rtfbody` hides which error its decompression had
    return (
        rtf_to_text(decompress(rich + b"\x00").decode("latin-1"), errors="replace").strip()
        if rich
        else ""
    )


def _text(value: object) -> str:
    """Return the text of a property, which tnefparse decodes only where it finds a code page."""
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    text = decode_bytes(value, None) if isinstance(value, bytes) else str(value or "")
    return text.replace("\x00", "")
