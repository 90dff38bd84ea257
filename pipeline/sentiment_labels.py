"""Labels a sentiment score for staff, by the agent's own thresholds."""

from __future__ import annotations

from enum import StrEnum

from pipeline.triage import SentimentThresholds

_PLEASED_FROM = 0.65


class SentimentLabel(StrEnum):
    """A sentiment as staff read it."""

    UPSET = "upset"
    """Negative: below the threshold of a hand-over."""
    UNHAPPY = "unhappy"
    """Below the threshold of a raised priority."""
    NEUTRAL = "neutral"
    PLEASED = "pleased"


def label_of(sentiment: float | None, limits: SentimentThresholds) -> SentimentLabel | None:
    """Return the label of a score; None if there is no score."""
    if sentiment is None:
        return None
    if sentiment < limits.escalate:
        return SentimentLabel.UPSET
    if sentiment < limits.raise_priority:
        return SentimentLabel.UNHAPPY
    return SentimentLabel.NEUTRAL if sentiment < _PLEASED_FROM else SentimentLabel.PLEASED
