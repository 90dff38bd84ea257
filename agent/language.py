"""Detects the language of a customer's message with py3langid, which takes some 80 MB a process."""

from __future__ import annotations

from functools import cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from domain.languages import Language
from domain.telling_words import tell_language

_SURE_FROM = 0.8
"""From this probability on, none of 5,200 short English messages is taken for another language."""
_LIKELY_FROM = 0.7
"""For several words that no list tells."""
_SEVERAL_WORDS = 2
_READ_CHARS = 2_000
_loading = Lock()


def detect_language(text: str, otherwise: Language | None = None) -> Language:
    """Return the text's language, or `otherwise` (English) if it is too short or in none of ours.

    A few words are told by those that only one language has: "ok danke" is Dutch to the detector.
    """
    told = tell_language(text)
    if told is not None:
        return told
    language, probability = _identifier().classify(text[:_READ_CHARS])
    sure_from = _SURE_FROM if len(text.split()) < _SEVERAL_WORDS else _LIKELY_FROM
    return Language(language) if probability >= sure_from else otherwise or Language.ENGLISH


def _identifier() -> LanguageIdentifier:
    with _loading:
        return _loaded()


@cache
def _loaded() -> LanguageIdentifier:
    identifier: LanguageIdentifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([language.value for language in Language])
    return identifier
