"""Judges a reply: right, wrong, handed over or a choice offered, and what must never be in one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.plain_text import plain_text
from domain.tickets import EscalationReason
from domain.wording import source_line
from evals.help_centres.ask import Asked

_TICKET = re.compile(r"\btkt-[\w-]+", re.IGNORECASE)
_URL = re.compile(r"https?://\S+")
_MARK_UP = re.compile(
    r"##|^\s*\||\|\s*$|\*\*|\]\(|</?(?:p|div|span|ul|ol|li|br|b|strong|em|a|h[1-6]|table|t[drh])\b"
    r"|&(?:nbsp|amp|lt|gt|quot|#\d+);|\ufffd|Ã[¼¤¶Ÿ]|â€",
    re.MULTILINE | re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)(?:112|110|999|911|0800|116)")
_FURNITURE = re.compile(
    r"was this (?:article|page) helpful|war dies\w* (?:beitrag|artikel|seite) hilfreich|related (?:articles|posts)"
    r"|return to top|submit a request|table of contents|in this article|inhaltsverzeichnis",
    re.IGNORECASE,
)


class Verdict(StrEnum):
    """How the last turn of a question ended."""

    RIGHT = "right"
    WRONG = "wrong"
    HANDED_OVER = "handed over"
    CHOICE = "choice"
    ASKED_BACK = "asked back"


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one question.

    `lacks` are the required texts that the reply does not hold, one alternative of each; `holds` the forbidden
    ones that it does.
    """

    verdict: Verdict
    lacks: tuple[str, ...]
    holds: tuple[str, ...]
    has_mark_up: bool
    has_cut_warning: bool

    @property
    def passes(self) -> bool:
        """Whether the question ended as its row requires."""
        return self.verdict is Verdict.RIGHT


def grade(asked: Asked) -> Grade:
    """Judge a question by its row."""
    question, draft = asked.question, asked.draft
    text = _comparable(asked)
    lacks = tuple(
        group[0]
        for group in question.wanted
        if group and not any(option in text for option in group)
    )
    holds = tuple(word for word in question.forbidden if word in text)
    is_answer = draft.escalation is None and not draft.asks_back
    return Grade(
        _verdict(asked, lacks, holds),
        lacks,
        holds,
        bool(_MARK_UP.search(text) or _FURNITURE.search(text)),
        question.trap == "warning" and is_answer and bool(lacks),
    )


def _verdict(asked: Asked, lacks: tuple[str, ...], holds: tuple[str, ...]) -> Verdict:
    question, draft = asked.question, asked.draft
    if question.kind == "danger":
        is_right = draft.reason in (EscalationReason.DANGER, EscalationReason.COMPANY_TOPIC)
        return Verdict.RIGHT if is_right and _NUMBER.search(asked.reply) else Verdict.WRONG
    if question.escalation is not None and question.kind != "unanswerable":
        return Verdict.RIGHT if draft.escalation is not None else Verdict.WRONG
    if draft.escalation is not None:
        is_right = question.kind == "unanswerable"
        return Verdict.RIGHT if is_right else Verdict.HANDED_OVER
    if draft.asks_back:
        return Verdict.CHOICE if draft.choices else Verdict.ASKED_BACK
    if question.kind == "unanswerable" or lacks or holds:
        return Verdict.WRONG
    return Verdict.RIGHT


def _comparable(asked: Asked) -> str:
    """The reply in lower case without ticket number, source line and links."""
    text = asked.reply
    for passage in asked.draft.sources:
        title = plain_text(passage.title)
        text = text.replace(
            source_line(asked.turn.company, asked.turn.language, title, passage.url), " "
        )
    text = _URL.sub(" ", _TICKET.sub(" ", text))
    return text.replace("\u00a0", " ").replace("\u202f", " ").lower()
