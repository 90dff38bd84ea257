"""Answers the wish to be called."""

from __future__ import annotations

from agent.acts.saying import AUTHOR, own_text
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn
from pipeline.drafting import draft_hand_over


def reply(turn: Turn) -> Draft | None:
    """Hand over and say what will happen: a call where the company offers it, else an answer in writing."""
    contact = turn.company.contact
    draft = draft_hand_over(
        turn, EscalationReason.HUMAN_REQUEST, author=AUTHOR, evidence="asks to be called"
    )
    key = "call.offered" if contact.callback else "call.not_offered"
    parts = [own_text(turn, key)]
    if contact.phone:
        parts.append(own_text(turn, "about.phone", phone=contact.phone))
    if draft.ticket is not None:
        parts.append(own_text(turn, "ticket", ticket=draft.ticket.number))
    draft.reply = " ".join(parts)
    return draft
