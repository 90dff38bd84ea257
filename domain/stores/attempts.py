"""Declares what the use cases read and write of attempts at messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from domain.attempts import Begun
from domain.messages import MessageState
from domain.records import StoredMessage


class Attempts(Protocol):
    """`reader` is one process that reads a topic. Each method is idempotent but `fail`."""

    async def beat(self, reader: UUID, silent_after: timedelta) -> None:
        """The reader lives and its event loop runs.

        If it was silent for `silent_after`, it only stood still: strikes for its silence are taken back.
        """
        ...

    async def begin(
        self,
        message_ids: Sequence[UUID],
        state: MessageState,
        reader: UUID,
        *,
        silent_after: timedelta,
        alone: Collection[UUID],
        most_strikes: int,
    ) -> dict[UUID, Begun]:
        """Mark those that the reader may work on now; ids that are in another state are left out.

        A mark of another reader counts as a strike where that one sent no beat for `silent_after`.
        Suspects begin only if they are in `alone`.
        """
        ...

    async def fail(self, message_id: UUID, reader: UUID, delay: timedelta) -> None:
        """Count a failed attempt of this reader; the next one is due after `delay`."""
        ...

    async def postpone(self, message_id: UUID, reader: UUID, delay: timedelta) -> None:
        """Take the reader's mark off without counting an attempt; the next one is due after `delay`."""
        ...

    async def leave(self, message_id: UUID, reader: UUID) -> None:
        """Take the reader's mark off: the attempt ended without a result and without an error."""
        ...

    async def requeue_due(self, limit: int) -> list[StoredMessage]:
        """Messages whose next attempt is due, oldest first, each once: put them into the outbox."""
        ...
