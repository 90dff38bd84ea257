"""Makes the calls that every turn begins with, so that a plain question costs one call of the model."""

from __future__ import annotations

import json
from typing import cast

from agents import FunctionTool, TResponseInputItem
from agents.tool_context import ToolContext

from agent.context import TurnContext
from agent.grounded import GroundedModel
from agent.models import function_call
from agent.tool_names import ToolName
from agent.tool_texts import message_text
from agent.tools import TOOLS

_ALWAYS_MADE = (ToolName.CREATE_TICKET, ToolName.GET_CUSTOMER_HISTORY)


async def open_turn(context: TurnContext) -> list[TResponseInputItem]:
    """Open the ticket, read the history and search once, and return the model's input with these calls made.

    The calls are those of the grounded answerer, which resolves what a follow-up refers to. A greeting or a
    vague message is not searched for. Without a knowledge base the turn is decided afterwards.
    """
    items: list[TResponseInputItem] = [{"role": "user", "content": message_text(context)}]
    tools = {tool.name: tool for tool in TOOLS}
    first = GroundedModel(context)
    while not context.is_decided:
        name, arguments = first.next_call()
        is_first_search = name == ToolName.SEARCH_KNOWLEDGE_BASE and not context.draft.searches
        if name not in _ALWAYS_MADE and not is_first_search:
            break
        items.extend(await _make(tools[name], arguments, context))
    return items


async def _make(
    tool: FunctionTool, arguments: dict[str, object], context: TurnContext
) -> list[TResponseInputItem]:
    call = function_call(tool.name, json.dumps(arguments, ensure_ascii=False))
    run = ToolContext(
        context=context,
        tool_name=call.name,
        tool_call_id=call.call_id,
        tool_arguments=call.arguments,
    )
    result = await tool.on_invoke_tool(run, call.arguments)
    output = {"type": "function_call_output", "call_id": call.call_id, "output": str(result)}
    return [
        cast(TResponseInputItem, call.model_dump(exclude_unset=True)),
        cast(TResponseInputItem, output),
    ]
