"""Finds the line that a mail program writes above quoted mail, such as "On Monday, Ann wrote:".

It needs no phrases of each client: a date, an address, a verb of writing and a colon at the end count,
within a few lines.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from channels.email.mail_languages import OPENERS, WROTE, WROTE_UNSPACED

MAX_LINE_CHARS = 400
"""Longer lines are prose."""
_MAX_LINES = 6
_MAX_CHARS = 400
_MAX_VERB_ONLY_CHARS = 120

QUOTE = re.compile(r"\A\s{0,3}>")
PIPE_QUOTE = re.compile(r"\A\s{0,3}[>|]")

_CLOSING_BRACKET = re.compile(rf"\A\s{{0,3}}>\s*(?:(?:{WROTE})\s*)?[:：]\s*$", re.IGNORECASE)
_DATE = re.compile(
    r"\d{1,2}\D{0,12}(?:1[34]|19|2[05])\d{2}|(?:1[34]|19|2[05])\d{2}\D{1,4}\d{1,2}|\b\d{1,2}[:.h]\d{2}\b"
    r"|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
)
"""With years of the Persian and the Buddhist calendar."""
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.]\d{2}(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:1[34]|19|2[05])\d{2}(?!\d)")
_ADDRESS = re.compile(
    r"[<\[(]\s?(?:mailto:)?[^<>@\s]{1,80}@[^<>@\s]{1,120}[>\])]|mailto:[^@]{1,80}@"
)
_ENDING = re.compile(
    rf"[:：]\s*(?:[-*_]+\s*)?$|(?:{WROTE})\W{{0,4}}-{{2,}}\s*$|[>\])]\s*(?:{WROTE})\s*$",
    re.IGNORECASE,
)
_ENDS_WITH_ADDRESS = re.compile(r"@[^<>@\s]{1,120}\s*[>\])]+\s*(?:[:：]\s*)?$")
_VERB = re.compile(rf"(?<!\w)(?:{WROTE})(?!\w)|{WROTE_UNSPACED}|님이", re.IGNORECASE)
_OPENER = re.compile(
    rf"\A[\s>*\"'-]*(?:(?:{OPENERS})(?=[\s\d,:])|\d|\w{{2,14}}[.,]?,? \d"
    r"|\w{2,14}[.,]? \w{2,14}[.,]? \d)",
    re.IGNORECASE,
)


_OWN_WORDS = re.compile(r"\b(?:received|this|got|from:|error|message)\b", re.IGNORECASE)


def find_attributions(lines: Sequence[str]) -> dict[int, int]:
    """Return {first line: line after the last} of each attribution, as short as it makes sense."""
    found: dict[int, int] = {}
    floor = 0
    for last, line in enumerate(lines):
        if len(line) > MAX_LINE_CHARS or not line.strip() or _is_quoted(lines, last):
            continue
        plain = html.unescape(line)
        before_quote = _is_before_quote(lines, last)
        if _ENDING.search(plain) or (before_quote and _ENDS_WITH_ADDRESS.search(plain)):
            start = _find_start(lines, last, floor, before_quote)
            if start is not None:
                found[start] = last + 1
                floor = last + 1
    return found


def _is_quoted(lines: Sequence[str], index: int) -> bool:
    """Return whether a line is quoted; "> wrote:" may only close the bracket around an address."""
    if not QUOTE.match(lines[index]):
        return False
    closes = (
        index > 0 and _CLOSING_BRACKET.match(lines[index]) and not QUOTE.match(lines[index - 1])
    )
    return not closes


def _is_before_quote(lines: Sequence[str], index: int) -> bool:
    following = next((line for line in lines[index + 1 : index + 8] if line.strip()), "")
    return bool(PIPE_QUOTE.match(following))


def _find_start(lines: Sequence[str], last: int, floor: int, before_quote: bool) -> int | None:
    """Walk up until the window holds a date, or at least an address with a verb."""
    best: int | None = None
    has_blank = False
    for start in range(last, max(floor, last - _MAX_LINES + 1) - 1, -1):
        if not lines[start].strip():
            if has_blank or best is None:
                break
            has_blank = True
            continue
        if start < last and QUOTE.match(lines[start]):
            break
        window = html.unescape(" ".join(part.strip() for part in lines[start : last + 1]))
        window = _with_ascii_digits(window)
        if len(window) > _MAX_CHARS:
            break
        if _is_dated(window, before_quote):
            return start
        if best is None and _is_undated(window, before_quote and start == last):
            best = start
    return best


def _is_dated(window: str, before_quote: bool) -> bool:
    if not _DATE.search(window):
        return False
    has_address = bool(_ADDRESS.search(window))
    opens = bool(_OPENER.match(window))
    if _VERB.search(window) and (opens or has_address):
        return True
    if (
        has_address
        and _TIME.search(window)
        and _YEAR.search(window)
        and not _OWN_WORDS.search(window)
    ):
        return True  # whatever the language's verb is
    return has_address and (before_quote or (opens and bool(_ENDS_WITH_ADDRESS.search(window))))


def _with_ascii_digits(text: str) -> str:
    """Write Arabic, Bengali and other digits as 0 to 9."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in text
    )


def _is_undated(window: str, directly_before_quote: bool) -> bool:
    if not _VERB.search(window):
        return False
    return bool(_ADDRESS.search(window)) or (
        directly_before_quote and len(window) <= _MAX_VERB_ONLY_CHARS
    )
