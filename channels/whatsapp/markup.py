"""Converts a model's Markdown to the few signs that WhatsApp supports."""

from __future__ import annotations

import re

_BOLD = re.compile(r"(?<![^\s(\[\"'“])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?!\w)")
"""At the beginning of a word only: within an address or a name these signs are no markup."""

_HEADING = re.compile(r"^#{1,6}[^\S\n]+(\S.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((https?://[^\[\s)]+)\)")
_BULLET = re.compile(r"^([^\S\n]*)\*\s+", re.MULTILINE)


def to_whatsapp_markup(text: str) -> str:
    """Write bold and headings as `*bold*`, links as words and address, bullets as dashes."""
    text = _BULLET.sub(r"\1- ", text)
    text = _HEADING.sub(_embolden, text)
    text = _BOLD.sub(r"*\2*", text)
    return _LINK.sub(lambda match: _spell_link(match[1], match[2]), text)


def _embolden(heading: re.Match[str]) -> str:
    words = heading[1].rstrip().rstrip("#").rstrip()
    return f"*{words.replace('*', '')}*"


def _spell_link(words: str, address: str) -> str:
    return address if words.strip() == address else f"{words} ({address})"
