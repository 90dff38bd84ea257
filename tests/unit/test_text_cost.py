"""Checks that no text holds a replica: time over customers' words grows with their length and no faster.

Patterns and functions are found by walking the packages: a new one is measured without a line here.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest

from agent.composing import compose
from agent.corrections import corrects, meant
from agent.cross_references import is_pointer, titles_pointed_to, without_pointers
from agent.guardrails import Guardrails
from agent.interpretation import interpret
from agent.lenient import read_tool_calls
from agent.output_checks import check_draft
from agent.picking import pick_out
from agent.settings import AgentSettings
from channels.email.mime import parse_mail
from channels.whatsapp.parse import parse_inbound
from domain.channels import Channel
from domain.errors import Malformed
from domain.languages import Language
from domain.messages import Role
from domain.questions import split_questions
from domain.turns import Draft
from domain.wording import render, split_at_sentences
from embeddings.chunking import chunk_article
from pipeline.learning.privacy import scrub
from tests.sample_profile import COMPANY
from tests.unit.agent_world import CHANNELS, passage, turn
from tests.unit.attack_strings import ENDS, FAMILIES, attacks_on, find_excess, repeated

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "agent", "channels", "domain", "pipeline", "embeddings", "sentiment", "messaging", "deployments", "mcp_server",
)  # fmt: skip
COMPILES_ITS_PATTERN = {
    "search",
    "match",
    "fullmatch",
    "split",
    "findall",
    "finditer",
    "sub",
    "subn",
}
OF_ONE_CHARACTER = {"_is_visible"}
OUR_OWN_TEXT = {"deployments.api.web"}
"""Pages that the project ships."""
MAKES_PATTERNS = {
    "_any",
    "_compile",
    "_label",
    "_expression",
    "_phrases",
    "any_phrase",
    "read_danger_phrases",
}
"""Called at the top of their modules."""
MADE_WHERE_NEEDED = {
    "agent/topic_stems.py": "one for each company, kept",
    "domain/desk.py": "one for each colleague whom a note may name",
    "domain/wording.py": "one for each source line of a company, kept",
    "pipeline/learning/privacy.py": "one for each name of the customer",
}


def modules() -> Iterator[ModuleType]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            yield importlib.import_module(found.name)


def patterns_in(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """Also those that stand in tables and records."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4:
        inner: Any = ()
        if isinstance(value, dict):
            inner = value.values()
        elif isinstance(value, list | tuple | set | frozenset):
            inner = value
        elif is_dataclass(value) and not isinstance(value, type):
            inner = [getattr(value, field.name) for field in fields(value)]
        for item in inner:
            yield from patterns_in(item, depth + 1)


MODULES = tuple(modules())
PATTERNS: dict[str, list[tuple[str, re.Pattern[Any]]]] = {}
for module in MODULES:
    for name, value in vars(module).items():
        PATTERNS.setdefault(module.__name__, []).extend(
            (name, regex) for regex in patterns_in(value)
        )
PATTERNS = {name: found for name, found in PATTERNS.items() if found and name not in OUR_OWN_TEXT}


