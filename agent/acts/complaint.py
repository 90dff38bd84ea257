"""Ends a complaint for which no article has an answer."""

from __future__ import annotations

from agent.acts.saying import AUTHOR
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn
from pipeline.drafting import draft_hand_over


def review(turn: Turn, draft: Draft) -> Draft | None:
    """Hand over with regret: that no article was found is not what a complaint is about."""
    if draft.reason is not EscalationReason.NO_KB_MATCH:
        return None
    return draft_hand_over(
        turn, EscalationReason.NEGATIVE_SENTIMENT, author=AUTHOR, evidence="complains"
    )
