"""Defines the bodies of the dead letters."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from deployments.api.bodies import NoteText
from domain.records import DeadLetterState


class DiscardReason(BaseModel):
    """Why a dead letter is discarded."""

    reason: NoteText


class DeadLetterView(BaseModel):
    """A record that could not be processed, with its raw value."""

    id: UUID
    topic: str
    cause: str
    attempts: int
    payload: str
    created_at: datetime
    state: DeadLetterState


class DeadLetters(BaseModel):
    """Dead letters, the oldest first."""

    dead_letters: list[DeadLetterView]
