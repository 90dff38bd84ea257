"""Decides which names may stand in greetings and headers, since whoever writes chooses the name."""

from __future__ import annotations

import unicodedata

from domain.turn_text import normalise

MOST_WORDS = 4
MOST_CHARS = 60
_JOINERS = "\u200c\u200d"
"""Some scripts need them inside a word. Every other character of their kind could hide or reverse text."""
_INSIDE = "-‐‑–'’ʼ·・,"
"""Allowed beside letters: O'Brien, Anne-Marie, Gal·la, Doe, Jane."""


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
    return text if all(_may_stand(text, at) for at in range(len(text))) else ""


def has_letter(text: str) -> bool:
    """Whether there is a letter of any script."""
    return any(unicodedata.category(character)[0] == "L" for character in text)


def _may_stand(text: str, at: int) -> bool:
    character, before, after = text[at], text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    if character == " " or character in _INSIDE or _is_letter(character):
        return True
    if character == ".":
        return not (_is_letter(before) and _is_letter(after)) and before != "."
    if character in _JOINERS:
        return _is_letter(before) and _is_letter(after)
    return character.isdecimal() and not before.isdecimal() and before != "." and after != "."


def _is_letter(character: str) -> bool:
    """A letter or a mark on one."""
    return bool(character) and unicodedata.category(character)[0] in "LM"
