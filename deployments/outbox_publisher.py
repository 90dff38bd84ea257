"""Publishes outbox rows to Kafka in rounds; a failed round is retried."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import timedelta

from deployments.configs.relay import RelayConfig
from deployments.metrics import EventCounter, Meter, timed
from domain.errors import BrokerUnavailable, LeaseLost, StoreUnavailable
from domain.leases import Lease
from domain.ports import Publisher
from domain.stores import OpenUnitOfWork
from pipeline.relay import relay_once

log = logging.getLogger(__name__)

_REST = timedelta(milliseconds=50)
"""Pause after a round of several rows: more are likely, and a larger round costs little more."""
_REST_AFTER_FAILURE = timedelta(milliseconds=500)


class OutboxPublisher:
    """Runs on the leader only: two publishers at once would break the order per customer."""

    def __init__(self, open_uow: OpenUnitOfWork, publisher: Publisher, meter: Meter) -> None:
        self._open_uow = open_uow
        self._publisher = publisher
        self._meter = meter
        self._observe = EventCounter(meter)
        self._wake = asyncio.Event()
        self.config = RelayConfig()
        self.reaches_broker = False
        self.worked_at = time.monotonic()
        """When the newest round began, on the monotonic clock."""

    async def run(self, lease: Lease) -> None:
        """Publish until the lease is lost. Raises LeaseLost."""
        while True:
            self.worked_at = time.monotonic()
            count = await self._publish(lease)
            if count is None:
                await asyncio.sleep(_REST_AFTER_FAILURE.total_seconds())
            elif count < self.config.batch_rows:
                if count > 1:
                    await asyncio.sleep(_REST.total_seconds())
                await self._pause()

    async def listen(self, commits: AsyncIterator[object]) -> None:
        """Start a round at each commit instead of at the next poll."""
        async for _ in commits:
            self._wake.set()

    async def _publish(self, lease: Lease) -> int | None:
        """Publish a round; return how many rows it finished, None if it failed."""
        try:
            with timed(self._meter, "relay"):
                count = await relay_once(
                    self._open_uow, self._publisher, self.config.batch_rows, self._observe, lease
                )
        except LeaseLost:
            raise
        except BrokerUnavailable as error:
            self.reaches_broker = False
            log.warning("the outbox waits for the broker: %s", error)
            return None
        except StoreUnavailable as error:
            log.warning("the outbox can't be read: %s", error)
            return None
        except Exception:
            log.exception("a round of the outbox failed")
            return None
        self.reaches_broker = True
        return count

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self.config.poll_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
