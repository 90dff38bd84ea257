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
from agent.composing import compose, pick_out
from agent.context import TurnContext, label_of
from agent.interpretation import interpret
from agent.message_kinds import Kind
from agent.models import function_call
from agent.signals import quotes_code
from agent.tool_names import ToolName
from domain.messages import Role
from domain.tickets import Category, EscalationReason, Priority
from domain.turns import HistoryEntry, Passage
from domain.wording import say
from domain.words import fold

FAILURES_BEFORE_HAND_OVER = 2
MAX_SUBJECT_CHARS = 80
SCANT_WORDS = 2
"""A message of so few words that finds nothing gets a question back and wakes no person."""

Call = tuple[str, dict[str, object]]


class GroundedModel(Model):
    """A deterministic model: the same turn and search results give the same draft."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._interpretation = interpret(context.turn)

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
            return _escalate(
                EscalationReason.NO_KB_MATCH, "The answer found was not fit to be sent."
            )
        return self._act()

    def _act(self) -> Call:
        turn, message = self._context.turn, self._interpretation
        match message.kind:
            case Kind.GREETING:
                return self._say_own("small_talk.greeting")
            case Kind.THANKS:
                kind = "thanks" if message.has_answer_before else "acknowledgement"
                return self._say_own(f"small_talk.{kind}")
            case Kind.STILL_BROKEN if message.failures >= FAILURES_BEFORE_HAND_OVER:
                return _escalate(
                    EscalationReason.REPEATED_FAILURE, "Our answers did not help twice."
                )
            case Kind.VAGUE if turn.clarifications_before == 0:
                return self._say_own("which_problem", asks_back=True)
            case Kind.VAGUE:
                return _escalate(
                    EscalationReason.NO_KB_MATCH,
                    "Too vague to look up, even after a question back.",
                )
            case _:
                return self._search_or_answer()

    def _say_own(self, key: str, *, asks_back: bool = False) -> Call:
        turn = self._context.turn
        return _say(say(turn.company, turn.language, key), asks_back=asks_back)

    def _search_or_answer(self) -> Call:
        draft, message = self._context.draft, self._interpretation
        if draft.found and draft.found[-1].is_answerable:
            answer = self._answer()
            if answer is not None:
                return answer
        untried = [query for query in message.queries if query not in draft.searches]
        if untried and self._context.searches_left > 0:
            return ToolName.SEARCH_KNOWLEDGE_BASE, {
                "query": untried[0][: self._context.settings.max_query_chars]
            }
        if message.kind is Kind.STILL_BROKEN:
            return _escalate(
                EscalationReason.REPEATED_FAILURE,
                "The documentation holds nothing beyond what was said.",
            )
        choices = choices_of(self._context.turn, draft)
        if choices:
            draft.choices = choices
            return _say(choice_text(self._context.turn, choices), asks_back=True)
        if _is_scant(self._context.turn.text) and self._context.turn.clarifications_before == 0:
            return self._say_own("which_problem", asks_back=True)
        return _escalate(EscalationReason.NO_KB_MATCH, "No article answers this.")

    def _answer(self) -> Call | None:
        context, message = self._context, self._interpretation
        usable = context.usable_passages
        newest = {passage.chunk_id for passage in context.draft.found[-1].passages}
        found = [passage for passage in usable if passage.chunk_id in newest]
        is_follow_up = message.kind is Kind.STILL_BROKEN
        answer = None
        if message.has_answer_before and not is_follow_up:
            answer = pick_out(
                context.turn.text,
                self._asked_before(),
                found,
                self._said_before(),
                context.turn.language,
                context.turn.company,
                is_quoting=any(asked.quoted for asked in context.turn.messages),
            )
        answer = answer or compose(
            message.question,
            found,
            context.turn.channel,
            context.turn.language,
            context.turn.company,
            said_before=self._said_before() if is_follow_up else (),
            is_second_attempt=is_follow_up,
        )
        if answer is None:
            return None
        return _say(answer.text, [_label(passage, usable) for passage in answer.sources])

    def _said_before(self) -> list[str]:
        return [entry.content for entry in self._earlier() if entry.role is not Role.CUSTOMER]

    def _asked_before(self) -> str:
        return "\n".join(entry.content for entry in self._earlier() if entry.role is Role.CUSTOMER)

    def _earlier(self) -> list[HistoryEntry]:
        turn = self._context.turn
        return [entry for entry in turn.history if entry.conversation_id == turn.conversation_id]

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


def _say(text: str, sources: list[str] | None = None, asks_back: bool = False) -> Call:
    return ToolName.SEND_RESPONSE, {
        "text": text,
        "sources": list(sources or []),
        "asks_back": asks_back,
    }


def _escalate(reason: EscalationReason, summary: str) -> Call:
    return ToolName.ESCALATE_TO_HUMAN, {"reason": reason.value, "summary": summary}


def _label(passage: Passage, usable: tuple[Passage, ...]) -> str:
    return label_of([found.chunk_id for found in usable].index(passage.chunk_id))


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
_PRESSING = re.compile(
    r"\b(?:urgent(?:ly)?|asap|immediately|right away|emergency|critical|production|deadline|"
    r"all (?:our|my) (?:data|users|team)|dringend|sofort|urgente|urgence)\b"
)


def guess_category(text: str) -> Category:
    """Guess a ticket's category by the words of its message."""
    plain = fold(text)
    matching = (category for category, words in _CATEGORIES if words.search(plain))
    return next(matching, Category.GENERAL)


def guess_priority(text: str) -> Priority:
    """Return high where the customer calls it urgent; sentiment counts elsewhere."""
    return Priority.HIGH if _PRESSING.search(fold(text)) else Priority.MEDIUM
