"""Packs the place in a list into a text that the caller hands back for the next page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar

from domain.errors import Malformed

Place = TypeVar("Place")
_MOST_CHARS = 300
"""Too few to nest brackets deeper than the parser can go."""


def pack(*parts: object) -> str:
    """Return the parts, which JSON can write, as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode("ascii")


def unpack(cursor: str, read: Callable[..., Place]) -> Place:
    """Return what `read` makes of the parts.

    Raises:
        Malformed: The cursor is none of ours.
    """
    try:
        if len(cursor) > _MOST_CHARS:
            raise ValueError("too long")
        parts: Any = json.loads(base64.urlsafe_b64decode(cursor))
        return read(*parts)
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise Malformed("not a cursor of ours", {"cursor": "is not one that we gave"}) from error
