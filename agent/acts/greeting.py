"""Answers a greeting."""

from __future__ import annotations

from agent.acts.saying import is_repeated, say_nothing, say_own
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Ask what the customer needs, once: a second greeting in a row is no news."""
    draft = say_own(turn, "small_talk.greeting")
    return say_nothing() if is_repeated(turn, draft) else draft
