"""Turns words into the sentiment model's features: valences in context, emphasis, and word pairs.

The lexicon of human valences is VADER's (MIT), whose own rules are one feature of many.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SentimentIntensityAnalyzer

BUCKETS = 1 << 14
LEXICON_FEATURES = 17
_ANALYSED_CHARS = 4_000
"""VADER takes quadratic time over words around a "but", and its scores hardly change after this many."""

_NEGATIONS = frozenset(NEGATE) | frozenset(
    [
        "no",
        "not",
        "never",
        "nobody",
        "nothing",
        "without",
        "hardly",
        "barely",
        "lack",
        "lacks",
        "lacked",
        "stop",
        "stopped",
        "failed",
        "fails",
    ]
)
_NEGATION_REACH = 3
_NEGATION_FACTOR = -0.6
_TOKEN = re.compile(
    r"[a-z']+|[:;=8x][-o*']?[)\](\[dp/:}{@|\\]|[)\](\[/:}{@|\\][-o*']?[:;=8]|[!?]+|[\U0001F300-\U0001FAFF❤☺☹]"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|[!?]+|[\U0001F300-\U0001FAFF❤☺☹]")
_MENTION_OR_LINK = re.compile(r"https?://\S+|@\w+")


@lru_cache(maxsize=1)
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def _valences(tokens: list[str]) -> list[float]:
    lexicon = _analyzer().lexicon
    found = []
    for position, token in enumerate(tokens):
        valence = lexicon.get(token)
        if valence is None:
            continue
        before = tokens[max(0, position - _NEGATION_REACH) : position]
        boost = sum(BOOSTER_DICT.get(word, 0.0) for word in before[-2:])
        valence += np.sign(valence) * 2 * boost
        is_negated = any(word in _NEGATIONS or word.endswith("n't") for word in before)
        found.append(float(valence * (_NEGATION_FACTOR if is_negated else 1.0)))
    return found


def lexicon_features(text: str) -> npt.NDArray[np.float32]:
    """Return VADER's four scores, then valences, negation, punctuation, capitals and length; about -1..1 each."""
    scores = _analyzer().polarity_scores(text[:_ANALYSED_CHARS])
    tokens = _TOKEN.findall(text.lower())
    words = text.split()
    valences = _valences(tokens)
    positive = sum(value for value in valences if value > 0)
    negative = -sum(value for value in valences if value < 0)
    shouted = sum(1 for word in words if len(word) > 2 and word.isupper())
    values = (
        scores["compound"],
        scores["pos"],
        scores["neg"],
        scores["neu"],
        np.tanh(positive / 3),
        np.tanh(negative / 3),
        max(valences, default=0.0) / 4,
        min(valences, default=0.0) / 4,
        valences[-1] / 4 if valences else 0.0,
        sum(valences) / max(1, len(tokens)),
        np.tanh((positive - negative) / 4),
        float(any(token in _NEGATIONS or token.endswith("n't") for token in tokens)),
        min(3, text.count("!")) / 3,
        min(3, text.count("?")) / 3,
        shouted / max(1, len(words)),
        np.log1p(len(tokens)) / 4,
        float("but" in tokens),
    )
    return np.asarray(values, dtype=np.float32)


def word_buckets(text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return the hash buckets of words and word pairs, without mentions and links, as a unit vector."""
    words = _WORD.findall(_MENTION_OR_LINK.sub(" ", text).lower())
    grams = set(words) | {f"{first} {second}" for first, second in pairwise(words)}
    buckets = np.array(sorted({crc32(gram.encode()) % BUCKETS for gram in grams}), dtype=np.int64)
    value = 1.0 / max(1.0, float(len(buckets))) ** 0.5
    return buckets, np.full(len(buckets), value, dtype=np.float32)
