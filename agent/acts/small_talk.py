"""Answers small talk."""

from __future__ import annotations

from agent.acts.saying import is_repeated, say_nothing, say_own
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Bring the talk back to what we can help with."""
    draft = say_own(turn, "small_talk.chat")
    return say_nothing() if is_repeated(turn, draft) else draft
