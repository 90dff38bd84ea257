"""Reads what a customer corrects: "I meant archive, not delete", and the question that was meant."""

from __future__ import annotations

import re

from agent.topic_stems import topic_stems
from domain.company import Company
from domain.languages import Language
from domain.words import fold, stem

_CORRECTS = re.compile(
    r"\b(?:not (?:what|the (?:thing|one)) (?:i|we) (?:meant|mean|asked(?: for)?|wanted|was asking|were asking|"
    r"am asking)|"
    r"(?:i|we) (?:meant|mean(?= the\b)|was (?:talking|asking) about|were (?:talking|asking) about)|"
    r"(?:that's|that is|this is|it's) (?:the )?(?:wrong|not (?:it|right|what|my question|the answer))|"
    r"wrong (?:answer|article|thing|topic|one|question)|(?:you )?(?:misunderstood|misread|got me wrong|got it wrong)|"
    r"(?:that )?(?:doesn't|does not|didn't|did not) answer (?:my|the) question|(?:not )?(?:my|the) question was|"
    r"(?:i )?didn't ask (?:that|for that|about that)|something else|not this one|another one|"
    r"(?:ich|wir) (?:meinte|meinten|meine)|(?:das|so) (?:meinte|war|wollte) (?:ich |wir )?(?:nicht|falsch)|"
    r"nicht (?:das|was ich) (?:gemeint|meinte|wollte|gefragt)|falsche (?:antwort|frage)|falsch verstanden|"
    r"(?:das )?(?:beantwortet|war) (?:meine frage )?nicht(?: meine frage)?|etwas anderes|"
    r"(?:me referia|queria decir|quise decir|hablaba)|no (?:es|era) (?:eso|lo que)|respuesta (?:equivocada|incorrecta)|"
    r"no (?:me )?(?:ha entendido|has entendido|responde)|otra cosa|"
    r"je (?:voulais dire|parlais|veux dire)|(?:ce )?n'est pas (?:ca|ce que|la bonne)|ce n'etait pas|"
    r"mauvaise reponse|vous (?:m'avez|avez) mal compris|autre chose)\b"
)
_MEANT = re.compile(
    r"\b(?:(?:i|we) (?:meant|mean)(?: to (?:ask|say|write))?|(?:i|we) (?:was|were) (?:talking|asking) about|"
    r"my question was|"
    r"ich (?:meinte|meine)|wir meinten|me referia a|queria decir|quise decir|hablaba de|je voulais dire|"
    r"je parlais (?:de|du|des)|"
    r"je veux dire)[\s:,]{1,3}(?P<meant>[^.!?\n]{2,200})"
)
_NOT = (
    r"(?:not|no|and not|but not|rather than|instead of|nicht|und nicht|statt|kein\w*|en vez de|en lugar de|y no|"
    r"pas|et pas|non)"
)
_BUT_NOT = re.compile(rf"[,;]?\s{{1,9}}{_NOT}\s{{1,9}}(?P<not>[^,.;!?\n]{{1,80}})")
_NOT_BUT = re.compile(
    r"\b(?:not|nicht|kein\w*|no|pas)\s{1,9}(?P<not>[^,.;!?\n]{1,80}?),?\s{1,9}(?:but|sondern|sino|"
    r"mais)\s{1,9}(?P<meant>[^.!?\n]{2,200})"
)
_PAIR = re.compile(rf"(?P<meant>[\w' -]{{2,80}}?),\s{{0,9}}{_NOT}\s{{1,9}}(?P<not>[\w' -]{{1,80}})")
_LEAD = re.compile(
    r"\A\W{0,5}(?:(?:sorry|no|nope|oh|ah|wait|hm+|nein|entschuldigung|perdon|pardon|non|actually|eigentlich|"
    r"i said|i asked)"
    r"[\s,.:!-]{1,4}){0,4}"
)
_ARTICLES = frozenset(
    re.findall(
        r"\w+",
        "the a an my our your der die das den dem einen eine ein mein meine unser el la los las un una mi le les une",
    )
)
_WORD = re.compile(r"[\w'’-]+")


def corrects(text: str) -> bool:
    """Return whether a text says that something else was meant."""
    folded = fold(text)
    return _CORRECTS.search(folded) is not None or _NOT_BUT.search(folded) is not None


def meant(text: str, before: str, language: Language, company: Company) -> str | None:
    """Return the question that was meant, made of the one before and the correction; None if it names nothing.

    "I meant archive, not delete" after "How do I delete a project?" is "How do I archive a project?".
    """
    wanted, rejected = _parts(text)
    if not topic_stems(wanted, language, company):
        return None
    replaced = _replace(before, rejected, wanted, language) if rejected else None
    if replaced is not None:
        return replaced
    if len(topic_stems(wanted, language, company)) > 1 or not before:
        return wanted
    return f"{before} {wanted}"


def _parts(text: str) -> tuple[str, str]:
    """Return what is meant and what is not."""
    folded = fold(text)
    lead = _LEAD.match(folded)
    folded = folded[lead.end() :] if lead is not None else folded
    swapped = _NOT_BUT.search(folded)
    if swapped is not None:
        return swapped["meant"].strip(), swapped["not"].strip()
    said = _MEANT.search(folded)
    if said is not None:
        rest = said["meant"]
        other = _BUT_NOT.search(rest)
        return (
            (rest[: other.start()].strip(), other["not"].strip()) if other else (rest.strip(), "")
        )
    pair = _PAIR.search(folded)
    if pair is not None:
        return pair["meant"].strip(), pair["not"].strip()
    return "", ""


def _replace(before: str, rejected: str, wanted: str, language: Language) -> str | None:
    """Put what is wanted in the place of what is not; None where the question does not name that."""
    unwanted = {stem(word, language) for word in _WORD.findall(rejected)}
    named = {stem(word, language) for word in _WORD.findall(rejected) if word not in _ARTICLES}
    spans = [
        (found.start(), found.end(), stem(found[0], language)) for found in _WORD.finditer(before)
    ]
    hits = [at for at, (_, _, own) in enumerate(spans) if own in named]
    if not hits:
        return None
    first, last = hits[0], hits[0]
    while last + 1 in hits:
        last += 1
    if (
        first
        and spans[first - 1][2] in unwanted | {stem(word, language) for word in _ARTICLES}
        and (wanted.split()[0] in _ARTICLES)
    ):
        first -= 1
    return before[: spans[first][0]] + wanted + before[spans[last][1] :]
