"""Splits texts into words, stems and sentences, the same way for every comparison.

Two texts are compared with the stems of one language, whatever language either is in: the same word has
the same stem in both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import filterfalse
from typing import Protocol

import snowballstemmer

from domain.languages import Language, stop_words
from domain.turn_text import normalise

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BARE_WORD = re.compile(r"\w+")
_APOSTROPHE = re.compile(r"['’]")
_EMAIL = re.compile(r"\be-mail", re.IGNORECASE)
_LONGEST_WORD = 60
"""Longer ones are no words, and a cache of ten thousand of them is no cache."""
_ELIDES = frozenset({Language.FRENCH, Language.ITALIAN})
"""Languages that write a short word and the next one together, as in "l'application"."""
_SENTENCE_END = re.compile(
    r"(?:(?<=[.!?])(?<!\b\d\.)(?<!\b\d\d\.)(?<!\b[DM]r\.)(?<!\bMrs\.)(?<!\bMs\.)|(?<=[.!?][\"')\]]))\s+"
    r"(?=[\"'(\[¿¡]?[A-ZÀ-ÖØ-Þ0-9¿¡\u0391-\u03a9\u0400-\u042f\u0590-\u10ff\u3040-\uffef])|(?<=[。！？])"
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")

_ALGORITHMS = {
    Language.ENGLISH: "english",
    Language.GERMAN: "german",
    Language.SPANISH: "spanish",
    Language.FRENCH: "french",
    Language.ITALIAN: "italian",
    Language.DUTCH: "dutch",
    Language.PORTUGUESE: "portuguese",
}
_ENGLISH_FILLERS = """
a able about after again all also am an and any anyone are as at be because been before being but by can cannot
cant could did do does doesnt doing dont down for from get got had has have having he her here hers him his how
i if im in into is isnt it its ive just let like may me might more most must my need no nor not now of off on
once only or other our out over own possible same shall she should so some someone something such than that
thats the their them then there theres these they this those to too under until up us use using very want was
way we were what when where which while who whom why will with wont would yes you your youre yours
"""
"""In place of stopwordsiso's 1,300 English words, which count "order", "bill" and "members" among them."""
_COURTESIES = """
hi hello hey hiya dear thanks thank thx please regards best kind cheers sincerely
bitte danke dank hallo moin grüße grüßen hola gracias saludos bonjour bonsoir merci cordialement
ciao buongiorno grazie saluti hoi dag bedankt groeten olá obrigado obrigada
"""


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer(language: Language) -> _Stemmer:
    stemmer: _Stemmer = snowballstemmer.stemmer(_ALGORITHMS[language])
    return stemmer


@cache
def _fillers(language: Language) -> frozenset[str]:
    """Return the words without a topic, folded and without apostrophes, as customers spell them."""
    own = _ENGLISH_FILLERS.split() if language is Language.ENGLISH else stop_words(language)
    return frozenset(_APOSTROPHE.sub("", fold(word)) for word in [*own, *_COURTESIES.split()])


def fold(text: str) -> str:
    """Return one spelling: lower case, plain quotes, compatibility forms unified, accents removed."""
    if text.isascii():
        return text.casefold()
    unified = normalise(text, "NFKD").casefold().replace("’", "'").replace("‘", "'")
    return "".join(filterfalse(unicodedata.combining, unified))


@lru_cache(maxsize=20_000)
def stem(word: str, language: Language) -> str:
    """Return the folded stem of one word, so that "exporting" and "exports" meet."""
    return fold(_stemmer(language).stemWord(word[:_LONGEST_WORD].lower()))


def words(text: str) -> list[str]:
    """Return all words in their folded spelling."""
    return _WORD.findall(fold(text))


def content_words(text: str, language: Language) -> list[str]:
    """Return the words that say what a text is about, in lower case, in order, repeats included."""
    return [word for word in _parts(text.lower(), language) if _is_content(word, language)]


@lru_cache(maxsize=4096)
def content_stems(text: str, language: Language) -> tuple[str, ...]:
    """Return the stems of `content_words`."""
    return tuple(stem(word, language) for word in content_words(text, language))


def flatten(text: str) -> str:
    """Return the bare words in their folded spelling, for finding one text inside another."""
    return " ".join(_BARE_WORD.findall(fold(text)))


def overlap(text: str, others: set[str] | frozenset[str], language: Language) -> float:
    """Return the share of a text's distinct stems that are among `others`; 0 if it has none."""
    own = set(content_stems(text, language))
    return len(own & others) / len(own) if own else 0.0


def sentences(text: str) -> list[str]:
    """Return the sentences of each line, in order, none empty."""
    return [part for line in text.splitlines() for part in _sentences_of(line)]


def statements(text: str) -> list[str]:
    """Return the sentences of wrapped paragraphs, and each list item whole."""
    found: list[str] = []
    held: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip() and not is_list_item(line):
            held.append(line.strip())
            continue
        found.extend(_sentences_of(" ".join(held)))
        held.clear()
        if line.strip():
            found.append(line.strip())
    return found


def is_list_item(line: str) -> bool:
    """Whether the line begins like a list item."""
    return _LIST_ITEM.match(line) is not None


def _sentences_of(line: str) -> Iterator[str]:
    return (part.strip() for part in _SENTENCE_END.split(line) if part.strip())


def _parts(text: str, language: Language) -> Iterator[str]:
    for word in _WORD.findall(_EMAIL.sub("email", text)):
        if language in _ELIDES:
            yield from _APOSTROPHE.split(word)
        else:
            yield word


def _is_content(word: str, language: Language) -> bool:
    if len(word) < 2 and not word.isdigit():
        return False
    return _APOSTROPHE.sub("", fold(word)) not in _fillers(language)
