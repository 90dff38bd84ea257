"""Interprets a customer's message by its words and the conversation before it, without a model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agent.acts.saying import was_answered
from agent.choices import picked
from agent.corrections import corrects, meant
from agent.message_kinds import Kind
from agent.queries import core_of, make_queries, question_before
from agent.signals import asks, reports_failure, reports_trouble
from agent.small_talk import small_talk
from agent.topic_stems import topic_stems
from domain.acts import DialogueAct
from domain.languages import Language
from domain.messages import Role
from domain.questions import Question, points_back_to, split_questions
from domain.small_words import SmallWord, small_word
from domain.turns import HistoryEntry, Turn
from domain.wording import named_articles
from domain.words import content_stems, flatten, fold

FEW_OWN_WORDS = 2
"""A further question with fewer words of its own is about what was said before."""
_GOES_ON = re.compile(
    r"\A\W{0,3}(?:and|also|what about|how about|but|so|then|und|aber|was ist mit|wie ist es mit|y|pero|que pasa|"
    r"et|mais)\b"
)
_NUMBERED = re.compile(
    r"\b(?:question|number|point|no\.?|frage|nummer|punkt|pregunta|numero|punto)\s?#?(\d)\b"
)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the customer wants with this message.

    `queries` are the searches worth making, best first; `failures` counts the messages, this one
    included, that reported an answer as not helping or not meant. `question` is what an answer has to fit.
    """

    kind: Kind
    question: str
    queries: tuple[str, ...]
    failures: int
    has_answer_before: bool
    questions: tuple[Question, ...] = ()
    """Two or more if the message asks as many."""
    core: str = ""
    """The message without greeting and sign-off."""
    before: str = ""
    """The question before this message."""
    article: str = ""
    """The title of the article that our last answer rests on, if this message goes on about it."""
    discussed: frozenset[str] = frozenset()
    """The flattened titles of all articles that our replies have named."""
    said_last: tuple[str, ...] = ()
    """Our last reply."""


def interpret(turn: Turn) -> Interpretation:
    """Return what kind of message this is and what to search for."""
    said = [entry for entry in turn.history if entry.conversation_id == turn.conversation_id]
    earlier = [entry.content for entry in said if entry.role is Role.CUSTOMER]
    language = turn.language
    numbered = _numbered(turn.text, earlier, language)
    if numbered is not None:
        turn = replace(turn, messages=(replace(turn.messages[-1], text=numbered),))
    text = turn.text.strip()
    has_answer_before = len(earlier) < len(said)
    # Few words that answer a question of ours may be read as a report.
    is_report = turn.act.act is DialogueAct.DID_NOT_WORK and not turn.clarifications_before
    is_failing = was_answered(turn) and (
        reports_failure(text) or is_report or small_word(text) is SmallWord.DISPLEASURE
    )
    is_correction = has_answer_before and (corrects(text) or turn.act.act is DialogueAct.CORRECTION)
    # The first message reports a problem and can't report an answer that failed.
    failures = int(is_failing or is_correction) + sum(
        reports_failure(message) or corrects(message) for message in earlier[1:]
    )
    choice = picked(turn)
    if choice is not None:
        title, asked = choice
        return Interpretation(Kind.QUESTION, asked, (title, f"{title}: {asked}"), failures, False)
    greeting_or_thanks = small_talk(text, language)
    if greeting_or_thanks is not None and not is_failing:
        return Interpretation(greeting_or_thanks, text, (), failures, has_answer_before)
    named = [
        titles
        for entry in said
        if entry.role is not Role.CUSTOMER
        and (titles := named_articles(turn.company, entry.content))
    ]
    before = question_before(turn, earlier)
    subjects = [text, *earlier] if has_answer_before else [text, turn.subject or "", *earlier]
    questions: tuple[Question, ...] = ()
    queries = make_queries(turn, earlier)
    article = ""
    if is_correction:
        kind = Kind.CORRECTION
        rewritten = meant(text, before, language, turn.company)
        queries = (rewritten,) if rewritten else ()
    elif is_failing:
        kind = Kind.STILL_BROKEN
    elif any(topic_stems(subject, language, turn.company) for subject in subjects):
        kind = Kind.QUESTION
        questions = split_questions(text, language)
        if len(questions) < 2 and named and _goes_on(turn, before):
            article = _nearest(named[-1], turn)
    else:
        kind = Kind.VAGUE
    return Interpretation(
        kind,
        queries[0] if queries else before,
        queries,
        failures,
        has_answer_before,
        questions if len(questions) > 1 else (),
        core_of(text, language, turn.company),
        before,
        article,
        frozenset(flatten(title) for titles in named for title in titles),
        _last(said),
    )


def _numbered(text: str, earlier: list[str], language: Language) -> str | None:
    """Return the question of the message before that "what about question 2?" means."""
    named = _NUMBERED.search(fold(text))
    if named is None or not earlier:
        return None
    asked = split_questions(earlier[-1], language)
    at = int(named[1]) - 1
    return asked[at].text if len(asked) > 1 and 0 <= at < len(asked) else None


def _goes_on(turn: Turn, before: str) -> bool:
    """Whether a message asks on about what was answered: it points back, or names next to nothing itself."""
    core = core_of(turn.text.strip(), turn.language, turn.company)
    own = topic_stems(core, turn.language, turn.company)
    if any(asked.quoted for asked in turn.messages):
        return True
    is_trouble = reports_trouble(core)
    if not (asks(core) or is_trouble or _GOES_ON.match(fold(core)) or len(own) < FEW_OWN_WORDS):
        return False
    known = set(topic_stems(before, turn.language, turn.company))
    return (
        is_trouble
        or points_back_to(core)
        or _GOES_ON.match(fold(core)) is not None
        or len(own) < FEW_OWN_WORDS
        or bool(set(own) & known)
    )


def _nearest(titles: tuple[str, ...], turn: Turn) -> str:
    """Return the title that shares most with the message, else the last."""
    own = set(content_stems(turn.text, turn.language))
    return max(
        reversed(titles), key=lambda title: len(own & set(content_stems(title, turn.language)))
    )


def _last(said: list[HistoryEntry]) -> tuple[str, ...]:
    ours = [entry.content for entry in said if entry.role is not Role.CUSTOMER]
    return tuple(ours[-1:])
