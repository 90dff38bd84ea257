"""Takes note of an "ok", a "yes" or a "no"."""

from __future__ import annotations

from agent.acts.saying import is_repeated, said_before, say_nothing, say_own
from domain.small_words import SmallWord, small_word
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Say nothing to "ok" after an answer, ask back after "no". Where we asked something, ask what is needed."""
    if small_word(turn.text) is SmallWord.DISPLEASURE and said_before(turn):
        draft = say_own(turn, "not_helped", asks_back=True)
        return None if turn.clarifications_before or is_repeated(turn, draft) else draft
    if said_before(turn) and not turn.clarifications_before:
        return say_nothing()
    draft = say_own(turn, "which_problem", asks_back=True)
    return say_nothing() if is_repeated(turn, draft) else draft
