"""Defines whether a reader may begin to handle a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Begin(StrEnum):
    """How an attempt at a message begins, or why it does not."""

    BEGUN = "begun"
    WAITS = "waits"
    """For its next attempt, or for that of an earlier message of its customer: it is queued again."""
    SUSPECT = "suspect"
    """A reader died while it handled this message: no other suspect may run at the same time."""
    KILLER = "killer"
    """Too many readers died while they handled it: no reader handles it again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Whether an attempt has begun."""

    outcome: Begin
    attempts: int
    """How many failed before."""
