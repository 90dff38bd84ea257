"""Picks out the words of a message that name a subject."""

from __future__ import annotations

from functools import cache

from domain.languages import Language
from domain.words import content_stems

_GENERIC = """
        help helping assistance support problem problems issue issues trouble question questions work works working
        worked broken fix error errors wrong app application software program product tool system website site page
        thing things something anything nothing everything stuck urgent asap today now need want try tried trying
        tell know
        flow techcorp use using function functions functioning correctly properly anymore longer happen happening fail
        failed fails failing again keep keeps bad stopped stop quick someone anyone ask got
        hilfe problem frage funktioniert geht ayuda problema funciona pregunta aide probleme marche
        fonctionne"""
"""Words that name no subject in a customer's message."""


def topic_stems(text: str, language: Language) -> list[str]:
    """Return the stems of the words that name a subject, without "problem", "help", "work" and the like."""
    return [stem for stem in content_stems(text, language) if stem not in _generic(language)]


@cache
def _generic(language: Language) -> frozenset[str]:
    return frozenset(content_stems(_GENERIC, language))
