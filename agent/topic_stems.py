"""Picks out the words of a message that name a subject."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from domain.company import Company
from domain.languages import Language
from domain.words import content_stems

_GENERIC = """
        help helping assistance support problem problems issue issues trouble question questions work works working
        worked broken fix error errors wrong app application software program product tool system website site page
        thing things something anything nothing everything stuck urgent asap today now need want try tried trying
        tell know
        use using function functions functioning correctly properly anymore longer happen happening fail
        failed fails failing again keep keeps bad stopped stop quick someone anyone ask got
        hilfe problem frage funktioniert geht ayuda problema funciona pregunta aide probleme marche
        fonctionne"""
"""Words that name no subject in a customer's message."""


def topic_stems(text: str, language: Language, company: Company) -> list[str]:
    """Return the stems of the words that name a subject, without "help" and the like and the company's names."""
    rest = _own_names(company.name, company.product).sub(" ", text)
    return [stem for stem in content_stems(rest, language) if stem not in _generic(language)]


@lru_cache(maxsize=64)
def _own_names(name: str, product: str) -> re.Pattern[str]:
    """Match the company's names as customers write them: Acme, Acme Cloud, and Cloud if the product is Acme Cloud.

    A product in small letters (gas and electricity) is a subject and no name.
    """
    short = product.removeprefix(name).strip()
    names = sorted({each for each in (product, name, short) if each[:1].isupper()}, key=len)
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, reversed(names)))})(?!\w)" if names else r"(?!)",
        re.IGNORECASE,
    )


@cache
def _generic(language: Language) -> frozenset[str]:
    return frozenset(content_stems(_GENERIC, language))
