"""Names the topic of a proposed article, in few words and never in a customer's sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from domain.languages import Language, guess_language
from domain.words import content_stems, content_words, flatten, sentences, stem
from pipeline.learning.courtesies import EMOJI, without_greeting, without_yes

LONGEST = 75
_MOST_OPENINGS = 3
"""A sentence has one; more are looked at only so far."""
_SHORTEST_WORD = 4
_AROUND = " ?!.,;:…)\"'»“”"
"""Of one that names a topic because the answer repeats it."""
_SAYS_NOTHING = frozenset(
    {
        *(
            "question",
            "problem",
            "issue",
            "help",
            "request",
            "inquiry",
            "subject",
            "hmm",
            "app",
            "thank",
            "ticket",
        ),
        *(
            "quick",
            "urgent",
            "frage",
            "anfrage",
            "hilfe",
            "dank",
            "demande",
            "souci",
            "aide",
            "merci",
            "re",
            "fwd",
            "aw",
        ),
    }
)
"""Words of subjects that name no topic."""
_HOW = re.compile(
    r"\b(?:how|where|when) (?:do|can|could|should|would|may|must) (?:i|we|you|one)\b(?: (?:still|best|please))?"
    r"|\bhow to\b|\b(?:i['’]d love to know|tell me) how (?:i|we)\b|\bis it possible to\b|\bis there an?\b"
    r"|\b(?:can|could|may) (?:i|we|you)\b|\b(?:tried|trying|want|need|wish) to\b"
    r"|\b(?:wie|wo|wann|bis wann|womit|wozu) (?:kann|könnte|muss|soll|darf) (?:ich|man|wir)\b|\bkann (?:ich|man|wir)\b"
    r"|\b(?:comment|où|quand) (?:puis-je|peut-on|pouvons-nous|(?:je )?fai(?:s|re) pour|faire pour)\b"
    r"|\b(?:comment|où)(?= \w+e[rz]\b)"
    r"|\b(?:est-ce qu['’]on peut|peut-on|puis-je|est-il possible de?)\b|\b(?:cómo|dónde) (?:puedo|se puede|podemos)\b",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(r"\b(?:wie|wo|womit|wann) (\w{1,40}e) ich (?=\w)", re.IGNORECASE)
"""German with its verb in the middle: "Wo löse ich einen Code ein?" """
_PREFIXES = frozenset(
    [
        "ein",
        "aus",
        "an",
        "ab",
        "auf",
        "hoch",
        "weg",
        "um",
        "zurück",
        "frei",
        "fest",
        "zu",
        "vor",
        "hinzu",
    ]
)
"""What a German verb leaves at the end of its sentence."""
_OWN = re.compile(
    r"\b(?:my|our|your|mein|meine[mnrs]?|unser|unsere[mnrs]?|eure?|mon|ma|mes|notre|nos|votre|vos|mi|mis|nuestr[oa]s?)\s+"
    r"|^(?:hey|yo|hi|hello|denn|also|and|so|but|und|aber|et|mais)\b[\s,]*|\b(?:denn|bitte|please|pls|svp|lol|lg)\b\s*",
    re.IGNORECASE,
)
_IMPERSONAL = {
    "meiner": "der", "unserer": "der", "meinem": "dem", "unserem": "dem", "meines": "des", "unseres": "des",
    "mon": "son", "ma": "sa", "mes": "ses", "notre": "son", "nos": "ses",
}  # fmt: skip
"""Possessives that a phrase would miss, in the words of nobody in particular."""
_ARTICLE = re.compile(
    r"^(?:the|an?|my|our|son|sa|ses|der|die|das|den|dem|des|ein|eine[mnrs]?|le|la|les|un|une|des|el|los|las|del?|l['’])(?:\s+|(?<=['’]))",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:i|we|me|us|you|it says|ich|wir|mir|uns|mich|ihr|du|je|nous|vous|j['’]|m['’]|yo)\b|\b[jm]['’]",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w[\w-]+")
_THING = re.compile(
    r"\b(?:the|an?|of|with|my|our|in|der|die|das|den|dem|ein\w*|mein\w*|unser\w*|le|la|les|de|du|des|un|une|mon|ma|mes)"
    r"\s(?=(\w+)(?:\s(\w+))?)",
    re.IGNORECASE,
)
"""What stands before a noun, an adjective between them or not."""
_IS_DONE = re.compile(r" (?:is|are|ist|sind|est|sont) ([^\W\d]+)")
_CLAUSE_END = re.compile(
    r"\s{0,3}[,;:!?.()…–—]{1,20}(?:\s|$)|\s{1,3}-\s|\s{1,3}(?:whenever|since|because|although|when|if|weil|wenn|seit|depuis|quand|car|parce|"
    r"pour les|wie ich|and it|so that)\b\s*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:how|what|which|why|when|where|who|wie|was|wann|warum|wieso|wo|wer|welche\w*|comment|combien|pourquoi|quand|où|quel\w*"
    r"|cómo|qué|cuándo|dónde|por qué)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\s(?:is|are|can|may|must|need|needs|works?|becomes?|means|has|have|holds?|takes?|make|makes|answers|applies|accepts?"
    r"|wird|werden|kann|können|muss|müssen|ist|sind|lässt|lassen|gilt|unterstützt|verschwindet|nimmt|kommt|kommen|bleibt"
    r"|se|est|sont|peut|peuvent|n['’]\w+|accepte|se\s\w+|s['’]\w+)\b"
)


def make_title(subject: str, question: str, answer: str) -> str:
    """Return a title from scrubbed texts: how to do it, the subject, the trouble, or what the answer is about.

    Args:
        subject: The ticket's.
        question: The customer's first message.
        answer: The first sentence of the answer, and what follows it.
    """
    language = guess_language(f"{question} {answer}")
    about = frozenset(content_stems(answer, language))
    question, answer = " ".join(question.split()), " ".join(answer.split())
    subject = _tidy(without_greeting(EMOJI.sub(" ", " ".join(subject.split()))))
    asked = EMOJI.sub(". ", without_greeting(question))
    raw = {flatten(sentence) for sentence in [question, *sentences(asked)]}
    for title in _candidates(subject, asked, answer, about, language):
        named = _ARTICLE.sub("", title)
        named = named[:1].upper() + named[1:]
        if (
            2 <= len(named) <= LONGEST
            and flatten(named) not in raw
            and not _PERSON.search(named)
            and _topics(named, language)
        ):
            return named
    return _subject_of(answer) or answer[:LONGEST].rpartition(" ")[0]


def _candidates(
    subject: str, asked: str, answer: str, about: frozenset[str], language: Language
) -> Iterator[str]:
    """Yield titles, the best first; some may not be usable."""
    of_subject = _topics(subject, language)
    known = about | frozenset(_topics(asked, language))
    is_topic = bool(set(of_subject) & about) and set(of_subject) <= known and not subject.isupper()
    for clause in _how_tos(asked):
        topics = _topics(clause, language)
        if len(topics) >= 2 and set(topics) & about:
            yield clause
    if is_topic and len(of_subject) >= 2:
        yield subject
    clauses = sorted(
        (_impersonal(clause) for clause in _CLAUSE_END.split(asked) if clause),
        key=lambda clause: -len(set(_topics(clause, language)) & about),
    )
    for clause in clauses:
        if len(set(_topics(clause, language)) & about) >= 2 and not _ASKS.match(clause):
            yield clause
    words = [
        _as_written(word, asked)
        for word in dict.fromkeys(content_words(asked, language))
        if stem(word, language) in about and word not in _SAYS_NOTHING
    ]
    named = [part.lower() for found in _THING.finditer(asked) for part in found.groups() if part]
    things = [word for word in words if any(part.startswith(word.lower()) for part in named)]
    if (done := _done_to(answer)) and set(_topics(done[1], language)) & set(
        _topics(asked, language)
    ):
        yield " ".join(done)
    for head in [subject, _subject_of(answer)] if is_topic else [_subject_of(answer)]:
        of_head = _topics(head, language)
        more = [word for word in things or words if stem(word, language) not in of_head]
        if len(of_head) == 1 and (beside := more[:2] or _repeated(answer, of_head, language)):
            yield f"{head}: {', '.join(beside)}"
        yield head
    yield _tidy(without_yes(sentences(answer)[0])) if answer else ""


def _done_to(answer: str) -> tuple[str, str] | None:
    """Return what the answer is about and the participle that follows: "A card is refused when …"."""
    head = _subject_of(answer)
    if not head or head not in answer:
        return None
    found = _IS_DONE.match(answer, answer.index(head) + len(head))
    return (head, found[1]) if found else None


def _repeated(answer: str, of_head: list[str], language: Language) -> list[str]:
    """Return the word that the answer says more than once, in its own spelling."""
    said = Counter(_topics(answer, language))
    for word in _WORD.findall(answer):
        stems = _topics(word, language)
        if (
            len(stems) == 1
            and len(word) >= _SHORTEST_WORD
            and said[stems[0]] > 1
            and stems[0] not in of_head
        ):
            return [word]
    return []


def _how_tos(asked: str) -> Iterator[str]:
    """Yield what follows "how can I" and its like, up to the end of the clause."""
    for sentence in sentences(asked):
        for opening in islice(_HOW.finditer(sentence), _MOST_OPENINGS):
            rest = _CLAUSE_END.split(sentence[opening.end() :].strip() + " ")[0]
            yield _impersonal(rest)
        if (found := _VERB_FIRST.search(sentence)) is not None:
            verb, what = found[1], sentence[found.end() :].rstrip(_AROUND)
            rest, _, prefix = what.rpartition(" ")
            if not rest or prefix.lower() not in _PREFIXES:
                rest, prefix = what, ""
            infinitive = f"{verb[:-3]}ern" if verb.endswith("ere") else f"{verb}n"
            yield _impersonal(f"{rest} {prefix.lower()}{infinitive.lower()}")


def _subject_of(answer: str) -> str:
    """Return what the answer's first sentence is about: its words before the verb."""
    first = (sentences(answer) or [""])[0]
    verb = _VERB.search(first)
    head = first[: verb.start()].rpartition(": ")[2] if verb else ""
    return _tidy(head) if len(head) <= LONGEST else ""


def _topics(text: str, language: Language) -> list[str]:
    """Return the stems that say what a text is about."""
    return [
        stem(word, language) for word in content_words(text, language) if word not in _SAYS_NOTHING
    ]


def _as_written(word: str, text: str) -> str:
    written = (found[0] for found in _WORD.finditer(text))
    return next((one for one in written if one.lower() == word.lower()), word)


def _impersonal(phrase: str) -> str:
    """Return a customer's phrase without its possessives and fillers."""
    return _tidy(_OWN.sub(lambda own: _IMPERSONAL.get(own[0].strip().lower(), "") + " ", phrase))


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(" \t.,;:!?-–—\"'“”")
