"""Replaces characters that PostgreSQL can't store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
@overload
def storable(text: str | None) -> str | None: ...


def storable(text: str | None) -> str | None:
    """Replace NUL and lone surrogates by U+FFFD.

    PostgreSQL refuses both, and a single byte must not make us refuse a message.
    """
    if text is None:
        return None
    return (
        text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def storable_json(value: object) -> object:
    """Make every text in a JSON value storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    return value
