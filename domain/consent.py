"""Recognises the wish to get no more messages, or to get them again, in the words that people use (consent.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.languages import Language
from domain.words import fold

_BESIDE = re.compile(
    r"\b(?:please|pls|plz|thanks|thank you|thx|now|immediately|hi|hello|hey|bitte|danke|vielen dank|jetzt|sofort|hallo|"
    r"por favor|gracias|ahora|hola|s'?il (?:vous|te) plait|svp|stp|merci(?: beaucoup)?|maintenant|bonjour|per favore|"
    r"per piacere|grazie|adesso|ciao|obrigad[oa]|agora|ola|alstublieft|alsjeblieft|aub|dank (?:je|u)(?: wel)?|bedankt|"
    r"nu)\b"
)
"""Polite words that change nothing."""

_NO_WORD = re.compile(r"[^\w'-]+")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants with our messages."""

    is_stop: bool
    language: Language | None
    """Of the words, where they belong to one."""
    may_name_product: bool = False
    """The word may also mean something in the product, or answer a question."""


def _by_word(words: Mapping[str, list[str]]) -> dict[str, Language | None]:
    found: dict[str, Language | None] = {}
    for code, listed in words.items():
        for word in listed:
            found.setdefault(word, None if code == "any" else Language(code))
    return found


def _by_language(patterns: Mapping[str, list[str] | str]) -> dict[Language, re.Pattern[str]]:
    more = str(patterns["more"])
    return {
        Language(code): _compile([phrase.replace("{more}", more) for phrase in listed])
        for code, listed in patterns.items()
        if isinstance(listed, list)
    }


def _compile(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(f'(?:{phrase})' for phrase in phrases)})")


_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_STOPS, _MAYBE_STOPS, _STARTS = (
    _by_word(_DATA[name]) for name in ("stop", "stop_or_product", "start")
)
_PHRASES = _by_language(_DATA["in_other_words"])


def find_wish(text: str) -> Wish | None:
    """Return the wish of a message that says nothing else, alone or with polite words; None for any other.

    A question is never one: "Stop?" asks about the product.
    """
    if len(text) > _LONGEST or "?" in text or "？" in text:
        return None
    plain = " ".join(_NO_WORD.sub(" ", fold(text).replace("’", "'")).split()).strip("-' ")
    plain = " ".join(_BESIDE.sub(" ", plain).split())
    if plain in _STOPS:
        return Wish(True, _STOPS[plain])
    if plain in _MAYBE_STOPS:
        return Wish(True, _MAYBE_STOPS[plain], may_name_product=True)
    if plain in _STARTS:
        return Wish(False, _STARTS[plain])
    for language, phrases in _PHRASES.items():
        if phrases.fullmatch(plain):
            return Wish(True, language)
    return None


def answers(word: str, said: str) -> bool:
    """Return whether a word rather answers what we said last: we asked, or used the word ourselves."""
    folded = fold(said)
    return any(mark in said for mark in "?？¿") or fold(word).strip(" .,!") in folded
