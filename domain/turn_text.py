"""Prepares customers' texts for a turn, so that every step takes bounded time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_TURN_CHARS = 10_000
"""Some four pages, more than a model or an encoder needs. The form accepts no more."""
MAX_HISTORY_CHARS = 4_000
"""Characters of each earlier message; its beginning tells the topic."""
_MAX_MARKS = 30
"""Successive combining marks, by Unicode's stream-safe format (UAX #15); sorting them takes quadratic time."""

_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_BLANKS = re.compile(r"[^\S\n]{9,}")
"""A shorter run may be an indentation."""


@dataclass(frozen=True, slots=True)
class TurnText:
    """A prepared text; `is_cut` means that the customer wrote more."""

    text: str
    is_cut: bool


def prepare(text: str, max_chars: int = MAX_TURN_CHARS) -> TurnText:
    """Prepare a customer's text for patterns and models: NFKC, blank runs collapsed, cut to `max_chars`.

    Every text that a turn reads is prepared here; stored texts and those for staff stay unchanged.
    """
    short = _BLANKS.sub(" ", _LINES.sub("\n\n", text.replace("\r\n", "\n")))
    plain = normalise(short[:max_chars], "NFKC")
    return TurnText(plain[:max_chars], len(short) > max_chars or len(plain) > max_chars)


def normalise(text: str, form: Literal["NFC", "NFKC", "NFKD"]) -> str:
    """Apply `unicodedata.normalize` in linear time, keeping thirty marks of each run of combining marks."""
    if text.isascii():
        return text
    return unicodedata.normalize(form, _drop_marks(text))


def _drop_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)
