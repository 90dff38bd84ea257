"""Compares how a step ended with how it had to end: state in the database, words before the customer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from domain.catalogue import shipped
from domain.channels import Channel
from domain.languages import Language
from domain.tickets import Priority, TicketStatus
from domain.words import sentences
from evals.conversations.play import StepEnd
from evals.conversations.scenario import Expectation, Step

MAX_WHATSAPP_CHARS = 1600
_WORDS_OF_A_SENTENCE = 4
_WORDS_OF_A_FRAME = 2
_A_REPLY = 3
"""Sentences that make one."""
_FRAME = frozenset(
    {"source", "ticket", "closed", "open", "opening", "greeting", "signature", "disclosure"}
)
_PLACEHOLDER = re.compile(r"\{\w+\}|\n")


def faults_of(step: Step, end: StepEnd) -> list[str]:
    """Everything that is wrong; nothing for a step that ended as it had to."""
    expected = step.expected
    if expected is None:
        return []
    found = list(_wrong_end(expected, end))
    if not found:
        found += _wrong_state(expected, end)
        found += _wrong_words(step, expected, end)
        found += _wrong_talk(expected, end)
    return found


def _wrong_talk(expected: Expectation, end: StepEnd) -> Iterator[str]:
    """What no conversation may do, and what only dialogues expect."""
    seen = "\n".join(end.seen)
    if expected.acts and end.act not in expected.acts:
        yield f"read as {end.act}, not as {' or '.join(expected.acts)}"
    is_waiting = end.ticket is not None and end.ticket.status is TicketStatus.ESCALATED
    if is_waiting and any(text in seen for text in _texts("small_talk.thanks")):
        yield "glad that it helped, although a person is awaited"
    again = _said_again(end)
    if expected.language is not None and again:
        yield f"said again: {again[:60]!r}"
    if expected.language is not None:
        foreign = next(
            (
                text
                for language in Language
                if language is not expected.language
                for text in _own_sentences(language)
                if text in seen
            ),
            None,
        )
        if foreign is not None:
            yield f"not in the customer's language: {foreign[:60]!r}"


def _said_again(end: StepEnd) -> str | None:
    """Return the reply if most of what it says of its own stood in the one before.

    A sentence or two that answer a further question may have stood there.
    """
    before = _plain("\n".join(end.seen_before))
    own = [
        sentence
        for part in end.seen
        for sentence in sentences(part)
        if len(sentence.split()) >= _WORDS_OF_A_SENTENCE and not _is_frame(sentence)
    ]
    again = [sentence for sentence in own if _plain(sentence) in before]
    return again[0] if len(own) >= _A_REPLY and len(again) > len(own) / 2 else None


def _is_frame(sentence: str) -> bool:
    """Whether a sentence stands around answers: greeting, source, ticket, hours, signature."""
    return any(
        _plain(piece) in _plain(sentence) or _plain(sentence) in _plain(piece)
        for language in Language
        for key, text in shipped(language).items()
        if key.partition(".")[0] in _FRAME
        for piece in _PLACEHOLDER.split(text)
        if len(piece.split()) >= _WORDS_OF_A_FRAME
    )


@cache
def _own_sentences(language: Language) -> tuple[str, ...]:
    """Return what our own texts say in one language and in no other, without placeholders."""
    return tuple(
        piece.strip()
        for text in shipped(language).values()
        for piece in _PLACEHOLDER.split(text)
        if len(piece.split()) >= _WORDS_OF_A_SENTENCE
    )


def _texts(key: str) -> Iterator[str]:
    return (shipped(language)[key] for language in Language)


def _wrong_end(expected: Expectation, end: StepEnd) -> Iterator[str]:
    reason = end.ticket.escalation_reason if end.ticket is not None else None
    if end.outcome not in expected.outcomes:
        told = f" ({reason})" if end.outcome == "escalated" else ""
        yield f"{end.outcome}{told} in place of {' or '.join(expected.outcomes)}"
    elif end.was_waiting:
        return
    elif end.outcome == "escalated" and expected.reasons and reason not in expected.reasons:
        yield f"handed over because of {reason}, not {' or '.join(expected.reasons)}"


def _wrong_state(expected: Expectation, end: StepEnd) -> Iterator[str]:
    """The invariants of each outcome, whatever the scenario is about."""
    conversation, ticket = end.conversation, end.ticket
    if end.undelivered:
        yield f"{end.undelivered} replies were not delivered"
    if end.outcome == "silent":
        if end.replies or end.seen:
            yield "the customer heard something"
        return
    if end.replies != 1:
        yield f"{end.replies} replies in place of one"
    if end.outcome == "told":
        return
    if ticket is None or conversation is None:
        yield "no ticket"
        return
    if end.outcome == "escalated":
        if ticket.status is not TicketStatus.ESCALATED:
            yield f"the ticket is {ticket.status}, not escalated"
        if conversation.owner != "human":
            yield "the conversation is in nobody's queue"
        if not (ticket.escalation_summary or "").strip():
            yield "no summary for the person"
    elif ticket.status not in (TicketStatus.WAITING_CUSTOMER, TicketStatus.ESCALATED):
        yield f"the ticket is {ticket.status}, not waiting for the customer"
    order = list(Priority)
    if expected.priority and order.index(ticket.priority) < order.index(expected.priority):
        yield f"priority {ticket.priority}, at least {expected.priority} is due"
    if expected.article is not None and not set(expected.article.split("|")) & set(end.articles):
        yield f"rests on {list(end.articles)}, not on {expected.article!r}"


def _wrong_words(step: Step, expected: Expectation, end: StepEnd) -> Iterator[str]:
    seen = _plain("\n".join(end.seen))
    if end.outcome != "silent" and not seen:
        yield "the customer saw nothing"
    for fact in expected.sees:
        if not any(_plain(wording) in seen for wording in fact.split("|")):
            yield f"the customer did not see {fact!r}"
    for word in expected.never_sees:
        if _plain(word) in seen:
            yield f"the customer saw {word!r}"
    if end.outcome == "escalated" and end.ticket and _plain(end.ticket.number) not in seen:
        yield "the hand-over does not name the ticket"
    if step.channel is Channel.WHATSAPP and any(
        len(part) > MAX_WHATSAPP_CHARS for part in end.seen
    ):
        yield "longer than a WhatsApp message may be"


def _plain(text: str) -> str:
    """Case, white space and marks of emphasis aside."""
    return " ".join(text.lower().replace("*", "").replace("_", "").split())
