"""Splits a customer's message into the questions that it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.languages import Language
from domain.words import content_stems, flatten, fold, sentences, words

MAX_QUESTIONS = 5
"""Further ones stay with the last: each question costs a search."""
_OWN_SUBJECT = 2
"""Stems from which a question names a subject of its own."""
_LONGEST = 4_000
"""Characters of a message that may be split; a longer one is a report and is read as a whole."""
_LONGEST_TITLE = 300
_GREETING_WORDS = 3
"""So few words above or below the questions greet or sign."""

_OPENER = (
    # en
    r"(?:how|what|what's|where|where's|when|why|who|who's|whom|which|whose|whether)\b|"
    r"(?:has|have) (?:i|we|you|it|they|there|anyone)\b|"
    r"(?:can|could|may|should|must|shall|will|would|do|does|did|is|are|am|was|were) "
    r"(?:i|we|you|it|they|he|she|there|this|that|these|those|my|our|your|the|a|an|any|anyone|somebody|someone|"
    r"people|guests|members|users|customers)\b|is it possible\b|"
    # de
    r"(?:wie|wo|wohin|woher|wann|warum|wieso|weshalb|wer|wem|wen|was|welche[mnrs]?|womit|wofur|woran|ob)\b|"
    r"(?:kann|konnen|darf|durfen|muss|mussen|soll|sollen|ist|sind|gibt|habe|haben|geht|wird|werden|brauche|"
    r"brauchen|lasst|bekomme|bekommen) "
    r"(?:ich|man|wir|sie|du|es|das|der|die|den|mein\w*|unser\w*|ihr\w*|auch|ein\w*)\b|"
    # es
    r"(?:como|donde|cuando|cuanto|cuanta|cuantos|cuantas|que|quien|quienes|cual|cuales|por que|a donde)\b|"
    r"(?:puedo|podemos|puede|pueden|hay|debo|tengo que|se puede|es posible|existe)\b|"
    # fr
    r"(?:comment|ou|quand|pourquoi|qui|que|quel|quelle|quels|quelles|combien|est-ce|qu'est-ce)\b|"
    r"(?:puis-je|peut-on|pouvons-nous|pouvez-vous|y a-t-il|dois-je|faut-il|existe-t-il)\b"
)
_STRONG_OPENER = (
    r"(?:how|where|when|why|what) (?:do|does|can|could|should|is|are|much|many|long|often)\b|can (?:i|we)\b|"
    r"(?:wie|wo|wann|warum) (?:kann|konnen|muss|lange|viel|viele|oft|ist|sind|finde|andere|bekomme|lade|stelle)\b|"
    r"(?:como|donde|cuando|cuanto) (?:puedo|podemos|se|es|esta|tengo|cambio|descargo|hago)\b|"
    r"(?:comment|ou|quand) (?:puis-je|peut-on|faire|est|sont|trouver|je)\b"
)
_LINK = (
    r"(?:and|also|and also|and then|plus|as well as|und|und auch|sowie|ausserdem|und ausserdem|zudem|y|e|y tambien|"
    r"ademas|y ademas|tambien|et|et aussi|ainsi que|aussi|en outre)"
)
_SAYING = (
    r"(?:(?:i(?:'d| would)?(?: also)? (?:want|like|need) to know|(?:can|could) you (?:also )?tell me|tell me|"
    r"i was wondering|mochte ich wissen|ich mochte wissen|quiero saber|quisiera saber|je voudrais savoir),? )?"
)
_AFTER_LINK = re.compile(rf"[,;]?\s{{1,9}}{_LINK}[,:]?\s{{1,9}}(?={_SAYING}(?:{_OPENER}))")
_ANNOUNCES = re.compile(
    r"\A[^:?]{0,60}\b(?:questions?|things|fragen?|preguntas?|cosas|choses)\b[^:?]{0,30}:\s{1,9}"
)
_AFTER_COMMA = re.compile(rf"[,;]\s{{1,9}}(?=(?:{_STRONG_OPENER}))")
_QUESTION_MARK = re.compile(r"(?<=[?？])[\"”)]?\s{1,9}(?=\S)")
_LEAD = re.compile(
    rf"\A\W{{0,9}}(?:(?:{_LINK}|hi|hello|hey|hallo|hola|bonjour|please|bitte|por favor|s'il vous plait|ok|okay|so|"
    r"then|dann|first(?:ly)?|second(?:ly)?|third(?:ly)?|finally|lastly|another (?:question|thing)|"
    r"one more (?:question|thing)|"
    r"next|erstens|zweitens|drittens|noch eine frage|primero|segundo|tercero|otra (?:pregunta|cosa)|"
    r"premierement|deuxiemement|autre question|i(?: also)? (?:want|wanted|would like|need|'d like) to know|"
    r"(?:can|could) you (?:also )?tell me|i (?:was|am) wondering|tell me|my (?:first|second|other|next) question"
    r"(?: is)?|my question is)[\s,:;.!-]{1,5}){0,4}"
)
_OPENS = re.compile(_OPENER)
_WISHES = re.compile(
    r"\b(?:i(?:'d| would) like to|i (?:want|need|wish) to|we (?:want|need) to|how to|i'm trying to|i am trying to|"
    r"mochte(?:n)? (?:ich|wir|gern)|ich (?:mochte|will|wurde gern)|wir (?:mochten|wollen)|"
    r"quiero|queremos|me gustaria|necesito|je (?:voudrais|veux|souhaite)|nous voulons|j'aimerais)\b"
)
_ADDS = re.compile(
    r"\A\W{0,3}(?:also|additionally|besides|another thing|one more thing|and another|ausserdem|zudem|ferner|"
    r"ademas|tambien|otra cosa|aussi|en outre|de plus|autre chose)\b"
)
_OR = re.compile(r"\A\W{0,3}(?:or|oder|o|ou|oppure|of)(?!\w)", re.IGNORECASE)
"""Matched with accents: "où" asks where."""
_CONDITION = re.compile(
    r"\A\W{0,3}(?:if|when|since|while|after|before|as|once|because|wenn|falls|da|weil|nachdem|bevor|si|cuando|"
    r"como|quand|lorsque|comme)\b"
)
"""A clause that only leads to the question behind its comma."""
_ITEM = re.compile(r"^\s{0,9}(?:\(?\d{1,2}[.):]|[-*•–]|\(?[a-e]\))\s{1,9}", re.MULTILINE)
_INLINE_NUMBER = re.compile(r"(?<!\S)\(?(\d)[.):]\s{1,9}(?=\S)")
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|them|they|those|these|there|one|then|so|"
    r"es|dies|diese[mnrs]?|ihn|ihm|dort|damit|dabei|davon|dafur|daran|darin|dazu|dann|"
    r"lo|ello|eso|esto|alli|ella|ellos|"
    r"ca|cela|ceci|celui-ci|celle-ci)\b"
)
_EMPTY = frozenset(
    content_stems(
        "help problem question questions issue thing things know tell work works working wondering possible way "
        "explain "
        "idea advice steps step details information info thanks please hello hi two three following couple several "
        "first second third also find finde look check fix achieve options option hand soon happen happening "
        "happens going "
        "go sure missing often type kind yes no guys team possible possibly exactly actually",
        Language.ENGLISH,
    )
)
"""Stems that name no subject of their own in a question."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a message, in the customer's words, with what was told before it.

    `points_back` means that it means something in the question before it, as in "and can I export it?".
    """

    text: str
    points_back: bool = False


def split_questions(text: str, language: Language) -> tuple[Question, ...]:
    """Return the questions of a message, at least one; a message that asks one thing is returned whole.

    What is told without asking belongs to the question behind it. A question that names nothing of its own, repeats
    the one before it or offers an alternative to it is no further question.
    """
    whole = (Question(text),)
    if len(text) > _LONGEST:
        return whole
    found: list[Question] = []
    told: list[str] = []
    for segment, is_item in _segments(text):
        if (
            not told
            and not found
            and len(segment.split()) <= _GREETING_WORDS
            and segment.endswith((",", "!", "."))
        ):
            continue
        if not (is_item or _asks(segment) or (found and _ADDS.match(fold(segment)))):
            told.append(segment)
            continue
        if found and _only_wishes(found[-1].text) and _leans(segment, language):
            found[-1] = _joined(found[-1], told, segment)
            told = []
            continue
        stems = _subject(segment, language)
        before = _subject(found[-1].text, language) if found else set()
        is_further = bool(stems - before) and not _OR.match(segment)
        if found and (not is_further or len(found) == MAX_QUESTIONS):
            found[-1] = _joined(found[-1], told, segment)
        else:
            points_back = bool(found) and not is_item and points_back_to(segment)
            found.append(Question("\n".join([*told, segment]), points_back))
        told = []
    if len(found) < 2:
        return whole
    if not _subject(found[0].text, language):
        # "I have two questions. Can you help?" asks nothing yet.
        found = found[1:]
    told = [segment for segment in told if len(segment.split()) > _GREETING_WORDS]
    if told:
        found[-1] = Question("\n".join([found[-1].text, *told]), found[-1].points_back)
    return tuple(found) if len(found) > 1 else whole


def _joined(question: Question, told: list[str], segment: str) -> Question:
    return replace(question, text="\n".join([question.text, *told, segment]))


def _only_wishes(text: str) -> bool:
    """Whether a text says what is wanted and asks nothing yet: "I need a new card. Will it cost anything?"."""
    return "?" not in text and _OPENS.match(_without_lead(text)) is None


def _leans(segment: str, language: Language) -> bool:
    return points_back_to(segment) or len(_subject(segment, language)) < _OWN_SUBJECT


def points_back_to(text: str) -> bool:
    """Return whether a question means something that was named before it."""
    return _POINTS_BACK.search(fold(text)) is not None


def is_about(query: str, title: str) -> bool:
    """Whether a search asks for an article by its title, alone or as "title: question"."""
    wanted = flatten(title)
    if not wanted:
        return False
    heads = (query[:at] for at, mark in enumerate(query[:_LONGEST_TITLE]) if mark == ":")
    return flatten(query) == wanted or any(flatten(head) == wanted for head in heads)


def _asks(segment: str) -> bool:
    if "?" in segment or "？" in segment:
        return True
    return (
        _OPENS.match(_without_lead(segment)) is not None
        or _WISHES.search(fold(segment)) is not None
    )


def _without_lead(segment: str) -> str:
    folded = fold(segment)
    start = _LEAD.match(folded)
    return folded[start.end() :] if start is not None else folded


def _subject(text: str, language: Language) -> set[str]:
    return set(content_stems(text, language)) - _EMPTY


def _segments(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each sentence or clause that may ask, and whether it is an item of a list."""
    for line, is_item in _lines(text):
        for sentence in sentences(line):
            for part in _QUESTION_MARK.split(sentence):
                yield from ((clause, is_item) for clause in _clauses(part))


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    items = len(_ITEM.findall(text)) > 1
    for line in text.splitlines():
        if not line.strip():
            continue
        numbers = [int(found[1]) for found in _INLINE_NUMBER.finditer(line)]
        if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            first, *rest = _INLINE_NUMBER.split(line)
            if first.strip():
                yield first.strip(), False
            yield from ((part.strip(" ,;"), True) for part in rest[1::2] if part.strip())
        elif items and (mark := _ITEM.match(line)):
            yield line[mark.end() :].strip(), True
        else:
            yield line.strip(), False


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the parts between which a conjunction or a comma leads to a question of its own."""
    folded = fold(sentence)
    if len(folded) != len(sentence):
        # Folding has changed the places of letters: cut only where it has not.
        folded = sentence.casefold()
        if len(folded) != len(sentence):
            yield sentence
            return
    announced = _ANNOUNCES.match(folded)
    if announced is not None:
        sentence, folded = sentence[announced.end() :], folded[announced.end() :]
    cuts = sorted(
        (found.start(), found.end(), pattern is _AFTER_COMMA)
        for pattern in (_AFTER_LINK, _AFTER_COMMA)
        for found in pattern.finditer(folded)
    )
    at = 0
    is_question = sentence.rstrip().endswith("?")
    for start, end, is_comma in cuts:
        head = sentence[at:start]
        if start < at or not (_asks(head) and _has_words(head)):
            continue
        if is_comma and _CONDITION.match(fold(head)):
            continue
        yield head.strip() + ("?" if is_question else "")
        at = end
    yield sentence[at:].strip()


def _has_words(text: str) -> bool:
    """Whether a clause names something: the first half of "how and where" does not."""
    return any(len(word) > 3 and not _OPENS.fullmatch(word) for word in words(text))
