"""Composes a reply of a passage's own words: whole steps and sentences with their warnings, as many as fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.claims import find_claims
from agent.opposites import Case
from agent.plain_text import plain_text
from agent.topic_stems import topic_stems
from agent.units import Unit, units_of
from domain.channels import ChannelConfig
from domain.company import Company
from domain.languages import Language
from domain.turns import Passage
from domain.wording import say, source_line
from domain.words import content_stems, flatten, fold, sentences

FRAME_WORDS = 80
"""Kept free of a channel's word limit for greeting, opening, source and signature."""
LIST_BONUS = 0.6
ORDER_COST = 0.02
FOUND_BONUS = 0.3
"""For the section of the passage that the search found best."""
AS_CLOSE = 0.02
"""Cosines of sentences that the multilingual model tells apart no better than this answer together."""
WORDS_BESIDE_CLOSENESS = 0.05
FOLLOWING = 2
"""Sentences that go on what the chosen one says."""
SHARE_TO_BE_AN_ANSWER = 0.6
"""Of a further question's words; one that shares fewer is about something else in the same article."""

_BULLET = re.compile(r"^\s*[-*•]\s+")
_ENDS = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_ERROR_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")
_MEASURE = re.compile(r"\bhow \w+\b")
"""How long, how many: an answer gives the measure and does not repeat the word."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply's text and the passages that it rests on."""

    text: str
    sources: tuple[Passage, ...]


def compose(
    question: str,
    passages: Sequence[Passage],
    config: ChannelConfig,
    language: Language,
    company: Company,
    *,
    said_before: Sequence[str] = (),
    is_second_attempt: bool = False,
) -> Answer | None:
    """Compose an answer from the first passage's article, whole if there is room for it; the best passage comes first.

    What answers the opposite of the question is not said, and units that were `said_before` are not said again.
    A warning or condition is said with what it belongs to, or neither is.

    Returns:
        None if nothing is left to say, or if what has to be said together is too long for the channel.
    """
    opening = "second_attempt" if is_second_attempt else f"opening.{config.channel}"
    asked = set(content_stems(question, language))
    codes = error_codes(question)
    case = Case(question, language)
    heard = flatten("\n".join(said_before))
    for best in passages:
        if case.is_opposite_of(best.title, is_heading=True):
            continue
        article = _units(best, passages, case)
        if article is None:
            continue
        fresh = [at for at, (_, unit) in enumerate(article) if flatten(unit.text) not in heard]
        if not any(not article[at][1].is_binding for at in fresh) and (heard or not fresh):
            continue
        units = [unit for _, unit in article]
        chosen = _all_or_none(units, config) if best.is_whole else None
        if not best.is_whole:
            close = _closeness(article)
            chosen = _closest(units, fresh, close, asked, language, config) or _select(
                units,
                fresh,
                _in_focus(article, fresh, asked, best, language),
                asked,
                codes,
                config,
                language,
            )
        if chosen is None:
            return None
        said = [article[at] for at in chosen]
        text = [
            say(company, language, opening),
            _join([unit for _, unit in said]),
            source_line(company, language, plain_text(best.title), best.url),
        ]
        sources = tuple(dict.fromkeys(passage for passage, _ in said))
        return Answer("\n\n".join(part for part in text if part), sources)
    return None


def pick_out(
    question: str,
    asked_before: str,
    passages: Sequence[Passage],
    said_before: Sequence[str],
    language: Language,
    company: Company,
    *,
    is_quoting: bool = False,
) -> Answer | None:
    """The one sentence that answers a further question about an article which the customer already has.

    Of a message that quotes one of ours (`is_quoting`) only the words count that the article knows: the others, as in
    "does this one work", only point at it.

    None where the article is news to them or said whole or not at all, where they ask nothing new, and where no
    sentence of it holds most of their words and of the new ones among them: then they are told all of it.
    """
    asked = set(topic_stems(_MEASURE.sub("", fold(question)), language, company))
    news = asked - set(content_stems(asked_before, language))
    heard = flatten("\n".join(said_before))
    if not news or not passages or flatten(passages[0].title) not in heard or passages[0].is_whole:
        return None
    article = _units(passages[0], passages, Case(question, language)) or []
    found = [(passage, unit) for passage, unit in article if not unit.is_list]
    if not found:
        return None

    if is_quoting:
        known = set(content_stems(" ".join(unit.text for _, unit in found), language))
        asked, news = asked & known or asked, news & known or news

    def shares(unit: Unit) -> tuple[float, float]:
        return _share_of(asked, unit.text, language), _share_of(news, unit.text, language)

    source, best = max(found, key=lambda pair: sum(shares(pair[1])))
    if min(shares(best)) < SHARE_TO_BE_AN_ANSWER:
        return None
    named = source_line(company, language, plain_text(source.title), source.url)
    return Answer("\n\n".join([best.text, named]), (source,))


