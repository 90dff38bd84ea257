"""Prepares what a customer wrote for the steps of a turn, so that each takes a bounded time over it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

MAX_TURN_CHARS = 10_000
"""Some four pages: more than a model or an encoder needs to know what is wanted. The form takes no more."""
MAX_HISTORY_CHARS = 4_000
"""Of each earlier message: what it was about stands at its beginning."""
_MAX_MARKS = 30
"""Combining marks in a row, by Unicode's stream-safe format (UAX #15); their sorting takes quadratic time."""

_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_BLANKS = re.compile(r"[^\S\n]{9,}")
"""Fewer may be an indentation."""


@dataclass(frozen=True, slots=True)
class TurnText:
    """`is_cut` says that the customer wrote more than `text`."""

    text: str
    is_cut: bool


def prepare(text: str, max_chars: int = MAX_TURN_CHARS) -> TurnText:
    """The one gate for customers' words, before any pattern or model: NFKC, blank runs collapsed, cut.

    Everything that a turn reads went through here; what is stored and shown to staff is as it came.
    """
    short = _BLANKS.sub(" ", _LINES.sub("\n\n", text.replace("\r\n", "\n")))
    plain = normalise(short[:max_chars], "NFKC")
    return TurnText(plain[:max_chars], len(short) > max_chars or len(plain) > max_chars)


def normalise(text: str, form: Literal["NFC", "NFKC", "NFKD"]) -> str:
    """`unicodedata.normalize` in linear time: of a run of combining marks thirty are kept."""
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
