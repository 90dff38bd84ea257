"""Detects that an answer contradicts a passage, by figures, negations and opposite words.

Only sentences on the same topic are compared. Other contradictions are left to the person who approves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from domain.languages import Language, guess_language
from domain.words import content_words, flatten, statements, stem

SAME_TOPIC = 0.5
"""Share of the shorter sentence's words that both contain, from which figures are compared."""
SAME_STATEMENT = 0.6
"""The same, from which negations and opposite words are compared."""
_MIN_SHARED = 2

_QUANTITY = re.compile(r"(\d+(?:[.,]\d+)?)\s*(%|[a-zA-Z]+)?")
_WORD = re.compile(r"[^\W_]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|can't|don't|doesn't|isn't|aren't|won't|without|unable|neither|nor|can’t|don’t|doesn’t|"
    r"isn’t|aren’t|won’t|no longer)\b",
    re.IGNORECASE,
)
_OPPOSITES = (
    ("enable", "disable"), ("on", "off"), ("allow", "forbid"), ("include", "exclude"), ("before", "after"),
    ("automatic", "manual"), ("automatically", "manually"), ("required", "optional"), ("free", "paid"),
    ("increase", "decrease"), ("minimum", "maximum"), ("public", "private"), ("everyone", "admin"),
    ("permanent", "temporary"), ("keep", "delete"), ("kept", "deleted"), ("possible", "impossible"),
    ("supported", "unsupported"), ("available", "unavailable"),
)  # fmt: skip
_WORD_SIDES = {
    word: (side, at) for at, pair in enumerate(_OPPOSITES) for side, word in enumerate(pair)
}
_IN_BASE_UNIT = {
    "second": ("time", 1.0), "sec": ("time", 1.0), "minute": ("time", 60.0), "min": ("time", 60.0),
    "hour": ("time", 3600.0), "day": ("time", 86_400.0), "week": ("time", 604_800.0), "month": ("time", 2_592_000.0),
    "year": ("time", 31_536_000.0), "kb": ("size", 1e3), "mb": ("size", 1e6), "gb": ("size", 1e9), "tb": ("size", 1e12),
}  # fmt: skip


def find_contradiction(answer: str, passages: Sequence[str]) -> int | None:
    """Return the index of the first passage that contradicts the answer, or None.

    Sentences of the answer that a passage contains word for word contradict nothing.
    """
    written = flatten(" \n ".join(passages))
    language = guess_language(answer)
    said = [
        (sentence, _topic(sentence, language))
        for sentence in statements(answer)
        if flatten(sentence) not in written
    ]
    for at, passage in enumerate(passages):
        for other in statements(passage):
            topic = _topic(other, language)
            if any(_oppose(sentence, own, other, topic) for sentence, own in said):
                return at
    return None


def _oppose(sentence: str, topic: set[str], other: str, other_topic: set[str]) -> bool:
    shared = topic & other_topic
    if len(shared) < _MIN_SHARED:
        return False
    overlap = len(shared) / min(len(topic), len(other_topic))
    if overlap >= SAME_TOPIC and _figures_differ(_quantities(sentence), _quantities(other)):
        return True
    if overlap < SAME_STATEMENT or len(shared) <= _MIN_SHARED:
        return False
    # "Not available" and "unavailable" mean the same.
    return (_is_denied(sentence) != _is_denied(other)) != _take_opposite_sides(sentence, other)


def _topic(sentence: str, language: Language) -> set[str]:
    """Return the sentence's stems without figures, their units, negations and opposite words."""
    plain = _NEGATION.sub(" ", _QUANTITY.sub(_counted, sentence))
    return {
        stem(word, language) for word in content_words(plain, language) if word not in _WORD_SIDES
    }


def _counted(quantity: re.Match[str]) -> str:
    unit = (quantity[2] or "").lower()
    return " " if unit.removesuffix("s") in _IN_BASE_UNIT else f" {unit} "


def _quantities(sentence: str) -> dict[str, set[float]]:
    """Group figures by what they count; times are in seconds and sizes in bytes."""
    found: dict[str, set[float]] = defaultdict(set)
    for number, unit in _QUANTITY.findall(sentence):
        value = float(
            number.replace(
                ",", "." if number.count(",") == 1 and len(number.split(",")[1]) < 3 else ""
            )
        )
        name = unit.lower().removesuffix("s")
        kind, factor = _IN_BASE_UNIT.get(name, (name or "number", 1.0))
        found[kind].add(value * factor)
    return found


def _figures_differ(figures: dict[str, set[float]], other: dict[str, set[float]]) -> bool:
    return any(
        unit in other and figures[unit].isdisjoint(other[unit])
        for unit in figures
        if unit != "number"
    )


def _is_denied(sentence: str) -> bool:
    return len(_NEGATION.findall(sentence)) % 2 == 1


def _take_opposite_sides(sentence: str, other: str) -> bool:
    """Whether the sentences name opposite words of a pair, and each sentence only one of the two."""
    own, others = _sides(sentence), _sides(other)
    return any(own[pair] != others[pair] for pair in own.keys() & others.keys())


def _sides(sentence: str) -> dict[int, int]:
    words = {word.lower() for word in _WORD.findall(sentence)}
    named = [_WORD_SIDES[word] for word in words if word in _WORD_SIDES]
    pairs = [pair for _, pair in named]
    return {pair: side for side, pair in named if pairs.count(pair) == 1}
