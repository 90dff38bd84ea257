"""Reads the version that a change replaces from the header If-Match."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header

from domain.errors import Malformed

IfMatch = Annotated[str, Header(max_length=40, description="The version that this one replaces")]


def version_of(if_match: str, answered_by: str) -> int:
    """Return the version of an ETag. Raises Malformed, which names the call that answered it."""
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Malformed("no version", {"If-Match": f"the version that {answered_by} answered"})
    return int(text)
