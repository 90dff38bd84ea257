"""Refuses what models of one kind refuse, in their providers' words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from standins.model_protocol import Json, RequestRefused


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one kind refuse."""

    refused: Mapping[str, str] = field(default_factory=dict)
    """The server's words, by the parameter."""
    names_parameter: bool = True
    """Whether the error names the parameter apart from its words."""
    apis: frozenset[str] = frozenset({"chat", "responses"})
    status: int = 400

    def check(self, api: str, body: Mapping[str, object]) -> None:
        """Raise RequestRefused for a request that such a model refuses."""
        if api not in self.apis:
            other = "responses" if api == "chat" else "chat/completions"
            raise RequestRefused(
                f"This model is only supported in v1/{other} and not in this endpoint.",
                "model",
                status=404,
            )
        for parameter, words in self.refused.items():
            if body.get(parameter) is not None:
                named = parameter if self.names_parameter else None
                raise RequestRefused(words, named, status=self.status)


_NO_PARALLEL = "Unsupported parameter: 'parallel_tool_calls' is not supported with this model."

FAMILIES: Final[Mapping[str, Family]] = {
    "any": Family(),
    "reasoning": Family(
        {
            "temperature": "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default"
            " (1) value is supported.",
            "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
            " 'max_completion_tokens' instead.",
            "parallel_tool_calls": _NO_PARALLEL,
        }
    ),
    "no-temperature": Family(
        {"temperature": "temperature is not supported"}, names_parameter=False
    ),
    "old-limit": Family(
        {"max_completion_tokens": "Unrecognized request argument supplied: max_completion_tokens"},
        names_parameter=False,
    ),
    "no-parallel": Family(
        {"parallel_tool_calls": "body.parallel_tool_calls: Extra inputs are not permitted"},
        names_parameter=False,
        status=422,
    ),
    "responses-only": Family(
        {"temperature": "Unsupported parameter: 'temperature' is not supported with this model."},
        apis=frozenset({"responses"}),
    ),
    "chat-only": Family(apis=frozenset({"chat"})),
    "no-tools": Family(
        {"tools": "registry.ollama.ai/library/gemma:2b does not support tools"},
        names_parameter=False,
    ),
    "no-tool-parser": Family(
        {
            "tools": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        },
        names_parameter=False,
    ),
}


def family_names() -> list[Json]:
    """Return the families with what each refuses."""
    return [{"name": name, "refuses": dict(kind.refused)} for name, kind in FAMILIES.items()]
