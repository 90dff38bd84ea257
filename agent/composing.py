"""Composes a reply of a passage's own words: whole steps and sentences with their warnings, as many as fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agent.claims import find_claims
from agent.cross_references import is_pointer, without_pointers
from agent.opposites import Case
from agent.plain_text import plain_text
from agent.units import Unit, units_of
from domain.channels import ChannelConfig
from domain.company import Company
from domain.languages import Language
from domain.turns import Passage
from domain.wording import source_line
from domain.words import content_stems, flatten, fold, sentences

FRAME_WORDS = 80
"""Kept free of a channel's word limit for greeting, opening, source and signature."""
LIST_BONUS = 0.6
_MOST_WEIGHED = 60
"""Units of an article that are tried for a place in the answer; no channel's length holds more."""
ORDER_COST = 0.02
ACTION_BONUS = 0.5
"""For what says how to do what the question wants done."""
REMEDY_BONUS = 0.3
"""For an instruction, where something does not work."""
FOUND_BONUS = 0.3
"""For the section of the passage that the search found best."""
AS_CLOSE = 0.02
"""Cosines of sentences that the multilingual model tells apart no better than this answer together."""
WORDS_BESIDE_CLOSENESS = 0.05
FOLLOWING = 2
"""Sentences that go on what the chosen one says."""
SHARE_TO_BE_A_REPETITION = 0.7
"""Of an answer's sentences."""

