"""Finds where mail is embedded without quote marks: separators and blocks of From, Sent, To, Subject."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.mail_languages import (
    FORWARD_LINE,
    FROM_LABEL,
    SENT_LABEL,
    SEPARATOR_WORDS,
    SUBJECT_LABEL,
    TO_LABEL,
)

RULE = re.compile(r"\A\s*(?:[-_=*]\s?){5,}\s*$")
_MAX_BLOCK_LINES = 12
_DASHED_WORDS = re.compile(
    r"\A[\s>*]*[-_=]{3,}\s*(?P<words>[^\s_=-].{0,78}?[^\s_=-])\s*[-_=]{3,}[\s*]*$"
)
_LABELS = (
    ("from", FROM_LABEL),
    ("sent", SENT_LABEL),
    ("subject", SUBJECT_LABEL),
    ("to", TO_LABEL),
)


def match_embedded(lines: Sequence[str], position: int) -> int | None:
    """Return the end of a separator and its header block; None if none begins here."""
    line = lines[position]
    dashed = _DASHED_WORDS.match(line)
    if FORWARD_LINE.match(line.strip()) or (dashed and SEPARATOR_WORDS.search(dashed["words"])):
        return _match_headers(lines, _skip_blank(lines, position + 1)) or position + 1
    if dashed or RULE.match(line):
        return _match_headers(lines, _skip_blank(lines, position + 1))
    return _match_headers(lines, position)


def _match_headers(lines: Sequence[str], position: int) -> int | None:
    """Return the end of a header block that starts here, or None.

    Two labels are not enough ("From: London, To: Paris"); an address, or subject and date, are needed.
    """
    if position >= len(lines) or _label(lines[position]) is None:
        return None
    seen: set[str] = set()
    end = position
    for index in range(position, min(len(lines), position + _MAX_BLOCK_LINES)):
        label = _label(lines[index])
        if label is not None:
            seen.add(label)
            end = index + 1
        elif not lines[index].strip() or index > end:
            break  # one line in between is the rest of a folded header, two are text
    block = "\n".join(lines[position:end])
    has_address = "@" in block or "mailto:" in block
    if "from" not in seen or len(seen) < 2:
        return None
    return end if has_address or {"sent", "subject"} <= seen else None


def _label(line: str) -> str | None:
    return next((name for name, pattern in _LABELS if pattern.match(line)), None)


def _skip_blank(lines: Sequence[str], position: int) -> int:
    limit = min(len(lines), position + 3)
    while position < limit and not lines[position].strip():
        position += 1
    return position
