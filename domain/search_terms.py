"""Splits what staff type into the search box into terms that indexes can find."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_TERMS = 8
"""Further words of a search are left out."""

_NUMBER = re.compile(r"[+(]?(?=[\d\s()./+-]{0,9}\d)[\d\s()./+-]{1,40}")
_NO_DIGIT = re.compile(r"\D")
_WILDCARD = re.compile(r"([\\%_])")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Scripts that are written without blanks between words: an index of words finds nothing inside them."""
_FEWEST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """One term, in the forms in which it is looked up; a conversation has to hold every term somewhere."""

    text: str
    """In lower case, for the beginnings and ends of addresses."""
    words: str
    """For PostgreSQL's to_tsquery: its words' beginnings."""
    digits: str
    """Of a phone number, without the zero of the trunk; empty if it is none."""
    inside: str
    """A pattern for LIKE where words are not set apart; empty elsewhere."""


def search_terms(typed: str) -> list[SearchTerm]:
    """Return the terms; empty if nothing in it can be found. A phone number with blanks is one term."""
    text = " ".join(typed.split())
    digits = _NO_DIGIT.sub("", text)
    if _NUMBER.fullmatch(text) and len(digits) >= _FEWEST_DIGITS:
        return [_term(text.replace(" ", ""), digits.lstrip("0"))]
    found = [word for word in text.split(" ") if any(map(str.isalnum, word))]
    return [_term(word, "") for word in found[:MOST_TERMS]]


def _term(word: str, digits: str) -> SearchTerm:
    lower = word.lower()
    quoted = lower.replace("\\", "").replace("'", "''")
    inside = ""
    if _UNSPACED.search(lower):
        inside = "%" + _WILDCARD.sub(r"\\\1", lower) + "%"
    return SearchTerm(lower, f"'{quoted}':*", digits, inside)
