# ruff: noqa: E501
"""Scores by simple baselines: a keyword list and VADER."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

KEYWORDS = re.compile(
    r"\b(?:refund\w*|money back|reimburse\w*|price\w*|pricing|cost\w*|fees?|charge[sd]?|discount\w*|how much|lawyer\w*|sue|attorney|legal\w*"
    r"|human|agent|representative|speak to|talk to|manager|operator|real person)\b",
    re.IGNORECASE,
)


def keyword_escalates(texts: Sequence[str]) -> list[bool]:
    """Return whether a stock keyword list would hand each message over."""
    return [KEYWORDS.search(text) is not None for text in texts]


def vader_scores(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return VADER's compound scores, moved to 0..1."""
    analyzer = SentimentIntensityAnalyzer()
    return np.array([(analyzer.polarity_scores(text)["compound"] + 1) / 2 for text in texts])
