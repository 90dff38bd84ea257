"""Extracts a general solution from what staff wrote in a resolved ticket, or why it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from domain.knowledge import Lesson, ResolvedTicket
from domain.languages import Language, guess_language
from domain.turn_text import prepare
from domain.words import content_words, flatten, is_list_item, statements
from pipeline.learning.courtesies import is_courtesy, is_done_for_one, own_lines, without_yes
from pipeline.learning.generality import grants_money, is_chatter, why_not_general
from pipeline.learning.privacy import find_personal, scrub
from pipeline.learning.titles import make_title

MIN_CONTENT_WORDS = 6
MIN_COMPOUND_WORDS = 4
"""The same in languages that write a compound as one word."""
MIN_REPEATED = 5
"""A sentence of the agent or customer with this many words is also recognised inside another one."""
MAX_QUESTION_CHARS = 300
MAX_ASKED_CHARS = 4_000
"""Of the first message are searched for the question and the topic."""

_SAYS_NOTHING = frozenset({"question", "problem", "issue"})
"""Words that are in every ticket."""
_BLANKS = re.compile(r"\s+")
_BEFORE_MARK = re.compile(r" ([,.;:!?])")
_PLACEHOLDER = re.compile(r"\[[a-z -]+\]")


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution in the words of the person who helped, free of personal data."""

    question: str
    title: str
    text: str
    sentences: tuple[str, ...]


def extract(ticket: ResolvedTicket) -> Solution | Lesson:
    """Extract the solution from staff's replies or, if they have none, from the resolution note.

    Words of the agent and of the customer are skipped, even where a reply quotes them.
    """
    if ticket.reason is not None and not ticket.reason.record.teaches:
        return Lesson.HARD_LIMIT
    ticket = replace(
        ticket, customer_texts=tuple(prepare(text).text for text in ticket.customer_texts)
    )
    if ticket.is_disputed:
        return Lesson.DISPUTED
    written = [*ticket.staff_texts, ticket.note]
    if any(grants_money(text) for text in written):
        return Lesson.ONE_OFF
    refusal = Lesson.NOTHING_GENERAL
    for texts in (ticket.staff_texts, (ticket.note,)):
        kept, dropped = _general_sentences(ticket, texts)
        words = _topic_words(" ".join(kept))
        fewest = MIN_COMPOUND_WORDS if _has_compounds(" ".join(kept)) else MIN_CONTENT_WORDS
        if len(words) >= fewest and len(kept) >= len(dropped):
            question = _question(ticket)
            title = make_title(
                _clean(ticket.subject, ticket), _clean(_first_text(ticket), ticket), " ".join(kept)
            )
            return Solution(question, title, _paragraph(kept), tuple(kept))
        if dropped and refusal is Lesson.NOTHING_GENERAL:
            refusal = Lesson.PRIVATE if Lesson.PRIVATE in dropped else Lesson.ONE_OFF
    return refusal


def _has_compounds(text: str) -> bool:
    return guess_language(text) in (Language.GERMAN, Language.DUTCH)


def _topic_words(text: str) -> list[str]:
    words = content_words(text, guess_language(text))
    return [word for word in words if word not in _SAYS_NOTHING]


def _general_sentences(
    ticket: ResolvedTicket, texts: tuple[str, ...]
) -> tuple[list[str], list[Lesson]]:
    """Return sentences that apply to every customer, and why others were dropped, apart from chatter."""
    others = [*ticket.agent_texts, *ticket.customer_texts]
    everything = flatten(" \n ".join(others))
    repeated = [
        flatten(sentence)
        for text in others
        for sentence in statements(text)
        if len(_topic_words(sentence)) >= MIN_REPEATED
    ]
    kept: list[str] = []
    dropped: list[Lesson] = []
    for text in texts:
        for sentence in statements("\n".join(own_lines(text))):
            flat = flatten(sentence)
            if not flat or flat in everything or any(flat == flatten(other) for other in kept):
                continue
            if (
                is_courtesy(sentence)
                or is_chatter(sentence)
                or any(other in flat for other in repeated)
            ):
                continue
            if find_personal(sentence, ticket.private_words):
                dropped.append(Lesson.PRIVATE)
            elif is_done_for_one(sentence):
                dropped.append(Lesson.ONE_OFF)
            elif (why := why_not_general(sentence)) is not None:
                dropped.append(why)
            else:
                kept.append(without_yes(sentence))
    # An introduction whose list was dropped means nothing.
    while kept and kept[-1].endswith(":"):
        kept.pop()
    return kept, dropped


def _question(ticket: ResolvedTicket) -> str:
    """Return the customer's question, scrubbed: the longest with a question mark, or the first sentences."""
    first = _first_text(ticket)
    asked = [
        sentence
        for sentence in statements(first)
        if sentence.endswith("?") and len(_topic_words(sentence)) >= 3
    ]
    text = max(asked, key=lambda sentence: len(_topic_words(sentence)), default="")
    if not text:
        text = " ".join([ticket.subject, *statements(first)[:2]])
    return _clean(text, ticket)[:MAX_QUESTION_CHARS].strip()


def _first_text(ticket: ResolvedTicket) -> str:
    return ticket.customer_texts[0][:MAX_ASKED_CHARS] if ticket.customer_texts else ""


def _clean(text: str, ticket: ResolvedTicket) -> str:
    scrubbed = _PLACEHOLDER.sub("", scrub(text, ticket.private_words))
    return _BEFORE_MARK.sub(r"\1", _BLANKS.sub(" ", scrubbed)).strip(" ,;:")


def _paragraph(kept: list[str]) -> str:
    """Join sentences of a paragraph in one line; put list items on their own lines."""
    text = kept[0][:1].upper() + kept[0][1:]
    for before, sentence in pairwise(kept):
        in_list = is_list_item(sentence)
        if in_list:
            gap = "\n" if is_list_item(before) or before.endswith(":") else "\n\n"
        else:
            gap = "\n\n" if is_list_item(before) else " "
        text += gap + sentence
    return text