def error_codes(text: str) -> set[str]:
    """Codes such as SSO-403 that a text quotes."""
    return set(_ERROR_CODE.findall(text.upper()))


def _units(
    best: Passage, passages: Sequence[Passage], case: Case
) -> list[tuple[Passage, Unit]] | None:
    """The units of the best passage's article that may be said, in its order; None if a warning may not be.

    Of passages that do not follow one another up to the best one, only the warnings are kept.
    """
    article = sorted(
        (passage for passage in passages if passage.article_id == best.article_id),
        key=lambda passage: passage.position,
    )
    near = _neighbours([passage.position for passage in article], best.position)
    found: list[tuple[Passage, Unit]] = []
    for passage in article:
        for unit in units_of(passage):
            is_opposed = case.is_opposite_of(unit.section, is_heading=True) or (
                not unit.is_binding and case.is_opposite_of(unit.text)
            )
            if (is_opposed and not best.is_whole) or (
                passage.position not in near and not unit.is_binding
            ):
                continue
            if _is_unsayable(unit.text):
                if unit.is_binding or best.is_whole:
                    return None
                continue
            found.append((passage, unit))
    return found


def _neighbours(positions: Sequence[int], around: int) -> set[int]:
    """The positions that lead to `around` without a gap."""
    near = {around}
    for position in sorted(positions, key=lambda position: abs(position - around)):
        if near & {position - 1, position, position + 1}:
            near.add(position)
    return near


def _is_unsayable(text: str) -> bool:
    """Whether an article's sentence, said to a customer, would claim an act that we did not do."""
    return any(
        True
        for sentence in sentences(text)
        for _ in find_claims(sentence, is_handed_over=False, has_ticket=True, is_quoted=True)
    )


def _fits(units: Sequence[Unit], config: ChannelConfig) -> bool:
    text = _join(units)
    if config.preferred_chars is not None and len(text) > config.preferred_chars:
        return False
    return _may_be_sent(units, config)


def _may_be_sent(units: Sequence[Unit], config: ChannelConfig) -> bool:
    limit = config.max_words
    return limit is None or len(_join(units).split()) <= max(40, limit - FRAME_WORDS)


def _all_or_none(units: Sequence[Unit], config: ChannelConfig) -> list[int] | None:
    return list(range(len(units))) if units and _may_be_sent(units, config) else None


