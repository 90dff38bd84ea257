"""Tells a question's case from its opposite: turn on and turn off, before and after dispatch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from domain.languages import Language
from domain.words import content_stems, fold

_STATES = re.compile(
    r"\b(?:\w{3,}ed|ge[a-z]{3,}t|[a-z]+(?:geschaltet|gesperrt)|[a-z]{3,}iert|[a-z]{3,}quee?)\b"
)
"""Who says that a card is blocked does not ask to block it."""
_WORD = re.compile(r"\w+(?:'\w+)?")
_LONGEST_QUESTION = 2_000
_NEAR_CHARS = 200
_OBJECT_WORDS = 4
"""How many words behind a mark tell what it is about."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two opposite marks. An act needs no object in a heading; a time or a manner always needs the same one."""

    one: re.Pattern[str]
    other: re.Pattern[str]
    is_act: bool


def _compile() -> tuple[_Pair, ...]:
    """The pairs of opposites.txt: `[kind]`, the marks of one side, `--`, those of the other."""
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    found = []
    for block in re.split(r"(?m)^\[", lines)[1:]:
        kind, _, marks = block.partition("]\n")
        one, other = (
            re.compile(rf"\b(?:{'|'.join(side.split(chr(10)))})\b")
            for side in (part.strip() for part in marks.split("\n--\n"))
        )
        found.append(_Pair(one, other, kind == "act"))
    return tuple(found)


_PAIRS = _compile()


class Case:
    """The case that a question is about, for comparing texts with it."""

    def __init__(self, question: str, language: Language) -> None:
        self._language = language
        told = fold(question[:_LONGEST_QUESTION])
        acts = _STATES.sub(" ", told)
        self._words = frozenset(content_stems(told, language))
        self._sides: list[tuple[_Pair, re.Pattern[str], re.Pattern[str], frozenset[str]]] = []
        for pair in _PAIRS:
            asked = acts if pair.is_act else told
            for mine, others in ((pair.one, pair.other), (pair.other, pair.one)):
                wanted = mine.search(asked)
                if wanted is not None and others.search(asked) is None:
                    self._sides.append(
                        (pair, mine, others, frozenset(_object(asked, wanted, language)))
                    )

    def is_opposite_of(self, text: str, *, is_heading: bool = False) -> bool:
        """Whether a text is about the opposite of what is asked, and about nothing else.

        Both must name the same thing; in a heading, any word of the question is enough, or no word at all.
        """
        if not self._sides:
            return False
        said = fold(text)
        for pair, mine, others, thing in self._sides:
            unwanted = others.search(said)
            if unwanted is None or mine.search(said) is not None:
                continue
            rest = set(content_stems(others.sub(" ", said), self._language))
            if is_heading and pair.is_act and (not rest or rest & self._words):
                return True
            if thing & _object(said, unwanted, self._language):
                return True
        return False


def _object(text: str, mark: re.Match[str], language: Language) -> set[str]:
    behind = _WORD.findall(text[mark.end() : mark.end() + _NEAR_CHARS])
    return {
        *content_stems(" ".join(behind[:_OBJECT_WORDS]), language),
        *content_stems(mark.group(), language)[1:],
    }
