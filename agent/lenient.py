"""Reads tool calls that a weak model wrote as text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Final

_FENCE: Final = re.compile(r"```(?:json|tool_call|tool_code|python)?(.*?)```", re.DOTALL)
_TAG: Final = re.compile(
    r"<(?:tool_call|function_call|function|tool)(?:[=\s]+(?:name=)?[\"']?(?P<name>\w+)[\"']?)?\s*>(?P<body>.*?)"
    r"(?:</(?:tool_call|function_call|function|tool)>|$)",
    re.DOTALL,
)
_MARKED: Final = re.compile(r"\[TOOL_CALLS\]\s*(.*)", re.DOTALL)
_NAME_KEYS: Final = (
    "name",
    "tool",
    "tool_name",
    "function",
    "function_name",
    "action",
    "recipient_name",
)
_ARGUMENT_KEYS: Final = (
    "arguments",
    "parameters",
    "args",
    "input",
    "action_input",
    "tool_input",
    "params",
)
MAX_TEXT_CHARS: Final = 20_000
MAX_STARTS: Final = 200
"""Places in one text where JSON is tried, since each bracket costs time."""


def read_tool_calls(text: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Return (tool, arguments as JSON) of each call in a text, in order.

    Only tools in `names` count; prose that mentions one is no call.
    """
    text = text[:MAX_TEXT_CHARS]
    calls: list[tuple[str, str]] = []
    for name, piece in _pieces(text):
        for value in _json_values(piece):
            calls.extend(_calls_in(value, names, name))
    if not calls:
        calls.extend(_written_calls(text, names))
    return list(dict.fromkeys(calls))


def _pieces(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield a text's marked parts, or the whole, each with the tool that its mark names."""
    tagged = [(match["name"], match["body"]) for match in _TAG.finditer(text)]
    if tagged:
        yield from tagged
        return
    marked = _MARKED.search(text)
    if marked:
        yield None, marked.group(1)
        return
    fenced: list[str] = _FENCE.findall(text)
    if fenced:
        for piece in fenced:
            yield None, piece
        return
    yield None, text


def _json_values(text: str) -> Iterator[object]:
    """Yield the outermost JSON objects and arrays of a text."""
    decoder = json.JSONDecoder()
    at = 0
    for _ in range(MAX_STARTS):
        starts = [place for place in (text.find("{", at), text.find("[", at)) if place >= 0]
        if not starts:
            return
        start = min(starts)
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            at = start + 1
            continue
        yield value


def _calls_in(
    value: object, names: Collection[str], named: str | None
) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for item in value:
            yield from _calls_in(item, names, None)
        return
    if not isinstance(value, dict):
        return
    if isinstance(value.get("tool_calls"), list):
        yield from _calls_in(value["tool_calls"], names, None)
        return
    function = value.get("function")
    if isinstance(function, dict):
        yield from _calls_in(function, names, None)
        return
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
    if name is not None and name.removeprefix("functions.") in names:
        found: object = next((value[key] for key in _ARGUMENT_KEYS if key in value), {})
        yield name.removeprefix("functions."), _arguments(found)
    elif named in names:
        yield str(named), _arguments(value)
    elif len(value) == 1:
        only, found = next(iter(value.items()))
        if only in names:
            yield only, _arguments(found)


def _arguments(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


_WRITTEN: Final = re.compile(r"(?:^|[\s`.])(?P<name>[a-z_]{4,40})\s*\(")


def _written_calls(text: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield calls written as code: `search_knowledge_base(query="...")` or with one JSON object."""
    for match in _WRITTEN.finditer(text):
        name = match["name"]
        if name not in names:
            continue
        rest = text[match.end() :].lstrip()
        if rest.startswith("{"):
            value = next(_json_values(rest), None)
            if isinstance(value, dict):
                yield name, _arguments(value)
        else:
            yield name, json.dumps(_keywords(rest), ensure_ascii=False)


_KEYWORD: Final = re.compile(
    r"(?P<key>[a-z_]{1,40})\s*=\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\[[^\[\]]*\]|[\w.-]+)"
    r"\s*(?:,\s*)?"
)


def _keywords(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    at = 0
    while (match := _KEYWORD.match(text, at)) is not None:
        found[match["key"]] = _literal(match["value"])
        at = match.end()
    return found


def _literal(text: str) -> object:
    if text[0] == "'":
        return text[1:-1].replace("\\'", "'")
    try:
        value: object = json.loads(text.replace("'", '"') if text[0] == "[" else text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text)
    return value
