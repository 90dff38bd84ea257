"""Defines the bodies of linking a customer's identifiers."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from deployments.api.bodies import NoteText


class LinkedIdentifier(BaseModel):
    """An identifier that staff have verified."""

    kind: Literal["email", "phone"]
    value: NoteText


class Linked(BaseModel):
    """The customer who has the identifier now, after a merge if there was one."""

    customer_id: UUID
