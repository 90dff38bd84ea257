"""Tells the language of a few words by words that only one language has, where a statistical detector can't."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache

from domain.languages import Language, stop_words
from domain.words import fold

MAX_WORDS = 5
"""A longer text is enough for the detector."""
_COURTESY_WEIGHT = 2.0
_SPANISH_MARK = re.compile("[¿¡]")
_WORD = re.compile(r"[^\W\d_]+")

_COURTESIES = {
    Language.ENGLISH: "hi hello hey thanks thank thx cheers please sorry good morning evening afternoon yes bye "
    "okay what fine yo nope yep sure great perfect awesome wrong still again",
    Language.GERMAN: "hallo hallochen moin servus danke dankeschon dank guten tag morgen abend gruezi tschuss "
    "bitte nein ja herzlichen besten vielen nicht ist ich sie haben mensch hilfe huhu tach",
    Language.SPANISH: "hola buenas buenos dias tardes noches gracias muchas mil vale adios si usted ustedes "
    "eres ayuda saludos estas por favor",
    Language.FRENCH: "bonjour bonsoir salut coucou merci beaucoup oui non svp aide etes vous accord rebonjour "
    "infiniment bien adieu revoir",
    Language.ITALIAN: "buongiorno buonasera salve grazie mille prego arrivederci aiuto siete sei per "
    "favore",
    Language.DUTCH: "hoi goedemorgen goedemiddag goedenavond dag bedankt dank je wel u alstublieft nee tot "
    "ziens hulp bent",
    Language.PORTUGUESE: "ola oi bom boa tarde noite dia obrigado obrigada sim nao tchau ajuda voce voces",
}
"""Folded, as customers spell them in a few words."""


_HARDLY_WRITTEN = {Language.FRENCH: {"hola"}}
"""Stop words of a language that its customers hardly write and another one's do."""


@cache
def _languages_of() -> dict[str, dict[Language, float]]:
    found: dict[str, dict[Language, float]] = defaultdict(dict)
    for language in Language:
        for word in {fold(word) for word in stop_words(language)} - _HARDLY_WRITTEN.get(
            language, set()
        ):
            found[word][language] = 1.0
    for language, words in _COURTESIES.items():
        for word in words.split():
            found[word][language] = _COURTESY_WEIGHT
    return dict(found)


def tell_language(text: str) -> Language | None:
    """Return the one language that a few words belong to; None for a longer text and where several fit alike."""
    if _SPANISH_MARK.search(text):
        return Language.SPANISH
    words = _WORD.findall(fold(text))
    if not 0 < len(words) <= MAX_WORDS:
        return None
    scores = dict.fromkeys(Language, 0.0)
    for word in words:
        weights = _languages_of().get(word, {})
        for language, weight in weights.items():
            scores[language] += weight / len(weights)
    best, second = sorted(scores.values(), reverse=True)[:2]
    if best < _COURTESY_WEIGHT or best < 1.5 * second:
        return None
    return max(scores, key=scores.__getitem__)
