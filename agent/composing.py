"""A reply made of a passage's own words: whole steps and whole sentences, as many as the channel likes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent import phrases
from agent.claims import find_claims
from agent.conversation import topic_stems
from domain.channels import ChannelConfig
from domain.languages import Language
from domain.turns import Passage
from domain.words import content_stems, flatten, fold, sentences

FRAME_WORDS = 80
"""Kept free of a channel's word limit for greeting, opening, source and signature."""
LIST_BONUS = 0.6
ORDER_COST = 0.02
SHARE_TO_BE_AN_ANSWER = 0.6
"""Of a further question's words; one that shares fewer is about something else in the same article."""

_BULLET = re.compile(r"^\s*[-*•]\s+")
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_BOLD_AT_START = re.compile(
    r"^([^\S\n]*(?:(?:[-*•]|\d{1,2}[.)])[^\S\n]+)?)\*\*([^*\n]+)\*\*", re.MULTILINE
)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^\[)\s]+)\)")
_ERROR_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_CODE = re.compile(r"`([^`\n]+)`")
_QUOTE_MARK = re.compile(r"[\"“”]")
_EMPTY_LINE = re.compile(r"\n\s*\n")
_MEASURE = re.compile(r"\bhow \w+\b")
"""How long, how many: an answer gives the measure and does not repeat the word."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's text and the passages that it rests on."""

    text: str
    sources: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is said whole or not at all: a sentence, or a list with the sentence that introduces it."""

    text: str
    is_list: bool
    starts_paragraph: bool


def compose(
    question: str,
    passages: Sequence[Passage],
    config: ChannelConfig,
    language: Language,
    *,
    said_before: Sequence[str] = (),
    is_second_attempt: bool = False,
) -> Answer | None:
    """An answer from the first passage's article, whole where there is room for it; `passages` come best first.

    Units that were `said_before` are not said again; None when nothing is left to say.
    """
    asked = set(content_stems(question, language))
    codes = error_codes(question)
    heard = flatten("\n".join(said_before))
    for best in passages:
        article = sorted(
            (one for one in passages if one.article_id == best.article_id),
            key=lambda one: one.position,
        )
        parts = [(one, unit) for one in article for unit in _fresh(one, heard)]
        if not parts:
            continue
        chosen = _select([unit for _, unit in parts], asked, codes, config, language)
        said = [parts[at] for at in chosen]
        text = [
            phrases.opening(config.channel, is_second_attempt),
            _join([unit for _, unit in said]),
            phrases.source(best.title, best.url),
        ]
        sources = tuple(dict.fromkeys(one for one, _ in said))
        return Answer("\n\n".join(part for part in text if part), sources)
    return None


def pick_out(
    question: str,
    asked_before: str,
    passages: Sequence[Passage],
    said_before: Sequence[str],
    language: Language,
) -> Answer | None:
    """The one sentence that answers a further question about an article which the customer already has.

    None where the article is news to them, where they ask nothing new, and where no sentence of it
    holds most of their words and of the new ones among them: then they are told all of it.
    """
    asked = set(topic_stems(_MEASURE.sub("", fold(question)), language))
    news = asked - set(content_stems(asked_before, language))
    heard = flatten("\n".join(said_before))
    if not news or not passages or flatten(passages[0].title) not in heard:
        return None
    units = [
        (one, unit)
        for one in passages
        if one.article_id == passages[0].article_id
        for unit in _fresh(one, heard="")
        if not unit.is_list
    ]
    if not units:
        return None

    def shares(unit: _Unit) -> tuple[float, float]:
        return _share_of(asked, unit.text, language), _share_of(news, unit.text, language)

    source, best = max(units, key=lambda one: sum(shares(one[1])))
    if min(shares(best)) < SHARE_TO_BE_AN_ANSWER:
        return None
    return Answer("\n\n".join([best.text, phrases.source(source.title, source.url)]), (source,))


def error_codes(text: str) -> set[str]:
    """Codes such as SSO-403 that a text quotes."""
    return set(_ERROR_CODE.findall(text.upper()))


def _fresh(passage: Passage, heard: str) -> list[_Unit]:
    return [
        unit
        for unit in _units(plain_text(passage.text), passage.title)
        if flatten(unit.text) not in heard and not _is_unsayable(unit.text)
    ]


def _is_unsayable(text: str) -> bool:
    """Whether an article's sentence, said to a customer, would claim an act or name a price."""
    return any(
        True
        for sentence in sentences(text)
        for _ in find_claims(sentence, is_handed_over=False, has_ticket=True, is_quoted=False)
    )


