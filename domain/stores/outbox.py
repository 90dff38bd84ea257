"""Declares what the use cases read and write of the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.records import NewOutboxRow, OutboxRow


class Outbox(Protocol):
    """Rows that the relay publishes to Kafka after the commit that added them."""

    async def add(
        self, topic: str, key: UUID, value: Mapping[str, object], headers: Mapping[str, str]
    ) -> None:
        """Queue one record; rows with the same `key` are published in order."""
        ...

    async def add_many(self, rows: Sequence[NewOutboxRow]) -> None:
        """In their order, in one round trip."""
        ...

    async def unpublished(self, limit: int) -> list[OutboxRow]:
        """What may go out now, oldest first: no row that waits for its retry, none behind one of its key.

        A customer's rows are in commit order, since receiving locks the customer.
        """
        ...

    async def mark_published(self, ids: Sequence[int]) -> None:
        """Call after the broker's acknowledgement: rows are not published again."""
        ...

    async def retry_later(self, row_id: int, delay: timedelta, cause: str) -> None:
        """Count an attempt; the row and later ones of its key wait for `delay`."""
        ...

    async def put_aside(self, row_id: int, cause: str) -> None:
        """Count an attempt, the last one: no row waits for it."""
        ...

    async def purge(self, older_than: timedelta) -> int:
        """Delete rows that were published or put aside longer ago; return how many."""
        ...

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many rows wait, and since when the oldest does."""
        ...
