"""Answers a greeting."""

from __future__ import annotations

from agent.acts.saying import said_before, say_nothing, say_own
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Ask what the customer needs; to a second greeting in a row in other words, and to a third not at all."""
    for key in ("small_talk.greeting", "small_talk.chat"):
        draft = say_own(turn, key)
        if not any((draft.reply or "") in text for text in said_before(turn)[-2:]):
            return draft
    return say_nothing()
