"""Runs a model with the five tools over one turn, until it has a reply or a hand-over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import openai
from agents import Agent as SdkAgent
from agents import (
    AgentsException,
    FunctionToolResult,
    Model,
    ModelResponse,
    ModelSettings,
    ModelTimeoutError,
    RunConfig,
    RunContextWrapper,
    RunHooks,
    Runner,
    RunResult,
    ToolsToFinalOutputResult,
)
from agents.run_config import ToolErrorFormatterArgs, ToolExecutionConfig

from agent.breaker import CircuitBreaker
from agent.clean_search import CleanSearch
from agent.context import TurnContext
from agent.grounded import GroundedModel
from agent.injection import find_injection
from agent.models import call_settings, connect_model
from agent.settings import AgentSettings, ModelEndpoint
from agent.token_budget import estimate_tokens
from agent.tool_texts import channel_rules, message_text
from agent.tools import TOOLS, draft_reply
from domain import wording
from domain.errors import ModelMisbehaved, ModelUnavailable
from domain.ports import AgentDependencies
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
        breaker: CircuitBreaker | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self._model_for = model_for
        self._settings = settings
        self._model_settings = model_settings or ModelSettings()
        self._breaker = breaker
        self._close = close

    async def close(self) -> None:
        """Close the model's connections."""
        if self._close is not None:
            await self._close()

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        """Run the model over a turn; only the draft changes.

        Returns:
            A draft with a reply, or with an escalation and the reply that announces it.

        Raises:
            ModelUnavailable: The model refused, timed out or is over a limit, or the circuit is open.
            ModelMisbehaved: The model came to no usable end within the limits.
        """
        clean = replace(dependencies, search=CleanSearch(dependencies.search))
        context = TurnContext(turn, Draft(model=self.name), clean, self._settings)
        if self._settings.screens_messages and find_injection(turn.text) is not None:
            return _answer_orders(context)
        if self._breaker is not None and not self._breaker.allow():
            raise ModelUnavailable("the circuit breaker is open", self._breaker.wait)
        try:
            await self._run(context)
        except (ModelUnavailable, ModelMisbehaved):
            if self._breaker is not None:
                self._breaker.fail()
            raise
        if self._breaker is not None:
            self._breaker.succeed()
        return context.draft

    async def _run(self, context: TurnContext) -> None:
        settings = self._settings
        hooks = _TokenBudget(settings.turn_token_budget)
        try:
            async with asyncio.timeout(settings.turn_timeout.total_seconds()):
                result = await Runner.run(
                    self._build(context),
                    message_text(context),
                    context=context,
                    max_turns=settings.max_model_calls,
                    hooks=hooks,
                    run_config=_RUN_CONFIG,
                )
        except TimeoutError as error:
            raise ModelUnavailable("the turn took too long") from error
        except ModelTimeoutError as error:
            raise ModelUnavailable("the model did not answer in time") from error
        except openai.APIResponseValidationError as error:
            raise ModelMisbehaved("the answer was no chat completion") from error
        except openai.APIStatusError as error:
            raise ModelUnavailable(
                f"the model server answered {error.status_code}", _retry_after(error)
            ) from error
        except openai.OpenAIError as error:
            raise ModelUnavailable(f"no answer from the model: {type(error).__name__}") from error
        except AgentsException as error:
            raise ModelMisbehaved(f"the run failed: {type(error).__name__}") from error
        self._finish(context, result, hooks)

    def _finish(self, context: TurnContext, result: RunResult, hooks: _TokenBudget) -> None:
        draft = context.draft
        if not context.is_decided:
            # Plain text at the end is meant for the customer and obeys the same rules.
            text = result.final_output if isinstance(result.final_output, str) else ""
            if not draft.has_read_history:
                raise ModelMisbehaved("the model ended without using its tools")
            refusal = draft_reply(context, text, [], asks_back=False) if text.strip() else "empty"
            if refusal is not None:
                raise ModelMisbehaved("the model ended without a reply that may be sent")
        draft.input_tokens = hooks.input_tokens
        draft.output_tokens = hooks.output_tokens

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
    model = connect_model(endpoint)
    breaker = CircuitBreaker(
        settings.breaker_failures, settings.breaker_pause, lambda: datetime.now(UTC)
    )
    remote = SupportAgent(
        name=endpoint.model,
        model_for=lambda _context: model,
        settings=settings,
        model_settings=call_settings(endpoint, settings),
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


class _TokenBudget(RunHooks[TurnContext]):
    """Counts a turn's tokens, estimated if the provider reports none, and stops an overlong run."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.input_tokens = 0
        self.output_tokens = 0

    async def on_llm_end(
        self,
        context: RunContextWrapper[TurnContext],
        agent: SdkAgent[TurnContext],
        response: ModelResponse,
    ) -> None:
        usage = response.usage
        written = sum(estimate_tokens(item.model_dump_json()) for item in response.output)
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens or (written if usage.requests else 0)
        if self.input_tokens + self.output_tokens > self._limit and not context.context.is_decided:
            raise ModelMisbehaved("the turn's token budget is used up")


def _retry_after(error: openai.APIStatusError) -> timedelta | None:
    value = error.response.headers.get("retry-after", "")
    try:
        return timedelta(seconds=max(0.0, min(float(value), 3600.0)))
    except ValueError:
        return None


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
