"""Drafts turns that our own texts end, and looks at what was said before."""

from __future__ import annotations

from dataclasses import replace

from domain.languages import Language
from domain.messages import Role
from domain.turns import Draft, Turn
from domain.wording import say

AUTHOR = "rules"
_NO_ANSWERS = (
    "small_talk.greeting",
    "small_talk.chat",
    "not_understood",
    "abuse",
    "which_problem",
    "cannot_read",
)


def say_own(turn: Turn, *keys: str, asks_back: bool = False, **values: str | None) -> Draft:
    """Draft a reply of our own texts, one after the other, in the customer's language."""
    return Draft(reply=own_text(turn, *keys, **values), asks_back=asks_back, model=AUTHOR)


def own_text(turn: Turn, *keys: str, **values: str | None) -> str:
    """Return our own texts as one; each may name the word that brings a person."""
    word = say(turn.company, turn.language, "disclosure.word")
    return " ".join(say(turn.company, turn.language, key, word=word, **values) for key in keys)


def say_nothing() -> Draft:
    """Draft the end of a turn that needs no reply."""
    return Draft(model=AUTHOR)


def said_before(turn: Turn) -> list[str]:
    """Return what we said in this conversation, oldest first."""
    return [
        entry.content
        for entry in turn.history
        if entry.conversation_id == turn.conversation_id and entry.role is not Role.CUSTOMER
    ]


def is_repeated(turn: Turn, draft: Draft) -> bool:
    """Whether the draft says what we said last."""
    ours = said_before(turn)
    return bool(ours and draft.reply and draft.reply in ours[-1])


def was_answered(turn: Turn) -> bool:
    """Return whether we have answered something in this conversation: a greeting or a question back is no answer."""
    languages = {turn.language.value, *turn.company.languages}
    no_answers = {
        own_text(replace(turn, language=Language(code)), key)
        for code in languages
        if code in tuple(Language)
        for key in _NO_ANSWERS
    }
    return any(not any(text and text in said for text in no_answers) for said in said_before(turn))
