"""Runs a model with the five tools over one turn, until it has a reply or a hand-over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import openai
from agents import Agent as SdkAgent
from agents import (
    AgentsException,
    FunctionToolResult,
    Model,
    ModelSettings,
    ModelTimeoutError,
    RunConfig,
    RunContextWrapper,
    Runner,
    RunResult,
    ToolsToFinalOutputResult,
    TResponseInputItem,
)
from agents.run_config import ToolErrorFormatterArgs, ToolExecutionConfig

from agent.clean_search import CleanSearch
from agent.context import TurnContext
from agent.grounded import GroundedModel
from agent.injection import find_injection
from agent.model_calls import ModelCalls
from agent.model_client import failure_of
from agent.models import EndpointModel, call_settings
from agent.opening import open_turn
from agent.settings import AgentSettings, ModelEndpoint
from agent.tool_texts import channel_rules, message_text
from agent.tools import TOOLS, draft_reply
from agent.translation import Translator
from domain import wording
from domain.breaker import CircuitBreaker
from domain.errors import ModelFailureCode, ModelMisbehaved, ModelUnavailable
from domain.ports import AgentDependencies
from domain.questions import split_questions
from domain.tickets import Category, EscalationReason, Priority, new_ticket_number
from domain.turns import Draft, Escalation, TicketRef, Turn
from pipeline.summary import hand_over_summary

log = logging.getLogger(__name__)

ModelFor = Callable[[TurnContext], Model]
"""Returns a run's model: runs share a remote one, the grounded one is made for its turn."""


