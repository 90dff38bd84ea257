"""Decides which act a turn of one or several messages is: a rule where the words leave no doubt, else the model."""

from __future__ import annotations

from collections.abc import Sequence

from domain.acts import ActReading, DialogueAct
from domain.small_words import SmallWord, holds_thanks, small_word

_ASIDE = frozenset(
    {
        DialogueAct.GREETING,
        DialogueAct.ACKNOWLEDGEMENT,
        DialogueAct.THANKS,
        DialogueAct.SMALL_TALK,
        DialogueAct.NONSENSE,
    }
)
"""Acts that count only where a burst of messages holds nothing else."""
_ASKING = frozenset({DialogueAct.QUESTION, DialogueAct.FOLLOW_UP, DialogueAct.SEVERAL_QUESTIONS})


def certain_act(text: str) -> ActReading | None:
    """Return the act of a message that holds nothing but a greeting, thanks, "ok" or "no", in any of our languages."""
    match small_word(text):
        case SmallWord.GREETING:
            return ActReading(DialogueAct.GREETING, 1.0)
        case SmallWord.ACKNOWLEDGEMENT if holds_thanks(text):
            return ActReading(DialogueAct.THANKS, 1.0)
        case SmallWord.ACKNOWLEDGEMENT | SmallWord.DISPLEASURE:
            return ActReading(DialogueAct.ACKNOWLEDGEMENT, 1.0)
        case _:
            return None


def act_of(readings: Sequence[ActReading]) -> ActReading:
    """Return the act of a turn, given its messages' (at least one, oldest first).

    What is said aside ("hi", "thanks") does not count beside a question. A correction is what the burst is about,
    whatever stands before it.
    """
    said = [reading for reading in readings if reading.act not in _ASIDE] or list(readings[-1:])
    if len(said) == 1:
        return said[0]
    if said[-1].act is DialogueAct.CORRECTION:
        return said[-1]
    if all(reading.act in _ASKING for reading in said):
        least = min(reading.probability for reading in said)
        return ActReading(DialogueAct.SEVERAL_QUESTIONS, least)
    asking = [reading for reading in said if reading.act in _ASKING]
    return asking[0] if asking else said[-1]
