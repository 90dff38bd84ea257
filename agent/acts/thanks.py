"""Answers thanks."""

from __future__ import annotations

from agent.acts.saying import is_repeated, say_nothing, say_own, was_answered
from agent.signals import reports_loss
from domain.tickets import Stage
from domain.turns import Draft, Turn


def reply(turn: Turn) -> Draft | None:
    """Be glad that an answer helped, and only then; whoever waits for a person hears that one comes."""
    if turn.stage is not Stage.FOR_PERSON and reports_loss(turn.text):
        return None
    if turn.stage is Stage.FOR_PERSON:
        draft = say_own(turn, "small_talk.while_waiting")
    elif turn.stage is Stage.RESOLVED:
        draft = say_own(turn, "small_talk.afterwards")
    elif was_answered(turn):
        draft = say_own(turn, "small_talk.thanks")
    else:
        draft = say_own(turn, "small_talk.acknowledgement")
    return say_nothing() if is_repeated(turn, draft) else draft
