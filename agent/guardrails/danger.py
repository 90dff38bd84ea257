"""Detects that somebody is in danger, by phrases in each language, before anything else is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.guardrails.text import normalise
from domain.danger import Danger, DangerKind
from domain.languages import Language
from domain.words import fold

_FOLDER = Path(__file__).parent / "danger"
_HARMLESS = "harmless"
_PIECE = re.compile(r"<<(\w+)>>")
_DEFINITION = re.compile(r"(\w{1,40}) = (.+)")


@dataclass(frozen=True, slots=True)
class _Phrases:
    harmless: re.Pattern[str]
    by_kind: Mapping[DangerKind, re.Pattern[str]]


def read_danger_phrases(file: Path) -> _Phrases:
    """Read one language's phrases. Raises ValueError, which names the line that can't be read."""
    pieces: dict[str, str] = {}
    sections: dict[str, list[str]] = {name: [] for name in (_HARMLESS, *DangerKind)}
    section = ""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        try:
            if not section:
                name, piece = _DEFINITION.fullmatch(line).groups()  # type: ignore[union-attr]
                pieces[name] = piece
                continue
            expression = _PIECE.sub(lambda found: pieces[found[1]], line)
            re.compile(expression)
            sections[section].append(expression)
        except (AttributeError, KeyError, re.error) as error:
            raise ValueError(f"{file.name}, line {number}: {line[:60]!r}: {error}") from error
    compiled = {
        name: re.compile("|".join(f"(?:{line})" for line in lines))
        for name, lines in sections.items()
    }
    return _Phrases(compiled[_HARMLESS], {kind: compiled[kind] for kind in DangerKind})


_BY_LANGUAGE = {Language(file.stem): read_danger_phrases(file) for file in _FOLDER.glob("*.txt")}
_LANGUAGES = tuple(language for language in Language if language in _BY_LANGUAGE)


def find_danger(text: str) -> Danger | None:
    """Return the danger that a customer's message tells of, or None; pure, takes about a millisecond.

    `Danger.language` is that of the phrase, since a cry for help is too short for a detector.
    """
    clean = fold(normalise(text))
    for language in _LANGUAGES:
        phrases = _BY_LANGUAGE[language]
        own = phrases.harmless.sub(lambda found: " " * len(found[0]), clean)
        for kind, pattern in phrases.by_kind.items():
            found = pattern.search(own)
            if found is not None:
                return Danger(kind, language, found[0])
    return None
