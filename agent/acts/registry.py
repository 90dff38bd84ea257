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
    question,
    small_talk,
    thanks,
)
from domain.acts import CERTAIN, DialogueAct
from domain.tickets import EscalationReason, Stage
from domain.turns import Draft, Turn


@dataclass(frozen=True, slots=True)
class Handler:
    """What is said before anything is looked up, and in place of what the agents drafted.

    An act without `reply` is answered by the agents: agent/grounded.py, or a language model.
    """

    reply: Callable[[Turn], Draft | None] = lambda _turn: None
    review: Callable[[Turn, Draft], Draft | None] = lambda _turn, _draft: None


ASKING = Handler(review=question.review)

HANDLERS: Mapping[DialogueAct, Handler] = {
    DialogueAct.QUESTION: ASKING,
    DialogueAct.SEVERAL_QUESTIONS: Handler(),
    DialogueAct.FOLLOW_UP: Handler(),
    DialogueAct.CORRECTION: Handler(),
    DialogueAct.DID_NOT_WORK: ASKING,
    DialogueAct.THANKS: Handler(thanks.reply),
    DialogueAct.THANKS_BUT: Handler(),
    DialogueAct.GREETING: Handler(greeting.reply),
    DialogueAct.SMALL_TALK: Handler(small_talk.reply),
    DialogueAct.ABOUT_US: Handler(about_us.reply, about_us.review),
    DialogueAct.ACKNOWLEDGEMENT: Handler(acknowledgement.reply),
    DialogueAct.CALL_REQUEST: Handler(call_request.reply),
    DialogueAct.COMPLAINT: Handler(review=complaint.review),
    DialogueAct.ABUSE: Handler(abuse.reply),
    DialogueAct.NONSENSE: Handler(nonsense.reply),
    DialogueAct.SECRET_SHARED: Handler(),
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


_MAY_ANSWER = frozenset({DialogueAct.ACKNOWLEDGEMENT, DialogueAct.SMALL_TALK})
"""Acts that the model may see in a few words which answer a question of ours."""


class ActHandlers:
    """Implements domain.ports.ActReplies with the handlers above."""

    def reply(self, turn: Turn) -> Draft | None:
        """Draft what the act's handler says before anything is looked up."""
        act = turn.act
        if turn.stage is Stage.FOR_PERSON and act.act in _IDLE:
            return thanks.reply(turn)
        if not act.is_sure:
            return None
        if turn.clarifications_before and act.act in _MAY_ANSWER and act.probability < CERTAIN:
            return None
        return HANDLERS[turn.act.act].reply(turn)

    def review(self, turn: Turn, draft: Draft) -> Draft | None:
        """Draft what the act's handler says in place of what the agents drafted.

        Of an unsure act, what it would have said had it been sure: but for that a person would be woken. A guess
        is no reason for silence.
        """
        handler = HANDLERS[turn.act.act]
        if draft.reason is EscalationReason.NO_KB_MATCH and not turn.act.is_sure:
            own = handler.reply(turn)
            if own is not None and own.reply is not None:
                return own
        return handler.review(turn, draft)
