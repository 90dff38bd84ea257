"""Answers without a language model, in passages' own words alone.

It calls the same five tools through the same Runner as any other model. It is made for one run and
takes the run's context itself, so that nothing a customer writes can pass for a tool's result.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from time import time
from uuid import uuid4

from agents import Model, ModelResponse, ModelSettings, Usage
from agents.agent_output import AgentOutputSchemaBase
from agents.handoffs import Handoff
from agents.items import TResponseInputItem, TResponseStreamEvent
from agents.models.interface import ModelTracing
from agents.tool import Tool
from openai.types.responses import Response, ResponseCompletedEvent
from openai.types.responses.response_prompt_param import ResponsePromptParam
from typing_extensions import override

from agent.choices import choice_text, choices_of
from agent.composing import Answer, compose
from agent.context import TurnContext
from agent.follow_ups import about, answer_further, pick
from agent.grounded_calls import (
    PRESSING,
    Call,
    hand_over,
    opening_of,
    say_answers,
    say_key,
    say_text,
    search_for,
)
from agent.interpretation import interpret
from agent.lookups import Lookups, SearchDue
from agent.mending import instead_of_repeating, mend_correction, mend_failure
from agent.message_kinds import Kind
from agent.models import function_call
from agent.plain_text import plain_text
from agent.several import answer_each
from agent.signals import asks, quotes_code
from agent.tool_names import ToolName
from domain.tickets import Category, EscalationReason, Priority
from domain.turns import SearchResult
from domain.words import flatten, fold

MAX_SUBJECT_CHARS = 80
SCANT_WORDS = 2
"""A message of so few words that finds nothing gets a question back and wakes no person."""
_SHORT_WORDS = 25
"""So short a part of what was said may be said again to whoever asks for it."""


class GroundedModel(Model):
    """A deterministic model: the same turn and search results give the same draft."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._interpretation = interpret(context.turn)
        self._lookups = Lookups(context)

    def next_call(self) -> Call:
        """Return the tool call that is due, by what the draft has."""
        draft, turn = self._context.draft, self._context.turn
        if draft.ticket is None:
            return ToolName.CREATE_TICKET, {
                "subject": _subject(turn.subject or turn.text),
                "category": guess_category(turn.text).value,
                "priority": guess_priority(turn.text).value,
            }
        if not draft.has_read_history:
            return ToolName.GET_CUSTOMER_HISTORY, {}
        if ToolName.SEND_RESPONSE in draft.tool_calls:
            return hand_over(
                EscalationReason.NO_KB_MATCH, "The answer found was not fit to be sent."
            )
        try:
            return self._act()
        except SearchDue as due:
            return search_for(due.query)

    def _act(self) -> Call:
        context, message = self._context, self._interpretation
        match message.kind:
            case Kind.GREETING:
                return say_key(context, "small_talk.greeting")
            case Kind.THANKS:
                kind = "thanks" if message.has_answer_before else "acknowledgement"
                return say_key(context, f"small_talk.{kind}")
            case Kind.CORRECTION:
                return mend_correction(context, self._lookups, message)
            case Kind.STILL_BROKEN:
                return mend_failure(context, self._lookups, message)
            case Kind.VAGUE if context.turn.clarifications_before == 0:
                return say_key(context, "which_problem", asks_back=True)
            case Kind.VAGUE:
                return hand_over(
                    EscalationReason.NO_KB_MATCH,
                    "Too vague to look up, even after a question back.",
                )
            case Kind.QUESTION if message.questions:
                return self._answer_each() or self._answer_one()
            case Kind.QUESTION if message.article:
                return self._go_on()
            case _:
                return self._answer_one()

    def _answer_each(self) -> Call | None:
        """Answer several questions; None if none of them can be answered alone."""
        context = self._context
        answers, still_open = answer_each(context, self._lookups, self._interpretation.questions)
        if not answers or all(self._repeats(answer) for answer in answers):
            return None
        return say_answers(context, answers, opening=opening_of(context), open_questions=still_open)

    def _go_on(self) -> Call:
        """Answer a further question about an article."""
        context, message = self._context, self._interpretation
        answer = answer_further(context, self._lookups, message)
        if answer is not None:
            if self._repeats(answer) and len(answer.body.split()) > _SHORT_WORDS:
                return instead_of_repeating(context, self._lookups, message)
            return say_answers(context, [answer])
        core = message.core
        if asks(core) and flatten(core) != flatten(message.before):
            context.draft.silent_article = message.article
            return hand_over(
                EscalationReason.NO_KB_MATCH,
                f"The article “{message.article}” does not answer the further question.",
            )
        return instead_of_repeating(context, self._lookups, message)

    def _answer_one(self) -> Call:
        context, message = self._context, self._interpretation
        for query in message.queries:
            result = self._lookups.find(query)
            if not result.is_answerable:
                continue
            answer = self._answer(query, result)
            if answer is not None and self._repeats(answer):
                return instead_of_repeating(context, self._lookups, message)
            if answer is not None:
                return say_answers(context, [answer], opening=opening_of(context))
        choices = choices_of(context.turn, context.draft)
        if choices:
            context.draft.choices = choices
            return say_text(choice_text(context.turn, choices), asks_back=True)
        if _is_scant(context.turn.text) and context.turn.clarifications_before == 0:
            return say_key(context, "which_problem", asks_back=True)
        return hand_over(EscalationReason.NO_KB_MATCH, "No article answers this.")

    def _answer(self, query: str, result: SearchResult) -> Answer | None:
        turn, message = self._context.turn, self._interpretation
        if flatten(plain_text(result.passages[0].title)) in message.discussed:
            core = message.core
            own = about(result, plain_text(result.passages[0].title))
            answer = pick(self._context, core, message.before, own)
            if answer is not None:
                return answer
        return compose(message.question, result.passages, turn.channel, turn.language, turn.company)

    def _repeats(self, answer: Answer) -> bool:
        return answer.repeats(self._interpretation.said_last)

    @override
    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        name, arguments = self.next_call()
        return ModelResponse(
            output=[function_call(name, arguments)],
            usage=Usage(),
            response_id=f"grounded_{uuid4().hex}",
        )

    @override
    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> AsyncIterator[TResponseStreamEvent]:
        name, arguments = self.next_call()
        yield ResponseCompletedEvent(
            type="response.completed",
            sequence_number=0,
            response=Response(
                id=f"grounded_{uuid4().hex}",
                created_at=time(),
                model="grounded",
                object="response",
                output=[function_call(name, arguments)],
                parallel_tool_calls=False,
                tool_choice="auto",
                tools=[],
            ),
        )


