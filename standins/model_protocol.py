"""Reads and writes OpenAI's chat completions: requests, answers whole or streamed, and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from fastapi.responses import JSONResponse
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, Field

Json = dict[str, Any]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
_CHARS_A_TOKEN = 4
_CHUNK_CHARS = 24
_ERROR_TYPES = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
}


class ToolCall(BaseModel):
    """A call that the model wants to be made; `arguments` as text is sent as it is, valid JSON or not."""

    name: str
    arguments: Json | str = {}

    @property
    def written_arguments(self) -> str:
        """The arguments as the protocol carries them."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


class Answer(BaseModel):
    """What the model says: a text, calls, or both."""

    text: str | None = None
    tool_calls: list[ToolCall] = []
    finish_reason: FinishReason | None = None
    """The usual one of the content by default."""


class Function(BaseModel):
    """A function that is offered to the model."""

    name: str
    description: str = ""
    parameters: Json = {}


class OfferedTool(BaseModel):
    """A tool that is offered to the model."""

    type: Literal["function"]
    function: Function


class StreamOptions(BaseModel):
    """Options of a streamed answer."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A request for a chat completion, the part of it that changes an answer."""

    model: str = Field(min_length=1)
    messages: list[Json] = Field(min_length=1)
    tools: list[OfferedTool] = []
    tool_choice: str | Json | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)

    @property
    def offered(self) -> dict[str, Function]:
        """The functions that may be called, by name."""
        if self.tool_choice == "none":
            return {}
        return {tool.function.name: tool.function for tool in self.tools}


@dataclass(frozen=True)
class PastCall:
    """A call that the model made earlier, and what the caller's tool answered."""

    name: str
    arguments: str
    result: str


class RequestRefused(Exception):
    """An error that is answered in OpenAI's form."""

    def __init__(self, message: str, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param, self.status = param, status


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text; of a content in parts, the text parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def past_calls(messages: Sequence[Mapping[str, Any]]) -> list[PastCall]:
    """The calls of a conversation in their order.

    Raises:
        RequestRefused: A call has no answer, or an answer has no call.
    """
    waiting: dict[str, tuple[str, str]] = {}
    calls: list[PastCall] = []
    for at, message in enumerate(messages):
        role = message.get("role")
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise RequestRefused(f"Invalid value: '{role}'.", f"messages[{at}].role")
        if role != "tool" and waiting:
            break
        if role == "assistant":
            for call in message.get("tool_calls") or []:
                function = call["function"]
                waiting[call["id"]] = (function["name"], function["arguments"])
        elif role == "tool":
            if message.get("tool_call_id") not in waiting:
                raise RequestRefused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding"
                    " message with 'tool_calls'.",
                    f"messages.[{at}].role",
                )
            name, arguments = waiting.pop(message["tool_call_id"])
            calls.append(PastCall(name, arguments, text_of(message)))
    if waiting:
        raise RequestRefused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
            " 'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(waiting),
            "messages",
        )
    return calls


def complete(request: ChatRequest, answer: Answer) -> ChatCompletion:
    """Return the completion; a text beyond the request's token limit is cut off."""
    text, finish = answer.text, answer.finish_reason
    limit = request.max_completion_tokens or request.max_tokens
    if text is not None and limit is not None and len(text) > limit * _CHARS_A_TOKEN:
        text, finish = text[: limit * _CHARS_A_TOKEN], finish or "length"
    calls = [
        {
            "id": f"call_{uuid4().hex[:24]}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.written_arguments},
        }
        for call in answer.tool_calls
    ]
    message: Json = {"role": "assistant", "content": text, "refusal": None}
    if calls:
        message["tool_calls"] = calls
    written = (text or "") + "".join(call.written_arguments for call in answer.tool_calls)
    prompt_tokens = _count_tokens(json.dumps(request.messages)) + sum(
        _count_tokens(tool.model_dump_json()) for tool in request.tools
    )
    usage = CompletionUsage(
        prompt_tokens=prompt_tokens,
        completion_tokens=_count_tokens(written),
        total_tokens=prompt_tokens + _count_tokens(written),
    )
    return ChatCompletion.model_validate(
        {
            "id": f"chatcmpl-{uuid4().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request.model,
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": finish or ("tool_calls" if calls else "stop"),
                }
            ],
            "usage": usage,
        }
    )


def stream(request: ChatRequest, completion: ChatCompletion) -> Iterator[str]:
    """Yield a completion as server-sent events, pieces of the text and of each call's arguments in order."""
    choice = completion.choices[0]
    deltas: list[Json] = [{"role": "assistant", "content": "" if choice.message.content else None}]
    deltas += [{"content": piece} for piece in _pieces(choice.message.content or "")]
    for index, call in enumerate(choice.message.tool_calls or []):
        if call.type != "function":
            continue
        begun = {"name": call.function.name, "arguments": ""}
        start = {"index": index, "id": call.id, "type": "function", "function": begun}
        deltas.append({"tool_calls": [start]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in _pieces(call.function.arguments)
        ]
    for delta in deltas:
        yield _event(completion, [{"index": 0, "delta": delta, "finish_reason": None}])
    end = {"index": 0, "delta": {}, "finish_reason": choice.finish_reason}
    yield _event(completion, [end])
    if request.stream_options is not None and request.stream_options.include_usage:
        yield _event(completion, [], completion.usage)
    yield "data: [DONE]\n\n"


def error_response(
    status: int,
    message: str,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
) -> JSONResponse:
    """Return an error in OpenAI's form."""
    usual = ("server_error", None) if status >= 500 else ("invalid_request_error", None)
    kind, usual_code = _ERROR_TYPES.get(status, usual)
    body = {"message": message, "type": kind, "param": param, "code": code or usual_code}
    return JSONResponse({"error": body}, status, dict(headers or {}))


def _event(
    completion: ChatCompletion, choices: Sequence[Json], usage: CompletionUsage | None = None
) -> str:
    chunk = ChatCompletionChunk.model_validate(
        {
            "id": completion.id,
            "object": "chat.completion.chunk",
            "created": completion.created,
            "model": completion.model,
            "choices": choices,
            "usage": usage,
        }
    )
    return f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _CHUNK_CHARS):
        yield text[start : start + _CHUNK_CHARS]


def _count_tokens(text: str) -> int:
    """An estimate, at least one for any text."""
    return -(-len(text) // _CHARS_A_TOKEN)
