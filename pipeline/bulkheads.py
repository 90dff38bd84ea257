"""Separates providers: each has its own places for sends, and a breaker that stops them while it fails."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.breaker import CircuitBreaker
from domain.errors import Postponed

log = logging.getLogger(__name__)

_RETURNS_PER_SECOND = 20
"""Postponed messages that may come back in a second: they cost queries whether or not they are sent."""
_LONGEST_SPREAD = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class BulkheadSettings:
    """Limits of one provider in one replica."""

    places: int = 16
    """Sends and look-ups at a time."""
    patience: timedelta = timedelta(seconds=5)
    """How long a reply waits for a place; places that are all held for longer are not waited for."""
    failures: int = 5
    """Customers whose sends failed in a row, after which the provider is left alone for `pause`."""
    pause: timedelta = timedelta(seconds=6)


class Bulkhead:
    """The places and the breaker of one provider; for one event loop only.

    A provider that hangs fills its own places, and replies behind them are postponed, so they hold no
    place of another provider. A customer has one reply under way at a time and waiting replies are served
    in their order, so no customer takes the places from the others.
    """

    def __init__(
        self,
        name: str,
        settings: BulkheadSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._settings = settings
        self._places = asyncio.Semaphore(settings.places)
        self._breaker = CircuitBreaker(settings.failures, settings.pause, now)
        self._began: dict[UUID, float] = {}
        self._postponed: set[UUID] = set()
        """Since the last success; many come back over a longer time than few."""
        self._failed: set[UUID] = set()
        """Customers whose sends failed since the last success."""
        self._news: str | None = None
        self._has_news = False

    @asynccontextmanager
    async def place(self, message_id: UUID) -> AsyncIterator[None]:
        """Hold a place during the body. Raises Postponed if none is free in time."""
        if self._are_all_held_for_long():
            raise self._postpone(message_id, self._settings.patience, "all its places are held")
        try:
            async with asyncio.timeout(self._settings.patience.total_seconds()):
                await self._places.acquire()
        except TimeoutError:
            raise self._postpone(
                message_id, self._settings.patience, "no place became free"
            ) from None
        self._began[message_id] = time.monotonic()
        try:
            yield
        finally:
            del self._began[message_id]
            self._places.release()

    def begin_send(self, message_id: UUID) -> None:
        """Allow a send, or raise Postponed while the provider fails; one send per pause tries it."""
        if not self._breaker.allow():
            raise self._postpone(message_id, self._breaker.wait, "its sends fail")

    def succeed(self) -> None:
        """Note that the provider answered as it should, be it with a refusal."""
        if self._breaker.is_open:
            log.info("%s works again", self._name)
        self._breaker.succeed()
        self._news, self._has_news = None, True
        self._failed.clear()
        self._postponed.clear()

    def fail(self, customer_id: UUID, error: str = "") -> None:
        """Note a failed send; further failures of one customer may be that customer's and count once.

        `error` is for staff and holds no customer's data.
        """
        was_open = self._breaker.is_open
        if was_open or self._failed - {customer_id}:
            self._news, self._has_news = error, True
        if was_open or customer_id not in self._failed:
            self._failed.add(customer_id)
            self._breaker.fail()
        if self._breaker.is_open and not was_open:
            log.warning("%s fails: its replies wait, and one is tried at a time", self._name)

    def take_news(self) -> tuple[str | None] | None:
        """Return, once, the error of the newest send, or None within the tuple after a success.

        None without a send since. Failures for a single customer are no news of the provider; places that
        are all held are.
        """
        if self._are_all_held_for_long():
            return ("it does not answer",)
        if not self._has_news:
            return None
        self._has_news = False
        return (self._news,)

    def _are_all_held_for_long(self) -> bool:
        if not self._places.locked():
            return False
        since = time.monotonic() - self._settings.patience.total_seconds()
        return all(began < since for began in self._began.values())

    def _postpone(self, message_id: UUID, delay: timedelta, why: str) -> Postponed:
        self._postponed.add(message_id)
        spread = min(timedelta(seconds=len(self._postponed) / _RETURNS_PER_SECOND), _LONGEST_SPREAD)
        return Postponed(f"{self._name}: {why}", delay + spread * random.random())
