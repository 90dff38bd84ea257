"""Recognises warnings and conditions, by their mark-up and by their words in six languages."""

from __future__ import annotations

import re
from pathlib import Path

from domain.words import fold

_SIGN = re.compile("[⚠❗‼☠⛔🚫🛑]")


def _patterns() -> dict[str, str]:
    """The expressions of warnings.txt by section, each section as one."""
    found: dict[str, list[str]] = {}
    section: list[str] = []
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section.append(line)
    return {name: "|".join(lines) for name, lines in found.items()}


_PATTERNS = _patterns()
_LABEL = re.compile(rf"^(?:[-*•]\s*)?[\W_]{{0,4}}(?:{_PATTERNS['labels']})\b\s*[:!.–-]")
_WARNS = re.compile(rf"\b(?:{_PATTERNS['warnings']}|{_PATTERNS['conditions']})")


def is_labelled(text: str) -> bool:
    """Whether a text begins with a word or sign that calls for attention."""
    first = text.lstrip()[:60]
    return _SIGN.search(first) is not None or _LABEL.match(fold(first)) is not None


def warns(text: str) -> bool:
    """Whether a text warns of something, or says under which condition it holds."""
    return is_labelled(text) or _WARNS.search(fold(text)) is not None
