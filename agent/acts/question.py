"""Asks back where a short message may mean several articles, or none was found for it."""

from __future__ import annotations

from agent.acts.asking_back import has_budget, is_short, options_of, question_back
from agent.acts.saying import is_repeated, say_own
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn


def review(turn: Turn, draft: Draft) -> Draft | None:
    """Replace an answer or a hand-over by the one question that the customer's words leave open."""
    is_open = draft.reason is EscalationReason.NO_KB_MATCH or bool(draft.sources)
    is_open = is_open and not (draft.answered or draft.silent_article)
    if not is_open or not has_budget(turn) or not is_short(turn):
        return None
    options = options_of(turn, draft)
    if options:
        asked = say_own(turn, "which_of", asks_back=True, **question_back(turn, options))
        return None if is_repeated(turn, asked) else _beside(draft, asked)
    if draft.reason is None or "?" in turn.text:
        return None
    asked = say_own(turn, "which_problem", asks_back=True)
    return None if is_repeated(turn, asked) else _beside(draft, asked)


def _beside(draft: Draft, asked: Draft) -> Draft:
    """Keep what the turn looked up and the ticket that it opened."""
    draft.reply, draft.asks_back = asked.reply, True
    draft.escalation, draft.sources, draft.choices = None, [], ()
    return draft
