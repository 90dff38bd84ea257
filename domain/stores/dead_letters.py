"""Declares what the use cases read and write of dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.records import DeadLetter, DeadLetterState


class DeadLetters(Protocol):
    """Records that could not be processed, until staff replay or discard them."""

    async def add(
        self,
        *,
        topic: str,
        key: str | None,
        value: bytes,
        origin: str,
        message_id: UUID | None,
        cause: str,
        attempts: int,
    ) -> UUID | None:
        """The new dead letter's id, or that of one which was replayed and is open again.

        Idempotent by origin: None where it is kept already.
        """
        ...

    async def list(self, state: DeadLetterState | None, limit: int) -> Sequence[DeadLetter]:
        """Return the oldest first; `state` None means all."""
        ...

    async def get(self, dead_letter_id: UUID) -> DeadLetter:
        """Raises NotFound."""
        ...

    async def close(
        self, dead_letter_id: UUID, state: DeadLetterState, staff: str, why: str | None = None
    ) -> DeadLetter:
        """Make an open one replayed or discarded; `why` joins the cause.

        Raises NotFound, and Conflict where it was closed in the other way.
        """
        ...

    async def count_open(self) -> int:
        """Count those that staff neither replayed nor discarded."""
        ...
