"""Checks and fills the placeholders of macros, the texts that staff write once and use often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.errors import Malformed

PLACEHOLDERS: Mapping[str, str] = {
    "name": "the customer's name",
    "ticket": "the ticket's number",
    "subject": "the conversation's subject",
    "agent": "the name of whoever sends it",
    "company": "the company's name",
}
"""What a macro may name in braces, and what is put in its place."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_WITH_BLANK = re.compile(r"[ \t]?\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Macro:
    """A text with placeholders."""

    id: UUID
    title: str
    content: str
    created_by: str
    updated_at: datetime


def check_placeholders(content: str) -> None:
    """Raise Malformed, with the field `content`, for a placeholder that does not exist."""
    unknown = [name for name in _PLACEHOLDER.findall(content) if name not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        why = f"names {{{unknown[0]}}}, which is no placeholder; there are {known}"
        raise Malformed("an unknown placeholder", {"content": why})


def fill(content: str, values: Mapping[str, str]) -> str:
    """Put values in the place of placeholders, in one pass; an empty value takes the blank before it along."""

    def value(match: re.Match[str]) -> str:
        known = values.get(match[1])
        if known is None:
            return match[0]
        return match[0].replace(f"{{{match[1]}}}", known) if known else ""

    return _WITH_BLANK.sub(value, content)
