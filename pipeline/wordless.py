"""Drafts the end of a turn over messages without words: places, contacts, stickers, voice messages, files."""

from __future__ import annotations

from domain import wording
from domain.messages import Role
from domain.payloads import PayloadKind
from domain.tickets import EscalationReason
from domain.turns import Draft, Escalation, HistoryEntry, Turn
from pipeline.summary import hand_over_summary
from pipeline.turns import ticket_of

_AUTHOR = "rules"
_TEXTS = {
    PayloadKind.LOCATION: "received.location",
    PayloadKind.CONTACT: "received.contact",
    PayloadKind.VOICE: "received.voice",
    PayloadKind.STICKER: "small_talk.greeting",
}
_MOST_ANSWERED = 3
"""A further message without words gets no reply: the person who was asked sees it."""


def draft_wordless(turn: Turn) -> Draft:
    """Ask once for words, hand over the second time, and say no more after that.

    Some customers can't write, so a person has to look. A sticker after an answer needs no reply.
    """
    said = [entry for entry in turn.history if entry.conversation_id == turn.conversation_id]
    kinds = [message.kind for message in turn.messages]
    if set(kinds) == {PayloadKind.STICKER} and any(
        entry.role is not Role.CUSTOMER for entry in said
    ):
        return Draft(model=_AUTHOR)
    kind = next((kind for kind in reversed(kinds) if kind is not PayloadKind.STICKER), kinds[-1])
    text = wording.say(turn.company, turn.language, _TEXTS.get(kind, "cannot_read"))
    before = _wordless_before(said)
    if before == 0 and not _was_said_last(said, text):
        return Draft(reply=text, asks_back=kind is not PayloadKind.STICKER, model=_AUTHOR)
    draft = Draft(model=_AUTHOR)
    draft.ticket = ticket_of(turn, draft)
    reason = EscalationReason.REPEATED_FAILURE
    note = "The customer sends messages without words, which the agent can't read."
    draft.escalation = Escalation(reason, hand_over_summary(turn, reason, note=note))
    if before < _MOST_ANSWERED:
        draft.reply = wording.say_with_ticket(
            turn.company, turn.language, "received.again", draft.ticket.number
        )
    return draft


def _wordless_before(said: list[HistoryEntry]) -> int:
    """Count the customer's messages without words that directly precede the turn."""
    count = 0
    for entry in reversed(said):
        if entry.role is Role.CUSTOMER:
            if entry.content.strip():
                break
            count += 1
    return count


def _was_said_last(said: list[HistoryEntry], text: str) -> bool:
    ours = [entry.content for entry in said if entry.role is not Role.CUSTOMER]
    return bool(ours) and text in ours[-1]
