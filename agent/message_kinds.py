"""Names the kinds of message that the grounded answerer tells apart."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a message is, in the conversation so far."""

    GREETING = "greeting"
    THANKS = "thanks"
    CORRECTION = "correction"
    """It says that something else was meant."""
    STILL_BROKEN = "still_broken"
    """It reports that our answer did not help."""
    VAGUE = "vague"
    """It names no subject, nor did the messages before it."""
    QUESTION = "question"
