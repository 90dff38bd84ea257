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


class OtherCustomer(BaseModel):
    """The customer who is the same person."""

    customer_id: UUID


class Merged(BaseModel):
    """The merge, for its undo."""

    merge_id: UUID
    customer_id: UUID
    """The customer who has everything now."""


class Linked(BaseModel):
    """The customer who has the identifier now, after a merge if there was one."""

    customer_id: UUID
