"""Reads the texts that the system says itself, one Fluent file a language (domain/texts)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.resolver import Pattern
from fluent.syntax import ast

from domain.channels import Channel
from domain.languages import Language

COMPANY_PLACEHOLDERS = frozenset({"company", "product", "support_name"})
"""Known in every text."""
PLACEHOLDERS_BY_CHANNEL = {
    "greeting": COMPANY_PLACEHOLDERS | {"name"},
    "signature": COMPANY_PLACEHOLDERS | {"name", "ticket"},
    "opening": COMPANY_PLACEHOLDERS,
}
"""Of the texts that each channel has, such as `greeting.email`."""
_FOLDER = Path(__file__).parent / "texts"
_NAMES = (
    *COMPANY_PLACEHOLDERS, "name", "ticket", "count", "title", "url", "opens", "closes", "wait", "word", "options",
    "question",
    "phone", "hours", "address", "languages",
)  # fmt: skip


@cache
def shipped(language: str) -> Mapping[str, str]:
    """Return a language's texts by key, `{name}` standing for each placeholder; empty without a file.

    A Fluent attribute is a key with a dot: `handover.refund`. Raises ValueError for a file with a fault.
    """
    if language not in tuple(Language):
        return MappingProxyType({})
    resource = FluentResource((_FOLDER / f"{language}.ftl").read_text(encoding="utf-8"))
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(resource)
    texts = {}
    for key, pattern in _patterns(resource, bundle):
        text, errors = bundle.format_pattern(pattern, {name: f"{{{name}}}" for name in _NAMES})
        if errors:
            raise ValueError(f"{language}.ftl: {key}: {errors[0]}")
        texts[key] = str(text)
    return MappingProxyType(texts)


def placeholders() -> dict[str, frozenset[str]]:
    """Return every key that a profile may override, with the placeholders that its text may hold."""
    known = {
        key: COMPANY_PLACEHOLDERS.union(name for name in _NAMES if f"{{{name}}}" in text)
        for key, text in shipped(Language.ENGLISH).items()
    }
    return known | {
        f"{kind}.{channel}": names
        for kind, names in PLACEHOLDERS_BY_CHANNEL.items()
        for channel in Channel
    }


def _patterns(resource: ast.Resource, bundle: FluentBundle) -> Iterator[tuple[str, Pattern]]:
    for entry in resource.body:
        if isinstance(entry, ast.Junk):
            raise ValueError(f"this can't be read: {entry.content}")
        if isinstance(entry, ast.Message):
            message = bundle.get_message(entry.id.name)
            if message.value is not None:
                yield entry.id.name, message.value
            for name, pattern in message.attributes.items():
                yield f"{entry.id.name}.{name}", pattern
