"""Defines the gate: how sure a search must be, calibrated to the articles that are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Gate:
    """What a knowledge base needs of `SearchResult.answerable`, and what to expect of it.

    From `answer_from` on an article answers; from `offer_from` on the first articles are offered as a choice.
    """

    answer_from: float
    offer_from: float
    expected_wrong: float
    """Share of questions that no article answers and that are answered all the same."""
    expected_missed: float
    """Share of questions that an article answers and that are not answered."""
    questions: int
    """How many it was calibrated on."""
    labelled: int
    """How many of them customers asked."""
    articles: str
    """Names the state of the articles that it was calibrated on."""
    calibrated_at: datetime | None = None
