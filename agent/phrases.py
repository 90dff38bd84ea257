"""Reads lists of phrases: regular expressions, one a line, in sections that a line in brackets begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u1100-\u11ff\uac00-\ud7af\u0e00-\u0e7f]")


def read_phrases(name: str) -> dict[str, list[str]]:
    """Return the phrases of each section of a file of this package."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in (files(__package__) / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = parts.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    return parts


def any_phrase(phrases: Sequence[str]) -> re.Pattern[str]:
    """Match one of them; words of scripts without spaces anywhere, others as whole words."""
    spaced = [phrase for phrase in phrases if not _WITHOUT_SPACES.search(phrase)]
    others = [phrase for phrase in phrases if _WITHOUT_SPACES.search(phrase)]
    return re.compile("|".join([rf"\b(?:{'|'.join(spaced)})\b", *others]))
