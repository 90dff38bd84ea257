"""Shapes requests to what a model's server takes: by a table of families, then by what the server refuses."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from openai import APIStatusError

log = logging.getLogger(__name__)

Api = Literal["chat", "responses"]
LimitName = Literal["max_tokens", "max_completion_tokens"]

REASONING_TOKENS: Final = 4_000
"""Room for a reasoning model's hidden tokens, which count as output, beside the answer's own."""


_ANY: Final = re.compile("")


@dataclass(frozen=True, slots=True)
class Family:
    """What servers of one kind take."""

    name: str
    host: re.Pattern[str] = _ANY
    model: re.Pattern[str] = _ANY
    api: Api = "chat"
    limit_name: LimitName = "max_tokens"
    never_sent: frozenset[str] = frozenset()
    reasons: bool = False
    """Whether it thinks in hidden tokens before it answers."""

    def matches(self, host: str, model: str) -> bool:
        """Return whether a server at `host` that serves `model` is one of these."""
        return bool(self.host.search(host) and self.model.search(model))


_OPENAI: Final = re.compile(r"^api\.openai\.com$|\.azure\.com$")
_RESPONDING: Final = re.compile(r"^(?:o\d|gpt-5).*-pro|codex|deep-research")
_REASONING: Final = re.compile(r"^(?:o\d|gpt-5(?!.*chat))")
_GEMINI: Final = re.compile(r"^generativelanguage\.googleapis\.com$")
_OLLAMA: Final = re.compile(r":11434$")
_SAMPLING: Final = frozenset({"temperature", "top_p", "parallel_tool_calls"})

FAMILIES: Final = (
    # Sources: the providers' API references. The first match holds.
    Family(
        "OpenAI, Responses only",
        _OPENAI,
        _RESPONDING,
        api="responses",
        never_sent=_SAMPLING,
        reasons=True,
    ),
    Family(
        "OpenAI, reasoning",
        _OPENAI,
        _REASONING,
        limit_name="max_completion_tokens",
        never_sent=_SAMPLING,
        reasons=True,
    ),
    Family("OpenAI", _OPENAI, limit_name="max_completion_tokens"),
    Family(
        "Gemini",
        _GEMINI,
        never_sent=frozenset({"parallel_tool_calls"}),
    ),
    Family("Ollama", _OLLAMA, never_sent=frozenset({"parallel_tool_calls", "tool_choice"})),
    Family("any other server"),
)

_PARAMETER: Final = re.compile(r"(?<![\w-])[a-z]+(?:_[a-z]+)*(?![\w-])")
_OPTIONAL: Final = (
    "parallel_tool_calls",
    "reasoning_effort",
    "temperature",
    "tool_choice",
    "top_p",
    "store",
    "prompt_cache_key",
)
_OTHER: Final[Mapping[LimitName, LimitName]] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
_NO_TOOLS: Final = re.compile(
    r"(?:not|n't) (?:\w+ )?support(?:ed|s)? (?:\w+ )?(?:tools?|functions?)\b"
    r"|\b(?:tools?|function[ -]?call(?:s|ing)?)\b.{0,60}\b(?:not|un)[ -]?(?:\w+ )?(?:support|available|enabled|allow)"
    r"|enable-auto-tool-choice",
    re.IGNORECASE,
)
_RESPONSES_ONLY: Final = re.compile(r"v1/responses\b|\bresponses api\b", re.IGNORECASE)


@dataclass(slots=True)
class Dialect:
    """What one server takes. It learns from refusals, which a process then does not meet again."""

    family: Family
    api: Api = "chat"
    limit_name: LimitName = "max_tokens"
    never_sent: set[str] = field(default_factory=set)
    takes_tools: bool = True
    _has_switched: bool = False

    @classmethod
    def of(cls, address: ServerAddress, model: str) -> Dialect:
        """Return what the family's table says."""
        name = model.lower().rpartition("/")[2]
        family = next(family for family in FAMILIES if family.matches(address.host, name))
        return cls(family, family.api, family.limit_name, set(family.never_sent))

    def shape(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the chat completion's arguments as the server takes them."""
        shaped = {key: value for key, value in request.items() if key not in self.never_sent}
        for name in _OTHER:
            limit = shaped.pop(name, None)
            if limit and self.limit_name not in self.never_sent:
                shaped[self.limit_name] = self.token_room(limit)
        if not self.takes_tools and shaped.get("tools"):
            return without_tools(shaped)
        return shaped

    def token_room(self, limit: int) -> int:
        """Return the limit of output tokens to ask for, so that the answer has `limit` of them."""
        return limit + REASONING_TOKENS if self.family.reasons else limit

    def learn(self, error: APIStatusError) -> bool:
        """Take over what a refusal says; False if it says nothing new, so a repeat is of no use."""
        if error.status_code not in (400, 404, 405, 422, 501):
            return False
        said = words_of(error)
        learned = self._learn(error.status_code, said, _named_parameter(error))
        if learned:
            log.info("the model's server refuses something, which is not sent again: %s", learned)
        return bool(learned)

    def _learn(self, status: int, said: str, named: str) -> str:
        if self.api == "chat" and _RESPONSES_ONLY.search(said):
            self.api = "responses"
            return "chat completions"
        if status in (404, 405):
            return ""
        if self.limit_name not in self.never_sent and _mentions(said, named, self.limit_name):
            refused = self.limit_name
            if self._has_switched:
                self.never_sent.update(_OTHER)
            self.limit_name, self._has_switched = _OTHER[refused], True
            return refused
        for name in _OPTIONAL:
            if name not in self.never_sent and _mentions(said, named, name):
                self.never_sent.add(name)
                return name
        if self.takes_tools and (named == "tools" or _NO_TOOLS.search(said)):
            self.takes_tools = False
            return "tools"
        return ""


def _mentions(said: str, named: str, parameter: str) -> bool:
    if named:
        return named == parameter
    return parameter in _PARAMETER.findall(said)


def _named_parameter(error: APIStatusError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    named = body.get("param")
    return named if isinstance(named, str) else ""


def words_of(error: APIStatusError) -> str:
    """Return what the server said about its refusal, on one line of at most 300 characters."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error")
        source = inner if isinstance(inner, dict) else body
        said = next(
            (
                source[key]
                for key in ("message", "detail", "error", "msg")
                if isinstance(source.get(key), str) and source[key].strip()
            ),
            "",
        )
        said = said or json.dumps(body, ensure_ascii=False)
    else:
        said = str(body or error.message or "")
    return " ".join(said.split())[:300]


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a model's server is, and how Azure wants its key and its version."""

    url: str | None
    host: str
    query: Mapping[str, str]
    is_azure: bool

    @classmethod
    def of(cls, base_url: str | None) -> ServerAddress:
        """Take an address apart. Azure's may be the resource's own, a deployment's, or with `api-version`."""
        if not base_url:
            return cls(None, "api.openai.com", {}, is_azure=False)
        parts = urlsplit(base_url)
        query = dict(parse_qsl(parts.query))
        is_azure = (parts.hostname or "").endswith(".azure.com") or "api-version" in query
        path = parts.path.rstrip("/")
        for ending in ("/chat/completions", "/responses"):
            path = path.removesuffix(ending)
        if is_azure and not path:
            path = "/openai/v1"
        url = urlunsplit((parts.scheme, parts.netloc, path or "/", "", ""))
        port = f":{parts.port}" if parts.port and not is_azure else ""
        return cls(url, f"{parts.hostname or ''}{port}", query, is_azure)


_TOOLS_AS_TEXT: Final = """
You have these tools. Call one by answering with a single JSON object and nothing else:
{"name": "the tool", "arguments": {"an argument": "its value"}}
"""


def without_tools(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request whose tools, calls and results are written as text, for a server that takes no tools."""
    shaped = {
        key: value
        for key, value in request.items()
        if key not in ("tools", "tool_choice", "parallel_tool_calls")
    }
    described = "\n".join(
        json.dumps(tool["function"], ensure_ascii=False) for tool in request["tools"]
    )
    messages: list[dict[str, Any]] = []
    for message in request["messages"]:
        role, content = message.get("role"), message.get("content") or ""
        if role in ("system", "developer"):
            messages.append(
                {"role": "system", "content": f"{content}\n{_TOOLS_AS_TEXT}{described}"}
            )
        elif role == "tool":
            messages.append({"role": "user", "content": f"The tool's result:\n{content}"})
        elif role == "assistant" and message.get("tool_calls"):
            calls = [
                {
                    "name": call["function"]["name"],
                    "arguments": _parsed(call["function"]["arguments"]),
                }
                for call in message["tool_calls"]
            ]
            written = "\n".join(json.dumps(call, ensure_ascii=False) for call in calls)
            messages.append({"role": "assistant", "content": written})
        else:
            messages.append(dict(message))
    shaped["messages"] = messages
    return shaped


def _parsed(arguments: str) -> object:
    try:
        parsed: object = json.loads(arguments)
    except ValueError:
        return arguments
    return parsed
