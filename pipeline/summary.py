"""Writes the hand-over summary, which the person who takes over reads first."""

from __future__ import annotations

from domain.messages import Role
from domain.tickets import EscalationReason
from domain.turns import Draft, Turn

WISH_CHARS = 600
NOTE_CHARS = 1_000


def hand_over_summary(
    turn: Turn,
    reason: EscalationReason,
    draft: Draft | None = None,
    *,
    evidence: str = "",
    note: str | None = None,
) -> str:
    """Summarise what is wanted, why it is handed over, what was said and what was tried."""
    wish = " ".join(turn.text.split())
    earlier = [entry for entry in turn.history if entry.role is Role.CUSTOMER]
    answers = [entry for entry in turn.history if entry.role is not Role.CUSTOMER]
    channels = ", ".join(sorted({entry.channel.value for entry in turn.history}))
    lines = [
        f"Wants: {wish if len(wish) <= WISH_CHARS else wish[:WISH_CHARS] + ' …'}",
        f"Handed over because: {reason.record.explanation}"
        + (f" ({evidence})" if evidence else ""),
        f"History: {len(earlier)} earlier messages and {len(answers)} replies"
        + (f" over {channels}" if channels else ""),
    ]
    if draft is not None and draft.searches:
        closest = dict.fromkeys(
            passage.title for result in draft.found for passage in result.passages[:3]
        )
        lines.append("Searched: " + "; ".join(f"“{query}”" for query in draft.searches))
        lines.append(f"Closest articles: {'; '.join(list(closest)[:5]) or 'none'}")
    if turn.failed_searches_before:
        lines.append(f"Found nothing before: {turn.failed_searches_before} times")
    if turn.clarifications_before:
        lines.append(f"Asked back before: {turn.clarifications_before} times")
    if note:
        lines.append(f"Note: {' '.join(note.split())[:NOTE_CHARS]}")
    return "\n".join(lines)