_BULLET = re.compile(r"^\s*[-*•]\s+")
_ENDS = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_HOW_TO = re.compile(
    r"\b(?:how (?:do|can|could|should|would) (?:i|we|you)|how to|(?:can|could) (?:i|we)|wie (?:kann|konnen|"
    r"muss) (?:ich|wir|man)|"
    r"como (?:puedo|podemos|se puede)|comment (?:puis-je|peut-on|faire pour))\b(?P<rest>[^.?!\n]{1,200})"
)
_WANTS_REMEDY = re.compile(
    r"\b(?:what (?:can|should|do) (?:i|we) do|locked|stuck|error|fails?|failed|(?:does|do|is|can)(?:n't| not)|cannot|"
    r"was (?:kann|soll) ich|gesperrt|fehler|que (?:puedo|hago|debo)|bloquead[oa]|que (?:faire|dois-je)|bloque)\b"
)
_INSTRUCTS = re.compile(r"[“„«→]|\ATo \w+|\AUm \w+|\APara \w+|\APour \w+")
_LEANS = re.compile(
    r"(?:quicker|faster|easier|alternatively|otherwise|instead|or|but|however|then|also|even|this|that|these|it|"
    r"stattdessen|alternativ|sonst|oder|aber|dann|auch|schneller|das|dies|"
    r"alternativamente|en cambio|pero|entonces|tambien|sinon|mais|ensuite|aussi|cela)\b"
)
_ERROR_CODE = re.compile(r"\b[A-Z]{2,6}-\d{2,4}\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an article says to a question, the line that names the article, and the passages that both rest on."""

    body: str
    named: str
    sources: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """Return the answer with the article's name below it."""
        return f"{self.body}\n\n{self.named}" if self.named else self.body

    def repeats(self, said: Sequence[str]) -> bool:
        """Whether most of it was said before, word for word."""
        heard = flatten("\n".join(said))
        parts = [
            part for line in self.body.splitlines() for part in sentences(line) if flatten(part)
        ]
        again = sum(flatten(part) in heard for part in parts)
        return bool(heard) and bool(parts) and again >= SHARE_TO_BE_A_REPETITION * len(parts)


def compose(
    question: str,
    passages: Sequence[Passage],
    config: ChannelConfig,
    language: Language,
    company: Company,
    *,
    but_not: Collection[str] = (),
) -> Answer | None:
    """Compose an answer from the first passage's article, whole if there is room for it; the best passage comes first.

    What answers the opposite of the question is not said, nor what only points to another article or place in
    front of the answer. A warning or condition is said with what it belongs to, or neither is. Articles with one
    of the titles `but_not`, flattened, are passed over.

    Returns:
        None if nothing is left to say, or if what has to be said together is too long for the channel.
    """
    asked = set(content_stems(question, language))
    codes = error_codes(question)
    case = Case(question, language)
    for best in passages:
        is_passed_over = flatten(plain_text(best.title)) in but_not
        if is_passed_over or case.is_opposite_of(best.title, is_heading=True):
            continue
        article = sayable_units(best, passages, case)
        if article is None:
            continue
        every = list(range(len(article)))
        if all(unit.is_binding for _, unit in article):
            continue
        units = [unit for _, unit in article]
        chosen = _all_or_none(units, config) if best.is_whole else None
        if not best.is_whole:
            close = _closeness(article)
            chosen = _closest(units, every, close, asked, language, config) or _select(
                units,
                every,
                _in_focus(article, every, asked, best, language),
                asked,
                codes,
                config,
                language,
                question,
            )
        if chosen is None:
            return None
        said = [article[at] for at in chosen]
        while len(said) > 1 and not best.is_whole and is_pointer(said[0][1].text):
            said = said[1:]
        return Answer(
            _join([unit for _, unit in said]),
            source_line(company, language, plain_text(best.title), best.url),
            tuple(dict.fromkeys(passage for passage, _ in said)),
        )
    return None


def error_codes(text: str) -> set[str]:
    """Codes such as SSO-403 that a text quotes."""
    return set(_ERROR_CODE.findall(text.upper()))


def sayable_units(
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
            if not best.is_whole:
                unit = replace(unit, text=without_pointers(unit.text))
            if unit.text:
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
    question: str,
) -> list[int] | None:
    """Which units to say, in the article's order: all if they fit, else as many of those in focus, the best first.

    With them go the warnings and conditions of their sections and of the whole article. The best steps and the
    best sentence are said even beyond the length that a channel prefers: without them the rest is no answer.
    """
    warnings = _warnings_by_section(units)
    action = _action_of(question, language)
    acts = [action in content_stems(f"{unit.section}\n{unit.text}", language) for unit in units]
    # The steps of an article on two acts may be those of the other one.
    is_elsewhere = any(acts) and not any(
        does and unit.is_list for does, unit in zip(acts, units, strict=True)
    )
    wants_remedy = _WANTS_REMEDY.search(fold(question)) is not None

    def chosen(some: set[int]) -> list[int]:
        sections = {units[at].section for at in some} | {""}
        leaning = {at - 1 for at in some if at and _leans(units[at - 1], units[at])}
        return sorted(some.union(leaning, *(warnings.get(section, ()) for section in sections)))

    def fits(some: set[int]) -> bool:
        return _fits([units[at] for at in chosen(some)], config)

    if fits(set(fresh)):
        return chosen(set(fresh))
    fresh = focus

    def score(at: int) -> tuple[bool, float]:
        text = f"{units[at].section}\n{units[at].text}"
        bonus = LIST_BONUS if units[at].is_list and (acts[at] or not any(acts)) else 0.0
        bonus += ACTION_BONUS if is_elsewhere and acts[at] else 0.0
        bonus += REMEDY_BONUS if wants_remedy and _INSTRUCTS.search(units[at].text) else 0.0
        named = any(code in text for code in codes)
        return named, _share_of(asked, text, language) + bonus - ORDER_COST * at

    named = {units[at].section for at in fresh} - {""}
    rated = sorted(
        fresh, key=lambda at: (not named or units[at].section in named, score(at)), reverse=True
    )
    beside = [at for at in rated if units[at].section == units[rated[0]].section]
    steps = next(
        (at for at in beside if units[at].is_list and (acts[at] or not any(acts))), rated[0]
    )
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
    for at in rated[:_MOST_WEIGHED]:
        if units[at].is_list and any(acts) and not acts[at]:
            continue
        if fits({*kept, at}):
            kept.add(at)
    return chosen(kept)


def _action_of(question: str, language: Language) -> str:
    """Return the stem of what is to be done in "how do I restore a deleted project"; empty if nothing is."""
    asked = _HOW_TO.search(fold(question))
    stems = content_stems(asked["rest"], language) if asked is not None else ()
    return stems[0] if stems else ""


def _leans(before: Unit, unit: Unit) -> bool:
    """Whether a unit such as "Quicker: …" means nothing without the one before it."""
    return (
        not unit.is_list and before.section == unit.section and bool(_LEANS.match(fold(unit.text)))
    )


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
