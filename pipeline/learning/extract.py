"""Extracts a general solution from what staff wrote in a resolved ticket, or why it has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from domain.knowledge import Lesson, ResolvedTicket
from domain.languages import guess_language
from domain.turn_text import prepare
from domain.words import content_words, flatten, is_list_item, statements
from pipeline.learning.generality import grants_money, is_chatter, why_not_general
from pipeline.learning.privacy import find_personal, scrub

MIN_CONTENT_WORDS = 6
MIN_REPEATED = 5
"""A sentence of the agent or customer with this many words is also recognised inside another one."""
MAX_TITLE_CHARS = 110
MAX_QUESTION_CHARS = 300

_SAYS_NOTHING = frozenset({"question", "problem", "issue"})
"""Words that are in every ticket."""
_SIGN_OFF = re.compile(
    r"\A\s*(?:(?:(?:best|kind|warm|many)\s*)?(?:regards|wishes|greetings)\b.*|sincerely\b.*|yours\b.*|"
    r"mit freundlichen grüßen.*|saludos.*|cordialement.*|"
    r"(?:--|best|cheers|thanks|thank you)\s*(?:,\s*)?)$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|hallo|good (?:morning|afternoon|evening))\b(?:\s[\w.'’-]+){0,3}\s*[,!](?:\s+|$)",
    re.IGNORECASE,
)
_QUOTED_LINE = re.compile(r"^\s*>")
_QUOTE_FOLLOWS = re.compile(
    r"^\s*(?:On|Am|Le|El) .{5,80}(?:wrote|schrieb|écrit|escribió)\s*:\s*$"
    r"|^\s*(?:-{2,}|_{2,})\s*(?:original message|forwarded message|ursprüngliche nachricht|message d['’]origine)"
    r"|^\s*(?:From|Von|De)\s*:\s\S",
    re.IGNORECASE,
)
_OPENING_WORD = re.compile(
    r"\A(?:hi|hello|hey|dear|and|so|but|also|well|ok)[,!.]?\s+", re.IGNORECASE
)
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
        if len(words) >= MIN_CONTENT_WORDS and len(kept) >= len(dropped):
            question = _question(ticket)
            title = _title(ticket, question, kept[0])
            return Solution(question, title, _paragraph(kept), tuple(kept))
        if dropped and refusal is Lesson.NOTHING_GENERAL:
            refusal = Lesson.PRIVATE if Lesson.PRIVATE in dropped else Lesson.ONE_OFF
    return refusal


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
        for sentence in statements("\n".join(_own_lines(text))):
            flat = flatten(sentence)
            if not flat or flat in everything or any(flat == flatten(other) for other in kept):
                continue
            if is_chatter(sentence) or any(other in flat for other in repeated):
                continue
            if find_personal(sentence, ticket.private_words):
                dropped.append(Lesson.PRIVATE)
            elif (why := why_not_general(sentence)) is not None:
                dropped.append(why)
            else:
                kept.append(sentence)
    # An introduction whose list was dropped means nothing.
    while kept and kept[-1].endswith(":"):
        kept.pop()
    return kept, dropped


def _own_lines(text: str) -> Iterator[str]:
    """Yield lines up to the signature, without greeting and quoted mail."""
    for line in text.splitlines():
        if _SIGN_OFF.match(line):
            return
        if _QUOTE_FOLLOWS.match(line):
            return
        if not _QUOTED_LINE.match(line):
            yield _GREETING.sub("", line)


def _question(ticket: ResolvedTicket) -> str:
    """Return the customer's question, scrubbed: the longest with a question mark, or the first sentences."""
    first = ticket.customer_texts[0] if ticket.customer_texts else ""
    asked = [
        sentence
        for sentence in statements(first)
        if sentence.endswith("?") and len(_topic_words(sentence)) >= 3
    ]
    text = max(asked, key=lambda sentence: len(_topic_words(sentence)), default="")
    if not text:
        text = " ".join([ticket.subject, *statements(first)[:2]])
    return _clean(text, ticket)[:MAX_QUESTION_CHARS].strip()


def _title(ticket: ResolvedTicket, question: str, answer: str) -> str:
    """Return the question if it is short enough, else the subject, else the start of the answer."""
    subject = _clean(ticket.subject, ticket)
    usable = [
        candidate
        for candidate in (question if question.endswith("?") else "", subject, question, answer)
        if len(_topic_words(candidate)) >= 3 and len(candidate) <= MAX_TITLE_CHARS
    ]
    chosen = usable[0] if usable else (question or answer)[:MAX_TITLE_CHARS]
    chosen = _OPENING_WORD.sub("", chosen)
    return chosen[:1].upper() + chosen[1:]


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
