"""Reads invitations and the answers to them (RFC 5545, RFC 5546)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(
    r"^(METHOD|SUMMARY|DESCRIPTION|COMMENT)(?:;[^:\n]{0,500})?:([^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([nN,;\\])")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar part. `comment` is what an attendee wrote beside the answer."""

    is_answer: bool
    summary: str
    description: str
    comment: str


def read_calendar(text: str, method: str | None = None) -> Invitation:
    """Read a calendar; `method` is the one of the Content-Type, which wins."""
    found: dict[str, str] = {}
    for name, value in _PROPERTY.findall(_FOLD.sub("", text)):
        found.setdefault(name.upper(), _ESCAPED.sub(_unescape, value).strip())
    said = (method or found.get("METHOD", "")).upper()
    return Invitation(
        is_answer=said == "REPLY",
        summary=found.get("SUMMARY", ""),
        description=found.get("DESCRIPTION", ""),
        comment=found.get("COMMENT", ""),
    )


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]
