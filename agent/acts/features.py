"""Turns a message into the act model's features besides its encoding: hashed n-grams and its outer shape."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from agent.guardrails.features import ngram_buckets
from agent.guardrails.text import normalise
from domain.words import fold

BUCKETS = 1 << 13
SHAPE = 15
READ_CHARS = 2_000
"""The act stands at the beginning or the end, so of a longer message only these are read."""

Floats = npt.NDArray[np.float32]

_QUESTION_MARKS = re.compile(r"[?？]+")
_SENTENCE_END = re.compile(r"[.!?;:\n](?=\s|$)")
_DIGITS = re.compile(r"\d{3}")
_ITEM = re.compile(r"(?:^|\s)(?:[-*•]|\d{1,2}[.)]|[a-d]\))\s")
_VOWELS = frozenset("aeiouyäöüáéíóúàèùâêîôûãõ")
_MORE = re.compile(
    r"\b(?:and|also|but|however|though|und|aber|ausserdem|allerdings|y|pero|ademas|aunque|et|mais|aussi|toutefois)\b"
)


def read_part(text: str) -> str:
    """Return the beginning and the end of a long message."""
    half = READ_CHARS // 2
    return text if len(text) <= READ_CHARS else f"{text[:half]}\n{text[-half:]}"


def act_ngrams(text: str) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the buckets of words and of parts of words, without accents, and their values."""
    buckets, values = ngram_buckets(fold(normalise(text)))
    return buckets & (BUCKETS - 1), values


def shape_features(text: str) -> Floats:
    """Return what a message looks like: marks, length, figures, vowels; each about 0..1."""
    words = text.split()
    folded = fold(text)
    letters = sum(character.isalpha() for character in text)
    questions = len(_QUESTION_MARKS.findall(text))
    return np.array(
        [
            min(questions, 3) / 3,
            questions >= 2,
            questions == 0,
            text.rstrip().endswith("?"),
            min(text.count("!"), 3) / 3,
            np.log1p(len(words)) / 3,
            len(words) <= 2,
            min(len(_SENTENCE_END.findall(text)), 4) / 4,
            min(sum(character.isdigit() for character in text), 10) / 10,
            _DIGITS.search(text) is not None,
            sum(character in _VOWELS for character in folded) / max(1, letters),
            sum(character.isupper() for character in text) / max(1, letters),
            letters < 2,
            _ITEM.search(text) is not None,
            _MORE.search(folded) is not None,
        ],
        dtype=np.float32,
    )
