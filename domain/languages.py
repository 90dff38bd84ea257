"""Names the languages that the system has words for, and guesses a text's language by its stop words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from functools import cache

import stopwordsiso
from babel import Locale

_WORD = re.compile(r"[^\W\d_]+")
_READ_WORDS = 400
_LEAST_HITS = 2
_CLEARLY_MORE = 1.5
"""How much more than English another language has to score."""


class Language(StrEnum):
    """A language that has a stemmer, stop words and texts of our own."""

    ENGLISH = "en"
    GERMAN = "de"
    SPANISH = "es"
    FRENCH = "fr"
    ITALIAN = "it"
    DUTCH = "nl"
    PORTUGUESE = "pt"


@cache
def stop_words(language: Language) -> frozenset[str]:
    """Return the words that carry no topic, in lower case with their accents."""
    return frozenset(stopwordsiso.stopwords(language.value))


@cache
def _languages_of() -> dict[str, tuple[Language, ...]]:
    found: dict[str, list[Language]] = defaultdict(list)
    for language in Language:
        for word in stop_words(language):
            found[word].append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def guess_language(text: str, otherwise: Language | None = None) -> Language:
    """Return the language of most stop words, or `otherwise` (English) if fewer than two are in the text.

    A word of several languages counts for each by an equal share. Another language needs clearly more
    than English. The agent's turns have a better detector, which takes 80 MB: agent/language.py.
    """
    scores = dict.fromkeys(Language, 0.0)
    hits = dict.fromkeys(Language, 0)
    for word in _WORD.findall(text.casefold())[:_READ_WORDS]:
        languages = _languages_of().get(word, ())
        for language in languages:
            scores[language] += 1 / len(languages)
            hits[language] += 1
    best = max(Language, key=lambda language: scores[language])
    if hits[best] < _LEAST_HITS:
        return otherwise or Language.ENGLISH
    return best if scores[best] >= _CLEARLY_MORE * scores[Language.ENGLISH] else Language.ENGLISH


def names_of(codes: Sequence[str], language: str) -> str:
    """Return the names of languages, in `language`, such as "English, German"."""
    known = language if language in tuple(Language) else Language.ENGLISH.value
    names = [Locale.parse(code).get_display_name(known) or code for code in codes]
    return ", ".join(names)
