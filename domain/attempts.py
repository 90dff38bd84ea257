"""Tells whether a reader may begin to work on a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Begin(StrEnum):
    """How an attempt at a message begins, or why it does not."""

    BEGUN = "begun"
    WAITS = "waits"
    """For its next attempt, or behind an earlier message of its customer that does: it is queued again."""
    SUSPECT = "suspect"
    """A reader died while it worked on this message: no second suspect may run beside it."""
    KILLER = "killer"
    """As many readers died over it as may: nobody works on it any more."""


@dataclass(frozen=True, slots=True)
class Begun:
    outcome: Begin
    attempts: int
    """That failed before."""
