"""Interprets a customer's message by its words and the conversation before it, without a model."""

from __future__ import annotations

from dataclasses import dataclass

from agent.acts.saying import was_answered
from agent.choices import picked
from agent.message_kinds import Kind
from agent.queries import make_queries
from agent.signals import reports_failure
from agent.small_talk import small_talk
from agent.topic_stems import topic_stems
from domain.acts import DialogueAct
from domain.messages import Role
from domain.small_words import SmallWord, small_word
from domain.turns import Turn


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the customer wants with this message.

    `queries` are the searches worth making, best first; `failures` counts the messages, this one
    included, that reported an answer as not helping. `question` is what an answer has to fit.
    """

    kind: Kind
    question: str
    queries: tuple[str, ...]
    failures: int
    has_answer_before: bool


def interpret(turn: Turn) -> Interpretation:
    """Return what kind of message this is and what to search for."""
    text, language = turn.text.strip(), turn.language
    said = [entry for entry in turn.history if entry.conversation_id == turn.conversation_id]
    earlier = [entry.content for entry in said if entry.role is Role.CUSTOMER]
    has_answer_before = len(earlier) < len(said)
    # Few words that answer a question of ours may be read as a report.
    is_report = turn.act.act is DialogueAct.DID_NOT_WORK and not turn.clarifications_before
    is_failing = was_answered(turn) and (
        reports_failure(text) or is_report or small_word(text) is SmallWord.DISPLEASURE
    )
    # The first message reports a problem and can't report an answer that failed.
    failures = int(is_failing) + sum(reports_failure(message) for message in earlier[1:])
    choice = picked(turn)
    if choice is not None:
        title, asked = choice
        return Interpretation(Kind.QUESTION, asked, (title, f"{title}: {asked}"), failures, False)
    greeting_or_thanks = small_talk(text, language)
    if greeting_or_thanks is not None and not is_failing:
        return Interpretation(greeting_or_thanks, text, (), failures, has_answer_before)
    subjects = [text, *earlier] if has_answer_before else [text, turn.subject or "", *earlier]
    if is_failing:
        kind = Kind.STILL_BROKEN
    elif any(topic_stems(subject, language, turn.company) for subject in subjects):
        kind = Kind.QUESTION
    else:
        kind = Kind.VAGUE
    queries = make_queries(turn, earlier)
    return Interpretation(kind, queries[0], queries, failures, has_answer_before)
