"""Splits texts into sentences and content words, in the same way for every comparison."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[DM]r\.)(?<!\bMrs\.)(?<!\bMs\.)[\"')\]]?\s+(?=[\"'(\[]?[A-Z0-9ÀÁÄÉÈÓÖÜÑ¿¡])"
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_STOP_WORDS = """
a about after again all also am an and any are as at be because been before being but by can could
did do does doing done each else even every for from get gets getting go got had has have having he
her here him his how i if in into is it its just like may me might more most much must my need needs
now of off on once one only or other our out over own please said same say she should so some still
such than that the their them then there these they this those through to too try under until up us
use used using very was way we well were what when where which while who why will with within would
yes yet you your yours hello hi dear thanks thank help want wanted know tell find anyone someone
something question problem issue
"""
_STOP = frozenset(_STOP_WORDS.split())
_SUFFIXES = ("ations", "ation", "ments", "ment", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s")


def stem(word: str) -> str:
    """Cut a common English ending off; at least three letters stay."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning, in order and lower case."""
    return [word for word in _WORD.findall(text.lower()) if word not in _STOP and len(word) > 1]


def stems(text: str) -> set[str]:
    """Return the stems of the words that carry meaning."""
    return {stem(word) for word in content_words(text)}


def flatten(text: str) -> str:
    """Normalise case, punctuation and spaces, so that equal wordings compare equal."""
    return " ".join(_WORD.findall(text.lower()))


def sentences(text: str) -> list[str]:
    """Split into sentences and list items, in order; a list item stays whole."""
    found: list[str] = []
    held: list[str] = []

    def close() -> None:
        if held:
            found.extend(
                sentence.strip()
                for sentence in _SENTENCE_END.split(" ".join(held))
                if sentence.strip()
            )
            held.clear()

    for line in text.splitlines():
        if not line.strip():
            close()
        elif _LIST_ITEM.match(line):
            close()
            found.append(line.strip())
        else:
            held.append(line.strip())
    close()
    return found


def is_list_item(sentence: str) -> bool:
    """Whether the line begins like a list item."""
    return _LIST_ITEM.match(sentence) is not None
