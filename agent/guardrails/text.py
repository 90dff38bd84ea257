"""Normalises a message for patterns and n-grams: lower case, plain quotes, no quoted mail."""

from __future__ import annotations

import re

from domain.turn_text import normalise as unify

_QUOTED_LINE = re.compile(r"^[^\S\n]*>.*$", re.MULTILINE)
_QUOTE_INTRODUCTION = re.compile(
    r"^[^\S\n]*(?:on|am|le|el)\b.{0,120}\b(?:wrote|schrieb|a écrit|escribió)\s*(?::\s*)?$.*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
)
_STRETCHED = re.compile(r"([a-z])\1{2,}(\b)?")
_SPACED_LETTERS = re.compile(r"\b(?:[a-z] ){3,}[a-z]\b")
_LEET_INSIDE_WORD = re.compile(r"(?<=[a-z])[013@$](?=[a-z])")
_LEET = {"0": "o", "1": "i", "3": "e", "@": "a", "$": "s"}
_SPACE = re.compile(r"\s+")
_OBJECT = (
    r"(?:project|board|task|list|folder|column|field|tag|label|page|document|template|workspace|channel|view|card"
    r"|report|dashboard|file|form)s?"
)
_NAMED_OBJECT = re.compile(
    rf'\b({_OBJECT}(?: (?:is |are )?(?:called|named|titled))?) "[^"\n]{{1,60}}"'
)
_OBJECT_NAMED = re.compile(rf'"[^"\n]{{1,60}}" ({_OBJECT})\b')
"""The name that customers gave a thing does not tell what they want."""
_CONTRACTIONS = (
    (
        re.compile(
            r"\b(do|does|did|is|are|was|were|would|should|could|have|has|had|need|ai)n'?t\b"
        ),
        r"\1 not",
    ),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bcan'?t\b"), "can not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\b(i|you|we|they|he|she|it|that|there|who|what)'(m|re|ve|ll|d|s)\b"), r"\1 '\2"),
    (re.compile(r"\bwanna\b"), "want to"),
    (re.compile(r"\b(?:gonna|goin to)\b"), "going to"),
    (re.compile(r"\bgimme\b"), "give me"),
    (re.compile(r"\blemme\b"), "let me"),
    (re.compile(r"\b(?:pls|plz|plse)\b"), "please"),
    (re.compile(r"\bu\b"), "you"),
)


def strip_quoted_mail(text: str) -> str:
    """Take out lines marked `>` and what follows "On … wrote:".

    A text with nothing else comes back whole.
    """
    own = _QUOTE_INTRODUCTION.sub(" ", _QUOTED_LINE.sub(" ", text))
    return own if own.strip() else text


def _close_up(stretched: re.Match[str]) -> str:
    """Keep one letter at the end of a word ("soooo") and two inside it, where doubles are common."""
    return stretched[1] if stretched[2] is not None else stretched[1] * 2


def normalise(text: str) -> str:
    """Lower the case, unify quotes, close up stretched and spaced letters, spell out contractions.

    Accents stay: they tell languages apart, and the patterns match without them too.
    """
    text = unify(strip_quoted_mail(text), "NFKC").translate(_QUOTES).lower()
    text = _OBJECT_NAMED.sub(r"named \1", _NAMED_OBJECT.sub(r"\1 named", text))
    text = _STRETCHED.sub(_close_up, text)
    text = _SPACED_LETTERS.sub(lambda match: match.group().replace(" ", ""), text)
    text = _LEET_INSIDE_WORD.sub(lambda match: _LEET[match.group()], text)
    for pattern, replacement in _CONTRACTIONS:
        text = pattern.sub(replacement, text)
    return _SPACE.sub(" ", text).strip()
