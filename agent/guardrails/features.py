"""Turns a message into the classifier's features: hashed n-grams and pattern matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from agent.guardrails.patterns import FEATURES as PATTERN_FEATURES
from agent.guardrails.patterns import PatternMatch

BUCKETS = 1 << 15
WORD_NGRAMS = (1, 2, 3)
CHARACTER_NGRAMS = (3, 4, 5)
PATTERN_WEIGHT = 0.7
NGRAM_WEIGHT = 1.0
_LONGEST_WORD = 60
"""Longer ones are no words, and the cache below keeps three n-grams a letter."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[£$€]")


def tokenize(text: str) -> list[str]:
    """Split a normalised text into words; each number becomes 0, so that amounts share a feature."""
    return ["0" if word[0].isdigit() else word for word in _WORD.findall(text)]


def _bucket(gram: str) -> int:
    return crc32(gram.encode()) % BUCKETS


@lru_cache(maxsize=10_000)
def _buckets_of_word(word: str) -> frozenset[int]:
    """Cached, since messages share most of their words."""
    padded = f" {word} "
    return frozenset(
        _bucket("c" + padded[start : start + size])
        for size in CHARACTER_NGRAMS
        for start in range(len(padded) - size + 1)
    )


def ngram_buckets(text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return a normalised text's n-gram buckets and their values; words and characters each have unit length."""
    words = tokenize(text)
    grams = [
        "w" + " ".join(words[start : start + size])
        for size in WORD_NGRAMS
        for start in range(len(words) - size + 1)
    ]
    values: dict[int, float] = {}
    for buckets in (
        {_bucket(gram) for gram in grams},
        set[int]().union(*(_buckets_of_word(word[:_LONGEST_WORD]) for word in words)),
    ):
        for bucket in buckets:
            values[bucket] = values.get(bucket, 0.0) + NGRAM_WEIGHT / len(buckets) ** 0.5
    return (
        np.fromiter(values.keys(), dtype=np.int64, count=len(values)),
        np.fromiter(values.values(), dtype=np.float32, count=len(values)),
    )


def pattern_vector(matches: Sequence[PatternMatch]) -> npt.NDArray[np.float32]:
    """Join the pattern features of all classes. Raises ValueError if one is missing."""
    flat = [value for match in matches for value in match.features()]
    if len(flat) != PATTERN_FEATURES:
        raise ValueError(f"expected {PATTERN_FEATURES} pattern features, got {len(flat)}")
    return np.asarray(flat, dtype=np.float32) * PATTERN_WEIGHT
