"""Declares what the use cases read and write of the time in which people have to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.response_times import AnswerClock, Told


class AnswerClocks(Protocol):
    """The running clock of each conversation that waits for a person, and how long earlier ones took."""

    async def start(self, conversation_id: UUID, clock: AnswerClock) -> None:
        """Start or replace a clock; what was told stays told while its end is not later."""
        ...

    async def stop(self, conversation_id: UUID) -> None:
        """Forget the clock. Idempotent."""
        ...

    async def get(self, conversation_id: UUID) -> AnswerClock | None:
        """Return the running clock."""
        ...

    async def of(self, conversation_ids: Sequence[UUID]) -> Mapping[UUID, AnswerClock]:
        """Return the running clocks of several conversations."""
        ...

    async def has_answered(self, conversation_id: UUID) -> bool:
        """Whether a person has answered in it since it was last resolved."""
        ...

    async def due(self, limit: int) -> list[UUID]:
        """Return conversations whose clock has passed its warning or its end untold, the oldest first."""
        ...

    async def note_told(self, conversation_id: UUID, told: Told) -> None:
        """Keep what was told of the running clock."""
        ...

    async def outdated(self, profile_version: int, limit: int) -> list[UUID]:
        """Return conversations that wait for a person without a clock by this version of the profile."""
        ...

    async def add_wait(self, conversation_id: UUID, channel: Channel, waited: timedelta) -> None:
        """Keep how long a customer waited for a person's answer, in opening hours."""
        ...

    async def waits(self, since: datetime, limit: int) -> list[timedelta]:
        """Return how long the customers waited who were answered since then, the newest first."""
        ...

    async def waiting_since(self, limit: int) -> list[datetime]:
        """Return since when the customers wait whom no person has answered yet, the oldest first."""
        ...

    async def unowned(self) -> tuple[int, datetime | None]:
        """Return how many customers wait for a person whom nobody has taken, and since when the first does."""
        ...

    async def purge(self, older_than: timedelta) -> int:
        """Delete waits of before; return how many."""
        ...
