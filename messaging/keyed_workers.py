"""Handles records in order per key and keys concurrently; a failing record blocks only its own key.

Records may be divided by a bulkhead, such as their channel: each bulkhead has its own slots and order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from domain.retry import GiveUp, RetryPolicy
from messaging.progress import PartitionProgress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read; `value` is empty for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]
    is_alone: bool = False
    """The handler raised RunAlone: no other such record is handled at the same time."""

    @property
    def origin(self) -> str:
        """Topic, partition and offset: the same for every delivery of this record."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class RunAlone(Exception):
    """Raised by a handler to get the record again while no other such record is handled."""


Handler = Callable[[Record], Awaitable[None]]
OnDead = Callable[[Record, str, int], Awaitable[None]]
"""Receives a record that is given up, the cause and the number of attempts."""


class _NotStartedError(Exception):
    """The record is left to its next reader."""


BulkheadOf = Callable[[Record], str]
"""Returns the bulkhead of a record."""


def share_one_bulkhead(_record: Record) -> str:
    """Divide nothing."""
    return ""


_Key = tuple[str, bytes | None, str]
"""A record's topic, key and bulkhead."""
_Queue = deque[tuple[Record, PartitionProgress]]


class KeyedWorkers:
    """One worker for each key with records; at most `max_concurrent` attempts run at a time per bulkhead.

    A worker that waits for a retry holds no slot. A worker outlives a rebalance: a second delivery of a
    record waits while the first still runs.
    """

    def __init__(
        self,
        handler: Handler,
        on_dead: OnDead,
        retry: RetryPolicy,
        max_concurrent: int,
        bulkhead_of: BulkheadOf = share_one_bulkhead,
    ) -> None:
        self._bulkhead_of = bulkhead_of
        self._handler = handler
        self._on_dead = on_dead
        self._retry = retry
        self._max_concurrent = max_concurrent
        self._slots: dict[str, asyncio.Semaphore] = {}
        """By bulkhead."""
        self._alone = asyncio.Lock()
        self._queues: dict[_Key, _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = asyncio.Event()
        self._began: dict[object, float] = {}
        """When each running attempt began."""

    @property
    def longest_attempt(self) -> timedelta:
        """Return for how long the oldest running attempt has run."""
        now = asyncio.get_running_loop().time()
        return timedelta(seconds=max((now - began for began in self._began.values()), default=0))

    def add(self, record: Record, progress: PartitionProgress) -> None:
        """Queue a record behind earlier records of its topic, key and bulkhead."""
        progress.begin(record.offset)
        key = (record.topic, record.key, self._bulkhead_of(record))
        queue = self._queues.get(key)
        if queue is not None:
            queue.append((record, progress))
            return
        self._queues[key] = deque([(record, progress)])
        task = asyncio.create_task(self._work(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def change(self, retry: RetryPolicy, max_concurrent: int) -> None:
        """Start new attempts under these limits; return once every earlier attempt has ended."""
        before, slots = self._max_concurrent, self._slots
        self._retry, self._max_concurrent = retry, max_concurrent
        self._slots = {}
        for earlier in slots.values():
            for _ in range(before):
                await earlier.acquire()

    def close(self) -> None:
        """Start no more attempts; waiting records are left unfinished."""
        self._draining.set()

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109
        """Close, wait up to `timeout` for running attempts, and cancel the rest."""
        self.close()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=timeout.total_seconds())
        for task in late:
            task.cancel()
        if late:
            log.warning("cancelled %d workers that did not end in time", len(late))
            await asyncio.wait(late)

    async def _work(self, key: _Key) -> None:
        queue = self._queues[key]
        try:
            while queue:
                record, progress = queue.popleft()
                if await self._process(record, progress, key[2]):
                    progress.finish(record.offset)
        finally:
            del self._queues[key]

    async def _process(self, record: Record, progress: PartitionProgress, bulkhead: str) -> bool:
        """Return whether the record is finished: handled or dead-lettered."""
        attempts = 0
        while True:
            attempts += 1
            try:
                # A record that waits to run alone holds no slot.
                async with self._alone if record.is_alone else contextlib.nullcontext():
                    delay = await self._attempt_in_a_slot(record, progress, attempts, bulkhead)
            except _NotStartedError:
                return False
            except RunAlone:
                attempts -= 1
                record = replace(record, is_alone=True)
                continue
            if delay is None:
                return True
            await self._pause(delay)

    async def _attempt_in_a_slot(
        self, record: Record, progress: PartitionProgress, attempts: int, bulkhead: str
    ) -> timedelta | None:
        """Return the delay before the next attempt; None when the record is finished."""
        while True:
            slots = self._slots_of(bulkhead)
            async with slots:
                if self._draining.is_set() or not progress.is_owned:
                    raise _NotStartedError
                if slots is not self._slots_of(bulkhead):
                    continue
                progress.enter()
                try:
                    return await self._attempt(record, attempts)
                finally:
                    progress.leave()

    def _slots_of(self, bulkhead: str) -> asyncio.Semaphore:
        if bulkhead not in self._slots:
            self._slots[bulkhead] = asyncio.Semaphore(self._max_concurrent)
        return self._slots[bulkhead]

    async def _attempt(self, record: Record, attempts: int) -> timedelta | None:
        attempt = object()
        self._began[attempt] = asyncio.get_running_loop().time()
        try:
            return await self._handle(record, attempts)
        finally:
            del self._began[attempt]

    async def _handle(self, record: Record, attempts: int) -> timedelta | None:
        try:
            await self._handler(record)
        except RunAlone:
            raise
        except Exception as error:  # noqa: BLE001 - the policy decides
            decision = self._retry.decide(error, attempts)
            if not isinstance(decision, GiveUp):
                log.warning("%s failed (attempt %d): %r", record.origin, attempts, error)
                return decision.delay
            cause = f"{decision.cause}: {error}"
        else:
            return None
        log.error("%s is given up: %s", record.origin, cause)
        try:
            await self._on_dead(record, cause, attempts)
        except Exception as error:  # noqa: BLE001 - handled again after the delay
            # The outage that prevents dead-lettering may also have failed the handler, so handle it again.
            log.warning("%s could not be dead-lettered: %r", record.origin, error)
            delay: timedelta = self._retry.first_delay * 2 ** min(attempts, 16)
            return min(self._retry.longest_delay, delay)
        return None

    async def _pause(self, delay: timedelta) -> None:
        try:
            async with asyncio.timeout(delay.total_seconds()):
                await self._draining.wait()
        except TimeoutError:
            return