def is_of_text(function: object) -> bool:
    """Whether a text is all that it needs."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        return False
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    is_one_text = [(parameter.kind, parameter.annotation) for parameter in needed] == [
        (inspect.Parameter.POSITIONAL_OR_KEYWORD, "str")
    ]
    return is_one_text and not str(function.__annotations__.get("return")).startswith("re.Pattern")


FUNCTIONS: dict[str, Callable[[str], object]] = {
    f"{module.__name__}.{name}": function
    for module in MODULES
    if module.__name__.split(".")[0] not in ("deployments", "messaging", "mcp_server")
    for name, function in vars(module).items()
    if is_of_text(function)
    and function.__module__ == module.__name__
    and name not in OF_ONE_CHARACTER
}
SETTINGS = AgentSettings()
GUARDRAILS = Guardrails.load()
ENGLISH = Language.ENGLISH
CHAT = CHANNELS[Channel.WHATSAPP]
VECTOR = np.zeros(384, dtype=np.float32)


def mail(header: str) -> Callable[[str], object]:
    return lambda text: parse_mail(f"From: a@b.c\n{header}: {text}\n\nx".encode())


def body(content_type: str) -> Callable[[str], object]:
    head = f"From: a@b.c\nContent-Type: {content_type}\n\n"
    return lambda text: parse_mail((head + text).encode("utf-8", "replace"))


def webhook(text: str) -> object:
    fields = {
        "MessageSid": "SM1",
        "From": "whatsapp:+4915112345678",
        "Body": text,
        "ProfileName": text,
    }
    return parse_inbound(urlencode(fields).encode(), datetime.now(UTC))


FUNCTIONS |= {
    "mail From": lambda text: parse_mail(f"From: {text} a@b.example\n\nx".encode()),
    **{f"mail {name}": mail(name) for name in (
        "Subject", "To", "References", "Date", "Content-Type", "Content-Disposition", "Authentication-Results",
    )},
    "mail text": body("text/plain"),
    "mail HTML": body("text/html"),
    "mail parts": body("multipart/mixed; boundary=b"),
    "WhatsApp webhook": webhook,
    "interpreting a turn": lambda text: interpret(turn(text)),
    "interpreting a turn's history": lambda text: interpret(
        turn("And now?", before=((Role.CUSTOMER, text), (Role.AGENT, text)))
    ),
    "composing an answer": lambda text: compose(
        text, [passage("Export", text)], CHAT, ENGLISH, COMPANY
    ),
    "picking out a sentence": lambda text: pick_out(
        text, text, [passage("Export", text)], ENGLISH, COMPANY
    ),
    "splitting questions": lambda text: split_questions(text, ENGLISH),
    "reading a correction": lambda text: (corrects(text), meant(text, text, ENGLISH, COMPANY)),
    "reading pointers": lambda text: (without_pointers(text), is_pointer(text), titles_pointed_to(text)),
    "checking a draft": lambda text: check_draft(turn(text), Draft(reply=text), SETTINGS),
    "guardrails": lambda text: GUARDRAILS.check(text, VECTOR),
    "reading tool calls": lambda text: read_tool_calls(text, {"send_response"}),
    "rendering a reply": lambda text: render(text, CHAT, text, "TKT-0123456789", COMPANY, ENGLISH),
    "splitting a reply": lambda text: split_at_sentences(text, 1600),
    "cutting an article": lambda text: chunk_article("Title", text),
    "scrubbing": lambda text: scrub(text, ["Ann Lee"]),
}  # fmt: skip


@pytest.mark.parametrize("module", sorted(PATTERNS))
@pytest.mark.timeout(300)
def test_the_time_of_every_pattern_grows_with_the_text_and_no_faster(module: str) -> None:
    for name, pattern in PATTERNS[module]:
        encode = isinstance(pattern.pattern, bytes)

        def scan(text: str, pattern: re.Pattern[Any] = pattern, encode: bool = encode) -> None:
            for _ in pattern.finditer(text.encode("utf-8", "replace") if encode else text):
                pass

        for start, unit in attacks_on(pattern):
            for end in ENDS:
                excess = find_excess(scan, repeated(start, unit, end))
                assert excess is None, f"{name} over {start!r} and {unit!r} repeated: {excess}"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.timeout(300)
def test_the_time_of_every_function_over_text_grows_with_the_text_and_no_faster(name: str) -> None:
    def call(text: str) -> None:
        with suppress(Malformed, ValueError, LookupError, OSError):
            FUNCTIONS[name](text)

    for family, unit in FAMILIES.items():
        excess = find_excess(call, repeated("How do I export?", unit, "x"))
        assert excess is None, f"{family}: {excess}"


def test_a_pattern_is_compiled_where_the_walk_finds_it() -> None:
    hidden = [
        f"{path}:{call.lineno}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in MADE_WHERE_NEEDED
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and getattr(function, "name", "") not in MAKES_PATTERNS
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "re"
        and call.func.attr in COMPILES_ITS_PATTERN | {"compile"}
    ]
    assert hidden == [], "compile it at the module's top"


@pytest.mark.parametrize("pattern", [r"^\s*x", r"[\w.]+@", r"<[^>]*>", r"(\w)\1+\b", r"\s+$"])
def test_the_measure_finds_a_quadratic_pattern(pattern: str) -> None:
    compiled = re.compile(pattern, re.MULTILINE)
    assert any(
        find_excess(
            lambda text: sum(1 for _ in compiled.finditer(text)),
            repeated(start, unit, end),
            (300, 4_000),
        )
        for start, unit in attacks_on(compiled)
        for end in ENDS
    )
