"""Answers an insult."""

from __future__ import annotations

from agent.acts.saying import is_repeated, own_text, said_before, say_own
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn
from pipeline.drafting import draft_hand_over


def reply(turn: Turn) -> Draft | None:
    """Stay calm and ask once what went wrong; a person reads the next one."""
    if any(own_text(turn, "abuse") in text for text in said_before(turn)):
        return draft_hand_over(
            turn, EscalationReason.NEGATIVE_SENTIMENT, evidence="the customer insults us again"
        )
    draft = say_own(turn, "abuse", asks_back=True)
    return None if is_repeated(turn, draft) else draft
