"""Reads how many customers wait for a person whom nobody has taken, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.hours import open_time
from domain.stores import UnitOfWork


@dataclass(frozen=True, slots=True)
class WaitingForPerson:
    """Customers who wait; `open_for` is how long the first one has waited in opening hours."""

    number: int = 0
    oldest_at: datetime | None = None
    open_for: timedelta = timedelta(0)


async def read_waiting(uow: UnitOfWork, now: datetime) -> WaitingForPerson:
    """Read who waits now. Raises StoreUnavailable."""
    number, oldest_at = await uow.answer_clocks.unowned()
    if oldest_at is None:
        return WaitingForPerson()
    stored = await uow.company.current()
    return WaitingForPerson(number, oldest_at, open_time(stored.company.hours, oldest_at, now))
