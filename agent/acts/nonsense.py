"""Answers what nobody can understand."""

from __future__ import annotations

from agent.acts.saying import is_repeated, say_nothing, say_own
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Say once that it was not understood. It wakes no person."""
    draft = say_own(turn, "not_understood", asks_back=True)
    return say_nothing() if is_repeated(turn, draft) else draft
