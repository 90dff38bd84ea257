"""Makes a tool of one entry: its function, when it may be called, and what of it a reply may rest on."""

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
"""Gives what a call found out, beside passages; empty if nothing."""


class Refusal(str):
    """Tells a model why its call changed nothing; such a call is not counted."""

    __slots__ = ()


def tool(
    *, when: Callable[[TurnContext], bool], evidence: Evidence | None
) -> Callable[
    [Callable[Concatenate[Run, Arguments], str | Awaitable[str]]],
    FunctionTool,
]:
    """Decorate a tool's function. What it returns is shown to the model; it changes the draft alone.

    Order is enforced twice: a tool that is not due is not offered, and called all the same it refuses.

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
            told = await result if inspect.isawaitable(result) else result
            if isinstance(told, Refusal):
                return told
            context.draft.tool_calls.append(name)
            found = evidence(context) if evidence is not None else ""
            if found:
                context.draft.evidence.append(found)
            return told

        return function_tool(call, is_enabled=lambda run, _agent: when(run.context))

    return make


def _refusal(context: TurnContext, name: ToolName) -> str:
    """Why a tool is not due now, and which one is."""
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