def plain_text(text: str) -> str:
    """Markdown as plain text: names of buttons in quotation marks, emphasis and code marks dropped."""
    text = _BOLD_AT_START.sub(r"\1\2", text)
    text = _BOLD.sub(lambda found: _quoted(found.group(1)), text)
    text = _LINK.sub(r"\1 (\2)", text)
    return _CODE.sub(r"\1", text)


def _quoted(name: str) -> str:
    return name if _QUOTE_MARK.search(name) else f"“{name}”"


def _units(text: str, title: str) -> list[_Unit]:
    units: list[_Unit] = []
    held: list[str] = []
    paragraphs = _EMPTY_LINE.split(text.strip())
    lines = [line for paragraph in paragraphs for line in [*paragraph.splitlines(), ""]]
    is_fresh_paragraph = True

    def close_list() -> None:
        if held:
            if units and units[-1].text.rstrip().endswith(":"):
                units.append(_Unit(units.pop().text + "\n" + "\n".join(held), True, True))
            elif all(_BULLET.match(line) for line in held):
                # Points that nothing introduces stand each for itself; steps belong together.
                units.extend(_Unit(line, True, False) for line in held)
            else:
                units.append(_Unit("\n".join(held), True, True))
            held.clear()

    for line in lines:
        if not line.strip():
            is_fresh_paragraph = True
        elif (
            _LIST_ITEM.match(line) or line.lstrip().startswith("|") or (held and line[:1].isspace())
        ):
            held.append(line.rstrip())
        else:
            close_list()
            for sentence in sentences(line):
                if flatten(sentence) != flatten(title):
                    units.append(_Unit(sentence, False, is_fresh_paragraph))
                is_fresh_paragraph = False
    close_list()
    return units


def _fits(units: Sequence[_Unit], config: ChannelConfig) -> bool:
    text = _join(units)
    if config.preferred_chars is not None and len(text) > config.preferred_chars:
        return False
    return config.max_words is None or len(text.split()) <= max(40, config.max_words - FRAME_WORDS)


def _select(
    units: Sequence[_Unit],
    asked: set[str],
    codes: set[str],
    config: ChannelConfig,
    language: Language,
) -> list[int]:
    """Which units to say, in the article's order: as many as fit, the most fitting first.

    The best steps and the best sentence are said even beyond the length that a channel prefers:
    without them the rest is no answer.
    """
    if _fits(units, config):
        return list(range(len(units)))

    def score(at: int) -> tuple[bool, float]:
        text = units[at].text
        bonus = LIST_BONUS if units[at].is_list else 0.0
        named = any(code in text for code in codes)
        return named, _share_of(asked, text, language) + bonus - ORDER_COST * at

    rated = sorted(range(len(units)), key=score, reverse=True)
    steps = next((at for at in rated if units[at].is_list), rated[0])
    sentence = next((at for at in rated if not units[at].is_list), rated[0])
    kept = {rated[0], steps, sentence}
    for at in rated:
        if _fits([units[one] for one in sorted({*kept, at})], config):
            kept.add(at)
    return sorted(kept)


def _share_of(asked: set[str], text: str, language: Language) -> float:
    """Share of the question's words that a text holds."""
    return len(asked & set(content_stems(text, language))) / len(asked) if asked else 0.0


def _join(units: Sequence[_Unit]) -> str:
    text = ""
    previous: _Unit | None = None
    for unit in units:
        if previous is None:
            text = unit.text
        elif unit.is_list or previous.is_list or unit.starts_paragraph:
            is_next_point = bool(_BULLET.match(unit.text) and _BULLET.match(previous.text))
            text += ("\n" if is_next_point else "\n\n") + unit.text
        else:
            text += " " + unit.text
        previous = unit
    return text