def _is_scant(text: str) -> bool:
    """Return whether a message is a word or two, so that one question back may tell what it is about."""
    return len(text.split()) <= SCANT_WORDS and not quotes_code(text)


def _subject(text: str) -> str:
    first = " ".join(text.split()) or "Message without text"
    if len(first) <= MAX_SUBJECT_CHARS:
        return first
    return first[:MAX_SUBJECT_CHARS].rsplit(" ", 1)[0] + " …"


_CATEGORIES: tuple[tuple[Category, re.Pattern[str]], ...] = (
    (
        Category.BILLING,
        re.compile(
            r"\b(?:invoice|bill(?:ing|ed)?|payment|paid|card|charge[ds]?|subscription|vat|receipt|refund|seat|"
            r"rechnung|zahlung|factura|facture|paiement|pago)s?\b"
        ),
    ),
    (
        Category.FEEDBACK,
        re.compile(
            r"\b(?:suggest(?:ion)?|feature request|feedback|it would be (?:nice|great)|you should add|"
            r"love (?:the|your)|wish (?:you|it))\b"
        ),
    ),
    (
        Category.BUG_REPORT,
        re.compile(
            r"\b(?:bug|crash(?:es|ed|ing)?|freez\w+|glitch|data loss|disappeared|vanished|blank (?:page|screen))\b"
        ),
    ),
    (
        Category.TECHNICAL,
        re.compile(
            r"\b(?:error|api|webhook|login|log in|sign in|password|sync\w*|install\w*|connect\w*|integration|"
            r"sso|2fa|slow|upload\w*|download\w*|export\w*|import\w*|not working|doesn't work|can't|cannot|"
            r"fehler|passwort|contrasena|mot de passe)\b|\b[a-z]{2,6}-\d{2,4}\b"
        ),
    ),
)


def guess_category(text: str) -> Category:
    """Guess a ticket's category by the words of its message."""
    plain = fold(text)
    matching = (category for category, words in _CATEGORIES if words.search(plain))
    return next(matching, Category.GENERAL)


def guess_priority(text: str) -> Priority:
    """Return high where the customer calls it urgent; sentiment counts elsewhere."""
    return Priority.HIGH if PRESSING.search(fold(text)) else Priority.MEDIUM
