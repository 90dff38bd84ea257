"""Makes a tool from its function, when it may be called, and what a reply may state after it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from agents import FunctionTool, RunContextWrapper, function_tool

from agent.context import TurnContext
from agent.tool_names import ToolName

Run = RunContextWrapper[TurnContext]
Arguments = ParamSpec("Arguments")
Evidence = Callable[[TurnContext], str]
"""Returns what a call found beside passages; empty if nothing."""


class Refusal(str):
    """Tells a model why its call changed nothing; such a call is not counted."""

    __slots__ = ()


def tool(
    *, when: Callable[[TurnContext], bool], evidence: Evidence | None
) -> Callable[
    [Callable[Concatenate[Run, Arguments], str | Awaitable[str]]],
    FunctionTool,
]:
    """Decorate a tool's function, which changes the draft alone and returns a text for the model.

    Order is enforced twice: a tool that is not due is not offered, and refuses if it is called.

    Args:
        when: Whether the tool is due.
        evidence: What a reply may state after the call, figures and links included. None: nothing,
            or passages, which the reply names as its sources.
    """

    def make(
        function: Callable[Concatenate[Run, Arguments], str | Awaitable[str]],
    ) -> FunctionTool:
        name = ToolName(function.__name__)

        @wraps(function)
        async def call(run: Run, *args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
            context = run.context
            if not when(context):
                return _refusal(context, name)
            result = function(run, *args, **kwargs)
            answer = await result if inspect.isawaitable(result) else result
            if isinstance(answer, Refusal):
                return answer
            context.draft.tool_calls.append(name)
            found = evidence(context) if evidence is not None else ""
            if found:
                context.draft.evidence.append(found)
            return answer

        return function_tool(call, is_enabled=lambda run, _agent: when(run.context))

    return make


def _refusal(context: TurnContext, name: ToolName) -> str:
    """Explain why a tool is not due, and name the one that is."""
    if context.is_decided:
        return f"Refused: {name} comes too late, this message is already settled."
    if not context.has_ticket:
        return f"Refused: call {ToolName.CREATE_TICKET} before {name}."
    if not context.draft.has_read_history:
        return f"Refused: call {ToolName.GET_CUSTOMER_HISTORY} before {name}."
    return (
        f"Refused: {name} was used as often as allowed. Call {ToolName.SEND_RESPONSE} or"
        f" {ToolName.ESCALATE_TO_HUMAN}."
    )
