"""Defines the bodies of macros."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, StringConstraints

from deployments.api.bodies import MessageText

MacroTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewMacro(BaseModel):
    """A text with placeholders: {name}, {ticket}, {subject}, {agent} and {company}."""

    title: MacroTitle
    content: MessageText


class MacroView(BaseModel):
    """A macro; `filled` is its text for the conversation that was asked for."""

    id: UUID
    title: str
    content: str
    created_by: str
    updated_at: datetime
    filled: str | None = None


class MacroList(BaseModel):
    """All macros by title, and what may stand in braces in them."""

    macros: list[MacroView]
    placeholders: dict[str, str]
