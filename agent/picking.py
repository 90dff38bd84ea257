"""Picks the sentences of an article that answer a further question about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.composing import Answer, sayable_units
from agent.opposites import Case
from agent.plain_text import plain_text
from agent.topic_stems import topic_stems
from domain.company import Company
from domain.languages import Language
from domain.turns import Passage
from domain.wording import source_line
from domain.words import content_stems, flatten, fold, sentences

SHARE_TO_BE_AN_ANSWER = 0.6
"""Of the question's words; a sentence that shares fewer is about something else."""
CUE_BONUS = 0.4
SHARE_BESIDE_MEANING = 0.5
"""Of what the question adds, from which the sentence that is closest in meaning answers."""
_ASKS_HOW = re.compile(
    r"\bhow (?:do|can|could|should) (?:i|we)\b|\bwie (?:kann|muss|mache|stelle) (?:ich|wir)\b|\bcomo (?:puedo|hago)\b|"
    r"\bcomment (?:puis-je|faire)\b"
)
_INSTRUCTS = re.compile(r"[“„«→>]")
"""It names what to press, open or choose."""
_LIST_MARK = re.compile(r"^\s{0,9}(?:[-*•]|\d{1,2}[.)])\s{1,9}")
_MEASURE = re.compile(r"\bhow \w+\b|\b\d+\b")
"""How long, how many, 40: an answer gives a measure of its own."""
_GOES_ON = re.compile(
    r"\A(?:after|afterwards|then|until then|otherwise|before that|danach|dann|sonst|bis dahin|despues|luego|"
    r"si no|apres|ensuite|sinon)\b"
)
_ROLE = (
    r"\b(?:only|owners?|admins?|administrators?|creators?|members?|guests?|editors?|managers?|everyone|anyone|nobody|"
    r"account holders?|landlords?|operators?|customers?|nur|inhaber\w{0,12}|besitzer\w{0,12}|eigentumer\w{0,12}|"
    r"administrator\w{0,12}|"
    r"mitglied\w{0,12}|jede[rs]?|solo|unicamente|propietari\w{1,12}|administrador\w{0,12}|miembros?|"
    r"seuls?|seules?|proprietaires?|"
    r"administrateurs?|membres?)\b"
)
_TIME = (
    r"\b\d{1,9}(?:st|nd|rd|th|[.:]\d\d)?(?: working| business)? ?(?:seconds?|minutes?|hours?|days?|weeks?|months?|"
    r"years?|am|pm|"
    r"sekunden?|minuten?|stunden?|tagen?|wochen?|monaten?|jahren?|uhr|segundos?|minutos?|horas?|dias?|semanas?|"
    r"mes(?:es)?|"
    r"anos?|secondes?|heures?|jours?|semaines?|mois|ans?)\b|\b(?:at once|immediately|every (?:month|day|year|"
    r"half hour)|"
    r"(?:two|three|four|six|eight|ten) (?:working )?(?:days?|weeks?|months?|hours?)|half an hour|sofort|"
    r"(?:zwei|drei|vier|sechs|acht) (?:tagen?|wochen?|monaten?|stunden?)|en seguida|tout de suite)\b"
)
_CUES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(question), re.compile(answer))
    for question, answer in (
        (r"\b(?:who|wer|quien(?:es)?|qui)\b", _ROLE),
        (
            r"\b(?:how (?:long|soon|quickly|fast|late|often)|when|wie (?:lange|schnell|oft)|wann|cuando|"
            r"cuanto (?:tiempo|tarda)|quand|combien de temps)\b|\b\d{1,9} (?:day|week|month|hour|year|tag|woche|monat|"
            r"stunde|"
            r"dia|semana|mes|hora|jour|semaine|mois|heure)",
            _TIME,
        ),
        (r"\b(?:how (?:many|much|big|large)|wie (?:viele?|gross)|cuant[oa]s?|combien)\b", r"\d"),
        (
            r"\b(?:costs?|free|price|charged?|fee|kostet|kosten\w{0,12}|gratis|preis|cuesta|coste|gratuit[oe]?s?|coute|"
            r"payant)\b",
            r"\b(?:free|costs?|fees?|charges?|price|kostenlos|kostenfrei|gebuhr\w{0,12}|kosten|gratis|gratuit\w{0,12}|coste|"
            r"frais)\b|[€£$]",
        ),
        (r"\b(?:where|wo|donde)\b|\bou (?:est|sont|se|puis)\b", r"→|>|\b(?:under|unter|en|sous)\b"),
    )
)
"""What a question asks for, and what a sentence that answers it holds."""


@dataclass(frozen=True, slots=True)
class _Piece:
    passage: Passage
    text: str
    words: frozenset[str]
    closeness: float
    starts_paragraph: bool


