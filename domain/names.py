"""Decides which names may stand in greetings and headers, since whoever writes chooses the name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from domain.turn_text import normalise

MOST_WORDS = 4
MOST_CHARS = 60
MOST_STORED_CHARS = 100
_LONGEST_NAME = 1_000
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d"
"""Some scripts need them inside a word. Every other character of their kind could hide or reverse text."""
_INSIDE = "-‐‑–'’ʼ·・,"
"""Allowed beside letters: O'Brien, Anne-Marie, Gal·la, Doe, Jane."""


def clean_name(name: str) -> str:
    """Return a sender's name on one line, without characters that are invisible or turn the line round."""
    kept = [
        character
        if character in _JOINERS or unicodedata.category(character) not in _HIDDEN
        else " " * (character in "\t\n\r\v\f\x85")
        for character in name[:_LONGEST_NAME]
    ]
    return " ".join("".join(kept).split())[:MOST_STORED_CHARS].strip(_JOINERS + " ")


def usable_name(name: str) -> str:
    """Return the name on one line, or nothing if it may be no name.

    A name has letters of any script in at most four words: no two digits in a row, no dot between letters,
    no `@`, nothing that changes the direction of text, no control characters and no other signs.
    """
    if len(name) > 4 * MOST_CHARS:
        return ""
    words = normalise(name, "NFC").split()
    text = " ".join(words)
    if len(words) > MOST_WORDS or len(text) > MOST_CHARS or not has_letter(text):
        return ""
    letters = [unicodedata.category(character)[0] in "LM" for character in text]
    return text if all(_may_stand(text, letters, at) for at in range(len(text))) else ""


def has_letter(text: str) -> bool:
    """Whether there is a letter of any script."""
    return any(unicodedata.category(character)[0] == "L" for character in text)


def _may_stand(text: str, letters: Sequence[bool], at: int) -> bool:
    """Whether the character at a place may be in a name; `letters` tells letters and the marks on them."""
    character = text[at]
    if character == " " or character in _INSIDE or letters[at]:
        return True
    before, after = text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    is_between = any(letters[max(at - 1, 0) : at]) and any(letters[at + 1 : at + 2])
    if character == ".":
        return not is_between and before != "."
    if character in _JOINERS:
        return is_between
    return character.isdecimal() and not before.isdecimal() and before != "." and after != "."
