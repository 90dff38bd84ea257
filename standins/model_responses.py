"""Reads and writes OpenAI's Responses: the same answers as chat completions in the other form."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import BaseModel, Field

from standins.model_protocol import ChatRequest, Json


class ResponsesRequest(BaseModel):
    """A request for a response, the part of it that changes an answer."""

    model: str = Field(min_length=1)
    input: str | list[Json]
    instructions: str | None = None
    tools: list[Json] = []
    tool_choice: str | Json | None = None
    max_output_tokens: int | None = Field(default=None, ge=16)

    def as_chat(self) -> ChatRequest:
        """Return the chat completion's request that asks for the same."""
        messages: list[Json] = []
        if self.instructions:
            messages.append({"role": "system", "content": self.instructions})
        items = (
            [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input
        )
        messages.extend(message for item in items if (message := _message(item)) is not None)
        tools = [
            {"type": "function", "function": {key: tool[key] for key in _TOOL_KEYS if key in tool}}
            for tool in self.tools
            if tool.get("type") == "function"
        ]
        asked: Json = {
            "model": self.model,
            "messages": messages,
            "tools": tools,
            "max_completion_tokens": self.max_output_tokens,
        }
        if isinstance(self.tool_choice, str):
            asked["tool_choice"] = self.tool_choice
        return ChatRequest.model_validate(asked)


_TOOL_KEYS = ("name", "description", "parameters")


def _message(item: Json) -> Json | None:
    match item.get("type", "message"):
        case "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            return {"role": "assistant", "content": None, "tool_calls": [call]}
        case "function_call_output":
            return {"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]}
        case "message":
            content = item.get("content")
            if isinstance(content, list):
                content = "\n".join(str(part.get("text", "")) for part in content)
            return {"role": item["role"], "content": content}
        case _:
            return None


def as_response(completion: ChatCompletion) -> Response:
    """Return a completion as a response."""
    choice, usage = completion.choices[0], completion.usage
    output: list[dict[str, Any]] = []
    if choice.message.content:
        text = {"type": "output_text", "text": choice.message.content, "annotations": []}
        output.append(
            {
                "id": f"msg_{uuid4().hex}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [text],
            }
        )
    for call in choice.message.tool_calls or []:
        if call.type == "function":
            output.append(
                {
                    "id": f"fc_{uuid4().hex}",
                    "type": "function_call",
                    "call_id": call.id,
                    "name": call.function.name,
                    "arguments": call.function.arguments,
                    "status": "completed",
                }
            )
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(
        choice.finish_reason
    )
    prompt = usage.prompt_tokens if usage is not None else 0
    written = usage.completion_tokens if usage is not None else 0
    return Response.model_validate(
        {
            "id": f"resp_{uuid4().hex}",
            "object": "response",
            "created_at": time.time(),
            "model": completion.model,
            "status": "incomplete" if reason else "completed",
            "incomplete_details": {"reason": reason} if reason else None,
            "output": output,
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": prompt,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": written,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": prompt + written,
            },
        }
    )
