"""Offers articles as a numbered choice where none is sure to answer or the answer was not meant, and reads the pick."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from agent.plain_text import plain_text
from domain.choices import INTRODUCTIONS, offered_in
from domain.messages import Role
from domain.turns import Draft, SearchResult, Turn
from domain.wording import say
from domain.words import content_stems, flatten

MOST = 3
LEAST = 2
"""One title is no choice."""
_NUMBER = re.compile(
    r"\A\W{0,9}(?:(?:the|number|no|nr|nummer|option|numero|n|die|der|das|la|le|el|il|de|het|o|a)\W{1,9}){0,2}(\d)\W{0,9}"
)
_ORDINALS = (
    "first|erste[rsn]?|premi[eè]re?|primer[oa]?|prim[oa]|eerste|primeir[oa]",
    "second|zweite[rsn]?|deuxi[eè]me|seconde?|segund[oa]|second[oa]|tweede",
    "third|dritte[rsn]?|troisi[eè]me|tercer[oa]?|terz[oa]|derde|terceir[oa]",
)
_ORDINAL_PATTERNS = tuple(re.compile(rf"\b(?:{words})\b") for words in _ORDINALS)
_ORDINAL_CHARS = 30
_SHARE_OF_A_TITLE = 0.6


def choices_of(turn: Turn, draft: Draft) -> tuple[str, ...]:
    """Return the titles to offer: those of the surest search that was unsure, or none.

    A customer who was asked back before is not asked again.
    """
    unsure = [result for result in draft.found if result.is_unsure]
    if not unsure or turn.clarifications_before:
        return ()
    best = max(unsure, key=lambda result: result.answerable)
    titles = dict.fromkeys(plain_text(passage.title).strip() for passage in best.passages)
    chosen = tuple(titles)[:MOST]
    return chosen if len(chosen) >= LEAST else ()


def next_best(
    turn: Turn, results: Iterable[SearchResult], but_not: Collection[str]
) -> tuple[str, ...]:
    """Return the titles to offer in place of an answer that was not meant: the next two, `but_not` left out.

    `but_not` are flattened titles. A customer who was asked back before is not asked again.
    """
    if turn.clarifications_before:
        return ()
    titles = dict.fromkeys(
        title
        for result in results
        for passage in result.passages
        if flatten(title := plain_text(passage.title).strip()) not in but_not
    )
    chosen = tuple(titles)[:LEAST]
    return chosen if len(chosen) >= LEAST else ()


def choice_text(turn: Turn, titles: Sequence[str], introduction: str = "choice.offer") -> str:
    """Return the reply that offers the titles behind one of domain.choices.INTRODUCTIONS."""
    lines = [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    return "\n\n".join(
        [
            say(turn.company, turn.language, introduction),
            "\n".join(lines),
            say(turn.company, turn.language, "choice.how"),
        ]
    )


def is_choice_text(turn: Turn, titles: Sequence[str], text: str) -> bool:
    """Whether a text is a reply that offers the titles, and nothing else."""
    return any(text == choice_text(turn, titles, key) for key in INTRODUCTIONS)


def picked(turn: Turn) -> tuple[str, str] | None:
    """Return the title that the customer picked from our last reply, and what they had asked before it."""
    said = [entry for entry in turn.history if entry.conversation_id == turn.conversation_id]
    if len(said) < 2 or said[-1].role is Role.CUSTOMER:
        return None
    titles = offered_in(turn.company, said[-1].content)
    title = _pick(turn, titles) if titles else None
    if title is None:
        return None
    asked = [entry.content for entry in said if entry.role is Role.CUSTOMER]
    return title, asked[-1] if asked else title


def _pick(turn: Turn, titles: Sequence[str]) -> str | None:
    text = turn.text.strip().casefold()
    number = _NUMBER.fullmatch(text)
    if number is not None:
        at = int(number[1]) - 1
        return titles[at] if 0 <= at < len(titles) else None
    if len(text) <= _ORDINAL_CHARS:
        named = [at for at, words in enumerate(_ORDINAL_PATTERNS) if words.search(text)]
        if len(named) == 1 and named[0] < len(titles):
            return titles[named[0]]
    said = flatten(text)
    for title in titles:
        if said and (said == flatten(title) or flatten(title) in said):
            return title
    own = set(content_stems(text, turn.language))
    shares = [
        len(own & stems) / len(stems) if (stems := set(content_stems(title, turn.language))) else 0
        for title in titles
    ]
    best = max(shares)
    return (
        titles[shares.index(best)]
        if best >= _SHARE_OF_A_TITLE and shares.count(best) == 1
        else None
    )
