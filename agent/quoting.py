"""Tells whether a sentence is a passage's own, whole, with its figures and currency signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agent.plain_text import plain_text
from domain.turns import Passage, Turn
from domain.wording import source_line
from domain.words import fold, sentences

MAX_TOKENS = 400
"""No sentence has more; of a longer text the rest counts as our own words."""

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+|[€£$¥%°]|(?<!\w)[-+](?=\d)")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^#{1,6}[^\S\n]+(.+)$", re.MULTILINE)
_URL = re.compile(r"\bhttps?://[^\s<>()\[\]\"'“”]+", re.IGNORECASE)

Tokens = tuple[str, ...]


class Quotable:
    """The sentences of some passages."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        parts = [_sentences_of(passage.title, passage.text) for passage in passages]
        self._known = frozenset[Tokens]().union(*parts)
        heads = [_headings_of(passage.title, passage.section, passage.text) for passage in passages]
        self._heads = frozenset[Tokens]().union(*heads)

    def holds(self, text: str) -> bool:
        """Whether a text is one or several of the sentences, one after another, and nothing else."""
        left = _tokens(text)
        if not left or len(left) > MAX_TOKENS:
            return False
        while left:
            end = next((end for end in range(len(left), 0, -1) if left[:end] in self._known), 0)
            if not end:
                return False
            left = left[end:]
        return True

    def is_heading(self, text: str) -> bool:
        """Whether a text is a heading or a sentence of one: “I sent the wrong file. What now?” is a customer's."""
        return _tokens(text) in self._heads


def without_sources(text: str, turn: Turn, passages: Sequence[Passage], basis: str) -> str:
    """Take off what only names an article: source lines, titles in quotation marks, and addresses found in `basis`."""
    for passage in passages:
        title = plain_text(passage.title)
        text = text.replace(source_line(turn.company, turn.language, title, passage.url), " ")
        for quoted in (f"“{title}”", f'"{title}"', f"„{title}“", f"«{title}»"):
            text = text.replace(quoted, " ")
    known = {passage.url for passage in passages if passage.url} | set(_urls(basis))
    return _URL.sub(
        lambda found: " " if found.group().rstrip(".,;:!?") in known else found.group(), text
    )


def _urls(text: str) -> list[str]:
    return [found.rstrip(".,;:!?") for found in _URL.findall(text)]


@lru_cache(maxsize=256)
def _sentences_of(title: str, text: str) -> frozenset[Tokens]:
    plain = f"{plain_text(title)}\n{plain_text(text)}"
    return frozenset(_tokens(sentence) for sentence in sentences(plain)) - {()}


@lru_cache(maxsize=256)
def _headings_of(title: str, section: str, text: str) -> frozenset[Tokens]:
    lines = [title, section, *_HEADING.findall(text)]
    return frozenset(_tokens(part) for line in lines for part in sentences(plain_text(line))) - {()}


def _tokens(text: str) -> Tokens:
    return tuple(_TOKEN.findall(fold(_LIST_MARK.sub("", text))))