def _warnings_by_section(units: Sequence[Unit]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, unit in enumerate(units):
        if unit.is_binding:
            found.setdefault(unit.section, []).append(at)
    return found


def _in_focus(
    article: Sequence[tuple[Passage, Unit]],
    fresh: Sequence[int],
    asked: set[str],
    best: Passage,
    language: Language,
) -> list[int]:
    """The units of the section that answers, and of the article's head; all of an article without sections."""
    sections: dict[str, list[tuple[Passage, Unit]]] = {}
    for at in fresh:
        sections.setdefault(article[at][1].section, []).append(article[at])

    def score(section: str) -> float:
        text = "\n".join(unit.text for _, unit in sections[section])
        is_found = any(passage.chunk_id == best.chunk_id for passage, _ in sections[section])
        return (
            _share_of(asked, f"{section}\n{text}", language)
            + _share_of(asked, section, language)
            + (FOUND_BONUS if is_found else 0.0)
        )

    focus = max(sections, key=score)
    return [at for at in fresh if article[at][1].section in (focus, "")]


def _select(
    units: Sequence[Unit],
    fresh: Sequence[int],
    focus: Sequence[int],
    asked: set[str],
    codes: set[str],
    config: ChannelConfig,
    language: Language,
) -> list[int] | None:
    """Which units to say, in the article's order: all if they fit, else as many of those in focus, the best first.

    With them go the warnings and conditions of their sections and of the whole article. The best steps and the
    best sentence are said even beyond the length that a channel prefers: without them the rest is no answer.
    """
    warnings = _warnings_by_section(units)

    def chosen(some: set[int]) -> list[int]:
        sections = {units[at].section for at in some} | {""}
        return sorted(some.union(*(warnings.get(section, ()) for section in sections)))

    def fits(some: set[int]) -> bool:
        return _fits([units[at] for at in chosen(some)], config)

    if fits(set(fresh)):
        return chosen(set(fresh))
    fresh = focus

    def score(at: int) -> tuple[bool, float]:
        text = f"{units[at].section}\n{units[at].text}"
        bonus = LIST_BONUS if units[at].is_list else 0.0
        named = any(code in text for code in codes)
        return named, _share_of(asked, text, language) + bonus - ORDER_COST * at

    named = {units[at].section for at in fresh} - {""}
    rated = sorted(
        fresh, key=lambda at: (not named or units[at].section in named, score(at)), reverse=True
    )
    beside = [at for at in rated if units[at].section == units[rated[0]].section]
    steps = next((at for at in beside if units[at].is_list), rated[0])
    sentence = next((at for at in beside if not units[at].is_list), rated[0])
    kept = next(
        (
            some
            for some in ({rated[0], steps, sentence}, {rated[0]})
            if _may_be_sent([units[at] for at in chosen(some)], config)
        ),
        None,
    )
    if kept is None:
        return chosen({rated[0]}) if len(chosen({rated[0]})) == 1 else None
    for at in rated:
        if fits({*kept, at}):
            kept.add(at)
    return chosen(kept)


def _closeness(article: Sequence[tuple[Passage, Unit]]) -> dict[int, float]:
    """How close each unit's closest sentence is to the question, where the search compared sentences."""
    found: dict[int, float] = {}
    for at, (passage, unit) in enumerate(article):
        lines = [set(flatten(line).split()) for line in sentences(unit.text)]
        # A row of a table is said with its headings, so it holds more words than it had in the article.
        values = [
            value
            for sentence, value in passage.closeness
            if any(line.issuperset(sentence.split()) for line in lines)
        ]
        if values:
            found[at] = max(values)
    return found


def _closest(
    units: Sequence[Unit],
    fresh: Sequence[int],
    close: dict[int, float],
    asked: set[str],
    language: Language,
    config: ChannelConfig,
) -> list[int] | None:
    """The units that are as close to the question as the closest one, each with what follows it in its paragraph.

    Rows of a table and sentences on another case stay out. Warnings of their sections are said with them.
    """
    scores = {
        at: value
        + WORDS_BESIDE_CLOSENESS
        * _share_of(asked, f"{units[at].section}\n{units[at].text}", language)
        for at, value in close.items()
        if at in fresh and not units[at].is_binding
    }
    if not scores:
        return None
    best = max(scores.values())
    chosen = {at for at, score in scores.items() if score >= best - AS_CLOSE}
    for at in list(chosen):
        for beside in range(at + 1, min(at + 1 + FOLLOWING, len(units))):
            if not _goes_on(units[beside - 1], units[beside]) or beside not in fresh:
                break
            chosen.add(beside)
    warnings = _warnings_by_section(units)
    ranked = sorted(chosen, key=lambda at: -scores.get(at, 0.0))
    said: set[int] = set()
    for at in ranked:
        sections = {units[other].section for other in (*said, at)} | {""}
        some = {*said, at}.union(*(warnings.get(section, ()) for section in sections))
        if _may_be_sent([units[other] for other in sorted(some)], config):
            said = some
    return sorted(said) or None


def _goes_on(unit: Unit, following: Unit) -> bool:
    return (
        unit.section == following.section
        and not following.starts_paragraph
        and not (unit.is_list and following.is_list)
    )


def _share_of(asked: set[str], text: str, language: Language) -> float:
    """Share of the question's words that a text holds."""
    return len(asked & set(content_stems(text, language))) / len(asked) if asked else 0.0


def _join(units: Sequence[Unit]) -> str:
    """The units as a text, each section under its heading."""
    text = ""
    previous: Unit | None = None
    for unit in units:
        if unit.section and (previous is None or previous.section != unit.section):
            unit, text = replace(unit, starts_paragraph=False), f"{text}\n\n{unit.section}\n"
            text += unit.text
        elif previous is None:
            text = unit.text
        elif (
            unit.is_list
            or previous.is_list
            or unit.starts_paragraph
            or not _ENDS.search(previous.text)
        ):
            is_next_point = bool(_BULLET.match(unit.text) and _BULLET.match(previous.text))
            text += ("\n" if is_next_point else "\n\n") + unit.text
        else:
            text += " " + unit.text
        previous = unit
    return text.strip()
