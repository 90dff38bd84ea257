"""Declares what the use cases read and write of drafts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.drafts import DraftCursor, DraftFigures, NewDraft, StoredDraft, WaitingDraft


class Drafts(Protocol):
    """Replies that wait for a person, at most one in a conversation."""

    async def add(self, draft: NewDraft) -> UUID:
        """Store a draft; its turn has ended the one before. The caller has locked the conversation."""
        ...

    async def newest(self, conversation_id: UUID) -> StoredDraft | None:
        """The conversation's newest draft, whatever became of it."""
        ...

    async def of_turn(self, turn_id: UUID) -> StoredDraft | None:
        """The draft that a turn ended with, if it did."""
        ...

    async def approved(self, draft_id: UUID, staff: str, message_id: UUID, distance: float) -> None:
        """Keep who sent it, as which message, and how much was changed."""
        ...

    async def discarded(self, draft_id: UUID, staff: str) -> None:
        """Keep who discarded it."""
        ...

    async def waiting(
        self,
        *,
        channel: Channel | None = None,
        topic: str | None = None,
        after: DraftCursor | None = None,
        limit: int,
    ) -> list[WaitingDraft]:
        """The drafts that may be sent, oldest first."""
        ...

    async def count_waiting(self) -> int:
        """How many may be sent."""
        ...

    async def without_source(self, limit: int) -> Sequence[UUID]:
        """Conversations whose draft rests on an article that was changed or withdrawn."""
        ...

    async def overdue(self, age: timedelta, limit: int) -> Sequence[UUID]:
        """Conversations that wait for us with a draft of at least this age, sendable or not."""
        ...

    async def figures(self, since: datetime) -> list[DraftFigures]:
        """What became of the drafts made since then, by channel and topic."""
        ...
