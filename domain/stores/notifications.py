"""Declares what the use cases read and write of notifications to people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.notifications import Event, Notice, NoticeState, Planned, RouteHealth


class Notifications(Protocol):
    """Events that people are told of, one notification for each event, route and step."""

    async def add(self, event: Event, planned: Sequence[Planned]) -> None:
        """Add an event and its notifications; of what lasts only once, an interruption of minutes aside."""
        ...

    async def lasting(self, prefix: str) -> set[str]:
        """Return the keys of what goes on, of those that begin with `prefix`."""
        ...

    async def end_lasting(self, keys: Collection[str]) -> None:
        """Note that it is over: nothing more is sent about it."""
        ...

    async def acknowledge(self, conversation_id: UUID, by: str) -> None:
        """Note that somebody acts in the conversation: nothing more is sent that asks for it."""
        ...

    async def acknowledge_event(self, notification_id: UUID, by: str) -> None:
        """Note that somebody has seen what a notification tells; idempotent. Raises NotFound."""
        ...

    async def due(self, per_lane: int, without: Collection[UUID]) -> list[Notice]:
        """Return what is to be sent now, at most `per_lane` of each route and step."""
        ...

    async def begin(self, notification_id: UUID) -> bool:
        """Mark an attempt and count it; False if it may not be sent any more. Commit before sending."""
        ...

    async def orphans(self, without: Collection[UUID], limit: int) -> list[Notice]:
        """Return those that are marked as being sent; `without` are those that really are."""
        ...

    async def settle(
        self,
        notification_id: UUID,
        state: NoticeState,
        error: str | None = None,
        again_in: timedelta | None = None,
    ) -> None:
        """Store what became of an attempt; `again_in` is when the next one is due."""
        ...

    async def to_follow(self, limit: int) -> list[Notice]:
        """Lock and return those after which nobody has acted in time."""
        ...

    async def extend(self, event_id: UUID, planned: Sequence[Planned]) -> None:
        """Add further notifications of an event; one of a route and step that is there stays as it is."""
        ...

    async def repeat_at(self, notification_id: UUID, at: datetime | None) -> None:
        """Store when the next one follows; None once it is there, or where none does."""
        ...

    async def get(self, notification_id: UUID) -> Notice:
        """Raises NotFound."""
        ...

    async def replay(self, notification_id: UUID) -> bool:
        """Queue it again under its id; False if it is being sent now."""
        ...

    async def page(
        self, *, after: tuple[datetime, UUID] | None, only_open: bool, limit: int
    ) -> list[Notice]:
        """Return the newest first; `only_open` leaves out what needs nobody any more."""
        ...

    async def health(self) -> list[RouteHealth]:
        """Return the routes on which notifications wait after a failure."""
        ...

    async def waiting(self) -> tuple[int, datetime | None]:
        """Return how many are due and not sent, and since when the oldest is."""
        ...

    async def purge(self, older_than: timedelta) -> int:
        """Delete settled events of before; return how many."""
        ...