def pick_out(
    question: str,
    asked_before: str,
    passages: Sequence[Passage],
    language: Language,
    company: Company,
    *,
    is_quoting: bool = False,
) -> Answer | None:
    """Return the sentence of the first passage's article that answers a further question about it.

    It holds most of the question's words, or what the question asks for (a person, a time, a number, a price), or is
    half of them and closest in meaning, where the search compared them. Of a message that quotes
    one of ours (`is_quoting`) only the words count that the article knows: the others, as in "does this one work",
    only point at it.

    None where no sentence does, or the article is said whole or not at all.
    """
    if not passages or passages[0].is_whole:
        return None
    pieces = list(_pieces(passages, Case(question, language), language))
    if not pieces:
        return None
    folded = fold(question)
    asked = _one_mail(topic_stems(_MEASURE.sub(" ", folded), language, company)) - _pointers(
        language
    )
    known = frozenset[str]().union(*(piece.words for piece in pieces))
    title = set(content_stems(passages[0].title, language))
    if is_quoting or asked - title:
        asked = (asked & known if is_quoting else asked - title) or asked
    cues = [answer for wanted, answer in _CUES if wanted.search(folded)]
    for wanted, _ in _CUES:
        # "What does it cost?" may be answered by "it is free".
        asked -= set(content_stems(" ".join(wanted.findall(folded)), language))
    news = asked - set(content_stems(asked_before, language))
    if asked and not news and not cues:
        # It asks what was asked before.
        return None
    close = [piece.closeness for piece in pieces if piece.closeness]
    mean = sum(close) / len(close) if close else 0.0

    def share(words: Collection[str], piece: _Piece) -> float:
        return len(piece.words.intersection(words)) / len(words) if words else 0.0

    def cued(piece: _Piece) -> bool:
        return any(cue.search(fold(piece.text)) for cue in cues)

    def score(piece: _Piece) -> float:
        return (
            share(asked, piece)
            + share(news, piece)
            + (CUE_BONUS if cued(piece) else 0.0)
            + 4 * ((piece.closeness or mean) - mean)
            + 0.2 * share(set(content_stems(asked_before, language)), piece)
        )

    asks_how = _ASKS_HOW.search(folded) is not None

    def answers(piece: _Piece) -> bool:
        if asks_how and not _INSTRUCTS.search(piece.text):
            return False
        by_words = (
            bool(asked)
            and share(asked, piece) >= SHARE_TO_BE_AN_ANSWER
            and (not news or share(news, piece) >= SHARE_TO_BE_AN_ANSWER)
        )
        if cues:
            return cued(piece) and (by_words or not asked)
        is_closest = bool(close) and piece.closeness == max(close)
        return by_words or (is_closest and share(news, piece) >= SHARE_BESIDE_MEANING)

    fitting = [piece for piece in pieces if answers(piece)]
    if not fitting:
        return None
    best = max(fitting, key=score)
    at = pieces.index(best)
    said = [best]
    if at + 1 < len(pieces) and _GOES_ON.match(fold(pieces[at + 1].text)):
        said.append(pieces[at + 1])
    named = source_line(company, language, plain_text(best.passage.title), best.passage.url)
    return Answer(
        " ".join(piece.text for piece in said),
        named,
        tuple(dict.fromkeys(piece.passage for piece in said)),
    )


def _pieces(passages: Sequence[Passage], case: Case, language: Language) -> Iterator[_Piece]:
    """Yield each sentence and each item of a list that may be said."""
    for passage, unit in sayable_units(passages[0], passages, case) or ():
        near = dict(passage.closeness)
        for line in unit.text.splitlines() if unit.is_list else [unit.text]:
            text = _LIST_MARK.sub("", line).strip()
            if not text or text.endswith(":"):
                continue
            close = [
                value
                for sentence, value in near.items()
                if any(
                    set(flatten(part).split()) >= set(sentence.split())
                    for part in [line, *sentences(line)]
                )
            ]
            yield _Piece(
                passage,
                text,
                _one_mail(content_stems(text, language)),
                max(close, default=0.0),
                unit.starts_paragraph,
            )


def _one_mail(stems: Iterable[str]) -> frozenset[str]:
    """Return the stems with one name for e-mail."""
    return frozenset("mail" if stem == "email" else stem for stem in stems)


_POINTERS = """
ago later earlier case example mean meant also really still actually instead besides else works working does say says
sagen geht funktioniert auch noch bitte quiere decir funciona tambien veut dire marche aussi
"""


def _pointers(language: Language) -> frozenset[str]:
    """Return stems that a further question holds and no answer has to."""
    return frozenset(content_stems(_POINTERS, language))
