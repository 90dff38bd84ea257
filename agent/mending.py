"""Goes on after an answer that did not help or was not meant: another article, a choice, a question, or a person."""

from __future__ import annotations

from agent.choices import choice_text, next_best
from agent.composing import Answer, compose
from agent.context import TurnContext
from agent.follow_ups import holds_news
from agent.grounded_calls import Call, hand_over, say_answers, say_key, say_text
from agent.interpretation import Interpretation
from agent.lookups import Lookups
from agent.message_kinds import Kind
from agent.signals import tells_what_was_tried
from domain.tickets import EscalationReason
from domain.wording import say
from domain.words import flatten

FAILURES_BEFORE_HAND_OVER = 2


def mend_failure(context: TurnContext, lookups: Lookups, message: Interpretation) -> Call:
    """Go on after "it didn't work". Raises SearchDue."""
    if message.failures >= FAILURES_BEFORE_HAND_OVER:
        return _to_person("Our answers did not help twice.")
    answer = _other_answer(context, lookups, message)
    if answer is not None:
        opening = say(context.turn.company, context.turn.language, "second_attempt")
        return say_answers(context, [answer], opening=opening)
    if tells_what_was_tried(context.turn.text) or context.turn.clarifications_before:
        return _to_person("The documentation holds nothing beyond what was said.")
    return say_key(context, "what_happened", asks_back=True)


def mend_correction(context: TurnContext, lookups: Lookups, message: Interpretation) -> Call:
    """Go on after "I meant something else": look up what was meant, else offer the next topics. Raises SearchDue."""
    answer = _other_answer(context, lookups, message) if message.queries else None
    if answer is not None:
        return say_answers(context, [answer])
    if message.failures >= FAILURES_BEFORE_HAND_OVER:
        return _to_person("Our answers were not what was meant, twice.")
    return _offer_others(context, lookups, message)


def instead_of_repeating(context: TurnContext, lookups: Lookups, message: Interpretation) -> Call:
    """Go on where the best answer is the one that was just given. Raises SearchDue."""
    turn = context.turn
    core = message.core
    if message.failures >= FAILURES_BEFORE_HAND_OVER or turn.clarifications_before:
        return _to_person("Nothing but the answer that was given already was found.")
    if flatten(core) == flatten(message.before) or len(core.split()) <= 2:
        return say_key(context, "what_happened", asks_back=True)
    return _offer_others(context, lookups, message)


def _other_answer(context: TurnContext, lookups: Lookups, message: Interpretation) -> Answer | None:
    """Return what an article that was not discussed yet says, if a search is sure of it."""
    turn = context.turn
    core = message.core
    is_correction = message.kind is Kind.CORRECTION
    for query in message.queries:
        result = lookups.find(query)
        if not (result.is_answerable and result.passages):
            continue
        if flatten(result.passages[0].title) in message.discussed:
            continue
        if holds_news(context, query if is_correction else core, message.before, result):
            return compose(
                query,
                result.passages,
                turn.channel,
                turn.language,
                turn.company,
                but_not=message.discussed,
            )
    return None


def _offer_others(context: TurnContext, lookups: Lookups, message: Interpretation) -> Call:
    turn, draft = context.turn, context.draft
    for query in dict.fromkeys([*message.queries, message.before]):
        if not draft.found and query:
            lookups.find(query)
    titles = next_best(turn, draft.found, message.discussed)
    if titles:
        draft.choices = titles
        return say_text(choice_text(turn, titles, "choice.other"), asks_back=True)
    if turn.clarifications_before:
        return _to_person("Our answer was not what was meant, even after a question back.")
    return say_key(context, "which_problem", asks_back=True)


def _to_person(summary: str) -> Call:
    return hand_over(EscalationReason.REPEATED_FAILURE, summary)
