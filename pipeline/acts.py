"""Decides which act a turn of one or several messages is: a rule where the words leave no doubt, else the model."""

from __future__ import annotations

from collections.abc import Sequence

from domain.acts import CERTAIN, AboutUs, ActReading, DialogueAct
from domain.ports import GuardrailHit
from domain.small_words import SmallWord, holds_thanks, small_word
from domain.tickets import EscalationReason
from domain.turns import TurnMessage

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
_CALM = frozenset(
    {
        DialogueAct.ABOUT_US,
        DialogueAct.ACKNOWLEDGEMENT,
        DialogueAct.CALL_REQUEST,
        DialogueAct.GREETING,
        DialogueAct.NONSENSE,
        DialogueAct.SMALL_TALK,
    }
)
_FEW_WORDS = 4
_SURE = 0.8
DECIDED_BY_PHRASE = 0.99
"""The score of a hit that a phrase decided, from this on."""
_ASKING = frozenset({DialogueAct.QUESTION, DialogueAct.FOLLOW_UP, DialogueAct.SEVERAL_QUESTIONS})


def asks_who_answers(reading: ActReading, hit: GuardrailHit) -> bool:
    """Return whether a wish for a person is only the question who answers: "am I talking to a human?".

    A phrase that demands a person decides, whatever the act.
    """
    return (
        hit.reason is EscalationReason.HUMAN_REQUEST
        and hit.score < DECIDED_BY_PHRASE
        and reading.about is AboutUs.IDENTITY
        and reading.probability >= _SURE
    )


def says_little(message: TurnMessage, reading: ActReading) -> bool:
    """Return whether a message says too little to be furious: a few words without complaint, or an idle act.

    The sentiment model reads "es geht nicht" as anger.
    """
    if reading.act in _CALM or reading.probability == CERTAIN:
        return reading.probability >= _SURE
    return reading.act is DialogueAct.QUESTION and len(message.text.split()) <= _FEW_WORDS


def certain_act(text: str) -> ActReading | None:
    """Return the act of a message that holds nothing but a greeting, thanks, "ok" or "no", in any of our languages."""
    match small_word(text):
        case SmallWord.GREETING:
            return ActReading(DialogueAct.GREETING, CERTAIN)
        case SmallWord.ACKNOWLEDGEMENT if holds_thanks(text):
            return ActReading(DialogueAct.THANKS, CERTAIN)
        case SmallWord.ACKNOWLEDGEMENT | SmallWord.DISPLEASURE:
            return ActReading(DialogueAct.ACKNOWLEDGEMENT, CERTAIN)
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
