"""Reads which titles one of our texts offers as a numbered choice."""

from __future__ import annotations

import re

from domain.company import Company
from domain.languages import Language
from domain.wording import say

INTRODUCTIONS = ("choice.offer", "choice.other")
"""The texts that a list of titles follows: no article is sure to answer, or the answer was not what was meant."""
_LINE = re.compile(r"^(\d)\. (.+)$", re.MULTILINE)


def offered_in(company: Company, text: str) -> tuple[str, ...]:
    """Return the titles that a reply offers, in order; none if it offers nothing.

    It may have been in any language: that of an answer as short as "2" may have been taken for another one.
    """
    for key in INTRODUCTIONS:
        for language in Language:
            introduction = say(company, language, key)
            _, found, below = text.partition(introduction) if introduction else ("", "", "")
            if found:
                return tuple(title for _, title in _LINE.findall(below))
    return ()
