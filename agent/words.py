"""Content words, compared without case, accents, endings or filler: how texts are set against each other."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import filterfalse

from domain.turn_text import normalise

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_BARE_WORD = re.compile(r"\w+")
_EMAIL = re.compile(r"e-mail")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b\d\.)(?<!\b\d\d\.)\s+(?=[\"'(\[¿¡]?[A-ZÀ-ÖØ-Þ0-9¿¡])")

_LONGEST_WORD = 60
"""Longer ones are no words, and a cache of ten thousand of them is no cache."""

STOPWORDS = frozenset(
    _WORD.findall(
        """a about after again all also am an and any are as at be because been before being but by can cannot cant
        could did do does doesnt doing dont down for from get got had has have having he her here hers him his how i if
        im in into is isnt it its ive just let like me more most my no nor not now of off on once only or other our out
        over own please same she should so some such than that thats the their them then there these they this those to
        too under until up us very was we were what when where which while who why will with wont would you your yours
        youre may might must shall yes hi hello hey dear thanks thank regards best kind cheers sincerely
        der die das ein eine einen und oder ist sind ich sie wir ihr mein meine nicht wie was wo kann mit auf für von
        zu den dem im in es bitte danke hallo
        el la los las un una y o es son yo mi no como que donde puedo con en de por para se me hola gracias
        le les une et ou est sont je mon ma ne pas comment que où puis avec dans pour sur bonjour merci"""
    )
)
"""Words that carry no topic, in the languages that customers write in."""


def fold(text: str) -> str:
    """One spelling: lower case, plain quotes, compatibility forms unified, accents removed."""
    if text.isascii():
        return text.casefold()
    unified = normalise(text, "NFKD").casefold().replace("’", "'").replace("‘", "'")
    return "".join(filterfalse(unicodedata.combining, unified))


_FOLDED_STOPWORDS = frozenset(fold(word) for word in STOPWORDS)


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """A rough English stem, so that "exporting" and "exports" meet "export"."""
    word = word.replace("'", "").replace("-", "")
    for ending in (
        "ations",
        "ation",
        "ings",
        "ing",
        "ies",
        "ied",
        "ers",
        "ed",
        "es",
        "er",
        "ly",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("y") else word


def words(text: str) -> list[str]:
    """All words in their folded spelling."""
    return _WORD.findall(fold(text))


def content_words(text: str) -> list[str]:
    """Stems of the words that say what a text is about, in order, repeats included."""
    parts = (part for word in words(text) for part in _EMAIL.sub("email", word).split("-"))
    kept = (part for part in parts if part.replace("'", "") not in _FOLDED_STOPWORDS)
    return [stem(part[:_LONGEST_WORD]) for part in kept if len(part) > 1 or part.isdigit()]


def flatten(text: str) -> str:
    """The bare words in their folded spelling, for looking one text up in another."""
    return " ".join(_BARE_WORD.findall(fold(text)))


def sentences(text: str) -> list[str]:
    """Sentences and lines, in order, none empty."""
    return [
        part.strip()
        for line in text.splitlines()
        for part in _SENTENCE_END.split(line)
        if part.strip()
    ]


def overlap(text: str, others: set[str]) -> float:
    """Share of the distinct content words of `text` that are among `others`; 0 where it has none."""
    own = set(content_words(text))
    return len(own & others) / len(own) if own else 0.0


def estimate_tokens(text: str) -> int:
    """About how many tokens a model makes of a text: four characters each, fewer for other scripts."""
    wide = sum(1 for char in text if ord(char) > 0x2E80)
    return wide + (len(text) - wide + 3) // 4


def cut_to_tokens(text: str, budget: int) -> str:
    """The beginning of a text within `budget` estimated tokens, marked where it was cut."""
    if estimate_tokens(text) <= budget:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle]) <= budget:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + " […]"
