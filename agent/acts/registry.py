"""Lists the handler of each dialogue act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.acts import (
    about_us,
    abuse,
    acknowledgement,
    call_request,
    complaint,
    greeting,
    nonsense,
    small_talk,
    thanks,
)
from domain.acts import DialogueAct
from domain.tickets import Stage
from domain.turns import Draft, Turn


@dataclass(frozen=True, slots=True)
class Handler:
    """What is said before anything is looked up, and in place of a hand-over because nothing was found."""

    reply: Callable[[Turn], Draft | None] = lambda _turn: None
    instead: Callable[[Turn, Draft], Draft | None] = lambda _turn, _draft: None


SEARCHING = Handler()
"""Of an act that the agents answer: agent/grounded.py, or a language model."""

HANDLERS: Mapping[DialogueAct, Handler] = {
    DialogueAct.QUESTION: SEARCHING,
    DialogueAct.SEVERAL_QUESTIONS: SEARCHING,
    DialogueAct.FOLLOW_UP: SEARCHING,
    DialogueAct.CORRECTION: SEARCHING,
    DialogueAct.DID_NOT_WORK: SEARCHING,
    DialogueAct.THANKS: Handler(thanks.reply),
    DialogueAct.THANKS_BUT: SEARCHING,
    DialogueAct.GREETING: Handler(greeting.reply),
    DialogueAct.SMALL_TALK: Handler(small_talk.reply),
    DialogueAct.ABOUT_US: Handler(about_us.reply, about_us.instead),
    DialogueAct.ACKNOWLEDGEMENT: Handler(acknowledgement.reply),
    DialogueAct.CALL_REQUEST: Handler(call_request.reply),
    DialogueAct.COMPLAINT: Handler(instead=complaint.instead),
    DialogueAct.ABUSE: Handler(abuse.reply),
    DialogueAct.NONSENSE: Handler(nonsense.reply),
    DialogueAct.SECRET_SHARED: SEARCHING,
}


_IDLE = frozenset(
    {
        DialogueAct.GREETING,
        DialogueAct.SMALL_TALK,
        DialogueAct.ACKNOWLEDGEMENT,
        DialogueAct.NONSENSE,
    }
)
"""Acts that want nothing: whoever waits for a person hears once that one comes."""


class ActHandlers:
    """Implements domain.ports.ActReplies with the handlers above."""

    def reply(self, turn: Turn) -> Draft | None:
        """Draft what the act's handler says before anything is looked up."""
        if turn.stage is Stage.FOR_PERSON and turn.act.act in _IDLE:
            return thanks.reply(turn)
        return HANDLERS[turn.act.act].reply(turn)

    def instead_of_hand_over(self, turn: Turn, draft: Draft) -> Draft | None:
        """Draft what the act's handler says where nothing was found."""
        return HANDLERS[turn.act.act].instead(turn, draft)