class SupportAgent:
    """Implements domain.ports.Agent on the Agents SDK. Cheap to build; holds no state but the breaker."""

    def __init__(
        self,
        *,
        name: str,
        model_for: ModelFor,
        settings: AgentSettings,
        model_settings: ModelSettings | None = None,
        endpoint: ModelEndpoint | None = None,
        breaker: CircuitBreaker | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Make an agent; with an `endpoint` its calls cost money and the turn's first ones are made by code."""
        self.name = name
        self._model_for = model_for
        self._settings = settings
        self._model_settings = model_settings or ModelSettings()
        self._endpoint = endpoint
        self._breaker = breaker
        self._close = close

    async def close(self) -> None:
        """Close the model's connections."""
        if self._close is not None:
            await self._close()

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        """Run the model over a turn; only the draft and the turn's journal change.

        Returns:
            A draft with a reply, or with an escalation and the reply that announces it.

        Raises:
            ModelUnavailable: The model refused, timed out, is over a limit or a budget, or the circuit is open.
            ModelMisbehaved: The model came to no usable end within the limits.
        """
        clean = replace(dependencies, search=CleanSearch(dependencies.search))
        draft = Draft(model=self.name, journal=dependencies.journal)
        questions = len(split_questions(turn.text, turn.language))
        context = TurnContext(turn, draft, clean, self._settings, questions=questions)
        if self._settings.screens_messages and _holds_orders(turn):
            return _answer_orders(context)
        if self._breaker is not None and not self._breaker.allow():
            raise ModelUnavailable(
                "the circuit breaker is open",
                self._breaker.wait,
                code=ModelFailureCode.CIRCUIT_OPEN,
            )
        try:
            await self._run(context)
        except (ModelUnavailable, ModelMisbehaved) as error:
            if self._breaker is not None and error.code is not ModelFailureCode.OVER_BUDGET:
                self._breaker.fail()
            raise
        if self._breaker is not None:
            self._breaker.succeed()
        return context.draft

    async def _run(self, context: TurnContext) -> None:
        settings, endpoint = self._settings, self._endpoint
        limit = settings.turn_timeout.total_seconds()
        calls = ModelCalls(context, settings, endpoint, time.monotonic() + limit)
        if endpoint is not None:
            translator = Translator(context, self._model_for(context), self._model_settings, calls)
            context = replace(context, translate=translator.translate)
        failure: ModelUnavailable | ModelMisbehaved
        try:
            async with asyncio.timeout(limit):
                result = await self._run_within(context, calls)
        except TimeoutError as error:
            failure = ModelUnavailable("the turn took too long", code=ModelFailureCode.TIMED_OUT)
            raise await calls.fail(failure) from error
        except ModelTimeoutError as error:
            failure = ModelUnavailable(
                "the model did not answer in time", code=ModelFailureCode.TIMED_OUT
            )
            raise await calls.fail(failure) from error
        except openai.APIResponseValidationError as error:
            failure = ModelMisbehaved("the answer was no chat completion")
            raise await calls.fail(failure) from error
        except openai.APIError as error:
            failure = failure_of(error, endpoint or ModelEndpoint(self.name))
            raise await calls.fail(failure, costs=isinstance(failure, ModelMisbehaved)) from error
        except openai.OpenAIError as error:
            failure = ModelUnavailable(f"no answer from the model: {type(error).__name__}")
            raise await calls.fail(failure) from error
        except AgentsException as error:
            failure = ModelMisbehaved(f"the run failed: {type(error).__name__}")
            raise await calls.fail(failure) from error
        except (ModelUnavailable, ModelMisbehaved) as error:
            raise await calls.fail(error) from None
        if result is not None:
            self._finish(context, result)

    async def _run_within(self, context: TurnContext, calls: ModelCalls) -> RunResult | None:
        """Return None if the turn was decided before the model was asked."""
        given: str | list[TResponseInputItem] = message_text(context)
        if self._endpoint is not None:
            given = await open_turn(context)
            if context.is_decided:
                return None
        return await Runner.run(
            self._build(context),
            given,
            context=context,
            max_turns=context.max_calls,
            hooks=calls,
            run_config=_RUN_CONFIG,
        )

    def _finish(self, context: TurnContext, result: RunResult) -> None:
        draft = context.draft
        if context.is_decided:
            return
        # Plain text at the end is meant for the customer and obeys the same rules.
        text = result.final_output if isinstance(result.final_output, str) else ""
        if not draft.has_read_history:
            raise ModelMisbehaved(
                "the model ended without using its tools", ModelFailureCode.NO_USABLE_END
            )
        refusal = draft_reply(context, text, [], asks_back=False) if text.strip() else "empty"
        if refusal is not None:
            raise ModelMisbehaved(
                "the model ended without a reply that may be sent", ModelFailureCode.NO_USABLE_END
            )

    def _build(self, context: TurnContext) -> SdkAgent[TurnContext]:
        company = context.turn.company
        instructions = context.instructions
        for key, value in (
            ("product", company.product_name),
            ("company", company.name),
            ("tone", company.tone),
            ("channel_rules", channel_rules(context.turn.channel)),
        ):
            instructions = instructions.replace("{" + key + "}", value)
        return SdkAgent[TurnContext](
            name="support",
            instructions=instructions,
            model=self._model_for(context),
            model_settings=self._model_settings,
            tools=list(TOOLS),
            tool_use_behavior=_stop_when_decided,
            reset_tool_choice=False,
        )


def build_agents(settings: AgentSettings, endpoint: ModelEndpoint | None) -> list[SupportAgent]:
    """Return the agents in the order of use; the last one needs no network."""
    grounded = SupportAgent(name="grounded", model_for=GroundedModel, settings=settings)
    if endpoint is None:
        return [grounded]
    model = EndpointModel(endpoint)
    breaker = CircuitBreaker(
        settings.breaker_failures, settings.breaker_pause, lambda: datetime.now(UTC)
    )
    remote = SupportAgent(
        name=endpoint.model,
        model_for=lambda _context: model,
        settings=settings,
        model_settings=call_settings(endpoint, settings),
        endpoint=endpoint,
        breaker=breaker,
        close=model.close,
    )
    return [remote, grounded]


def _stop_when_decided(
    run: RunContextWrapper[TurnContext], _results: list[FunctionToolResult]
) -> ToolsToFinalOutputResult:
    # StopAtTools would end the run at a refused send_response, which the model has to see.
    if run.context.is_decided:
        return ToolsToFinalOutputResult(is_final_output=True, final_output="")
    return ToolsToFinalOutputResult(is_final_output=False)


def _explain_tool_error(failure: ToolErrorFormatterArgs[TurnContext]) -> str:
    """Return a short text without internals: the model might repeat it."""
    if failure.kind == "tool_not_found":
        return (
            f"Refused: {failure.tool_name[:60]} can't be called now. Use one of the offered tools."
        )
    return "Refused: the arguments don't fit the tool. Send all of them, with the right types and values."


_RUN_CONFIG = RunConfig(
    tracing_disabled=True,
    trace_include_sensitive_data=False,
    tool_not_found_behavior="return_error_to_model",
    tool_error_formatter=_explain_tool_error,
    tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),
)


def _holds_orders(turn: Turn) -> bool:
    """Whether a message gives the assistant orders, alone or below the subject that it brought."""
    return any(find_injection(text) is not None for text in {turn.text, turn.text_with_subjects})


def _answer_orders(context: TurnContext) -> Draft:
    """Ask back once, then hand over: no model sees a message that gives the assistant orders."""
    turn, draft = context.turn, context.draft
    draft.model = "rules"
    draft.ticket = turn.ticket
    if draft.ticket is None:
        subject = "Message with instructions to the assistant"
        draft.ticket = TicketRef(
            uuid4(), new_ticket_number(), Category.GENERAL, Priority.LOW, subject
        )
        draft.is_new_ticket = True
    if turn.clarifications_before == 0:
        draft.reply, draft.asks_back = wording.say(turn.company, turn.language, "off_topic"), True
        return draft
    reason = EscalationReason.NO_KB_MATCH
    note = "The message gives the assistant instructions; it was not answered."
    draft.escalation = Escalation(reason, hand_over_summary(turn, reason, draft, note=note))
    draft.reply = wording.say_with_ticket(
        turn.company, turn.language, f"handover.{reason}", draft.ticket.number
    )
    return draft
