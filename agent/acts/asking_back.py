"""Asks one question back that fits what was said: its options are what the articles found differ in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from babel.lists import format_list

from agent.plain_text import plain_text
from agent.topic_stems import topic_stems
from domain.languages import Language
from domain.messages import Role
from domain.turns import Draft, Passage, Turn
from domain.words import content_stems, fold, stem

MOST_IN_A_ROW = 2
"""Questions back for one question of the customer's; then a person."""
FEW_WORDS = 7
"""A longer message says what it is about."""
FEW_TOPIC_WORDS = 2
AS_NEAR = 0.15
"""How far below the best an article's cosine may be, to be meant as well, where none is sure to answer."""
AS_NEAR_AS_AN_ANSWER = 0.08
"""The same, where the best one would answer: only a real rival is worth a question."""
MOST_OPTIONS = 4

_FACETS = Path(__file__).with_name("facets.txt")
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")


def has_budget(turn: Turn) -> bool:
    """Return whether a question back may still be asked."""
    return turn.clarifications_before < MOST_IN_A_ROW


def is_short(turn: Turn) -> bool:
    """Return whether a message names next to nothing: a few words, of which two at most name a subject."""
    text = turn.text
    return (
        len(text.split()) <= FEW_WORDS
        and len(topic_stems(text, turn.language, turn.company)) <= FEW_TOPIC_WORDS
        and _CODE.search(text) is None
    )


def options_of(turn: Turn, draft: Draft) -> tuple[str, ...]:
    """Return what the articles nearest to a short message differ in; none if it says which one it means.

    What the customer wrote before in this conversation counts: a slot that is filled is not asked for again.
    """
    titles = _near_titles(turn, draft)
    if len(titles) < 2:
        return ()
    said = {
        stem(word, turn.language)
        for text in [turn.text, *_said_by_customer(turn)]
        for word in _WORD.findall(fold(text))
    }
    for facet in _facets():
        named = [_value_in(title, facet) for title in titles]
        values = dict.fromkeys(value for value in named if value is not None)
        if len(values) < 2 or any(_is_said(value, said, turn.language) for value in facet):
            continue
        return tuple(_as_spelled(titles, value) for value in values)[:MOST_OPTIONS]
    return ()


def question_back(turn: Turn, options: Sequence[str]) -> dict[str, str]:
    """Return the placeholders of the text `which_of`."""
    return {"options": format_list(list(options), style="or", locale=turn.language.value)}


def _near_titles(turn: Turn, draft: Draft) -> list[str]:
    """Return the titles of the articles that a message without further words may mean, best first."""
    found: list[Passage] = [passage for result in draft.found for passage in result.passages]
    if not found:
        return []
    best = max(passage.similarity for passage in found)
    own = set(topic_stems(turn.text, turn.language, turn.company))
    reach = AS_NEAR_AS_AN_ANSWER
    if not draft.sources:
        own, reach = set(content_stems(turn.text, turn.language)), AS_NEAR
    near = dict.fromkeys(
        plain_text(passage.title).strip()
        for passage in sorted(found, key=lambda passage: -passage.similarity)
        if passage.similarity >= best - reach
    )
    return [title for title in near if own & set(content_stems(title, turn.language))]


def _said_by_customer(turn: Turn) -> list[str]:
    return [
        entry.content
        for entry in turn.history
        if entry.conversation_id == turn.conversation_id and entry.role is Role.CUSTOMER
    ]


Value = tuple[str, ...]


@cache
def _facets() -> tuple[tuple[Value, ...], ...]:
    lines = _FACETS.read_text(encoding="utf-8").splitlines()
    return tuple(
        tuple(tuple(word.strip() for word in value.split(",")) for value in line.split(";"))
        for line in lines
        if line and not line.startswith("#")
    )


def _value_in(title: str, facet: Sequence[Value]) -> Value | None:
    """Return the one value that a title names; None for none or several."""
    words = set(_WORD.findall(fold(title)))
    named = [value for value in facet if words & set(value)]
    return named[0] if len(named) == 1 else None


def _is_said(value: Value, said: set[str], language: Language) -> bool:
    return any(stem(word, language) in said for word in value)


def _as_spelled(titles: Sequence[str], value: Value) -> str:
    """Return the value as the articles spell it."""
    words = (str(word) for title in titles for word in _WORD.findall(title))
    return next(word for word in words if fold(word) in value)
