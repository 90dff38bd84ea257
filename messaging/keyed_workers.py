"""Runs records: one key strictly in order, keys side by side, and a failing one holds its key alone."""

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
    """One record as it came; `value` is empty where the log holds none."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]
    is_alone: bool = False
    """The handler asked for it by RunAlone: no other such record is handled now."""

    @property
    def origin(self) -> str:
        """Where it was read: the same for every delivery of this record."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class RunAlone(Exception):
    """A handler's wish to get the record again when no other such record is being handled."""


Handler = Callable[[Record], Awaitable[None]]
OnDead = Callable[[Record, str, int], Awaitable[None]]
"""Takes a record that will not be tried again, the cause and the number of attempts made."""


class _NotStartedError(Exception):
    """The record is left to whoever reads it next."""


_Queue = deque[tuple[Record, PartitionProgress]]


class KeyedWorkers:
    """At most `max_concurrent` attempts run at a time; a lane that waits for a retry holds no slot.

    A lane outlives a rebalance: when a record comes again while its first delivery still runs, the
    second waits behind it.
    """

    def __init__(
        self, handler: Handler, on_dead: OnDead, retry: RetryPolicy, max_concurrent: int
    ) -> None:
        self._handler = handler
        self._on_dead = on_dead
        self._retry = retry
        self._max_concurrent = max_concurrent
        self._slots = asyncio.Semaphore(max_concurrent)
        self._alone = asyncio.Lock()
        self._workers: dict[tuple[str, bytes | None], _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = asyncio.Event()

    def add(self, record: Record, progress: PartitionProgress) -> None:
        progress.begin(record.offset)
        name = (record.topic, record.key)
        queue = self._workers.get(name)
        if queue is not None:
            queue.append((record, progress))
            return
        self._workers[name] = deque([(record, progress)])
        task = asyncio.create_task(self._run_queue(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def change(self, retry: RetryPolicy, max_concurrent: int) -> None:
        """Attempts start under these from now on. Returns once those that began before have ended."""
        before, slots = self._max_concurrent, self._slots
        self._retry, self._max_concurrent = retry, max_concurrent
        self._slots = asyncio.Semaphore(max_concurrent)
        for _ in range(before):
            await slots.acquire()

    def close(self) -> None:
        """Start nothing more; what waits, for its turn or a retry, is left unfinished."""
        self._draining.set()

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109
        """Close, let running attempts end, and cancel what still runs after `timeout`."""
        self.close()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=timeout.total_seconds())
        for task in late:
            task.cancel()
        if late:
            log.warning("cancelled %d lanes that did not end in time", len(late))
            await asyncio.wait(late)

    async def _run_queue(self, name: tuple[str, bytes | None]) -> None:
        queue = self._workers[name]
        try:
            while queue:
                record, progress = queue.popleft()
                if await self._process(record, progress):
                    progress.finish(record.offset)
        finally:
            del self._workers[name]

    async def _process(self, record: Record, progress: PartitionProgress) -> bool:
        """Whether the record is done with: handled, or given to the dead letters."""
        attempts = 0
        while True:
            attempts += 1
            try:
                # Whoever waits to be alone holds no slot.
                async with self._alone if record.is_alone else contextlib.nullcontext():
                    delay = await self._attempt_in_a_slot(record, progress, attempts)
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
        self, record: Record, progress: PartitionProgress, attempts: int
    ) -> timedelta | None:
        """None when done with, else how long to wait before the next attempt."""
        while True:
            slots = self._slots
            async with slots:
                if self._draining.is_set() or not progress.is_owned:
                    raise _NotStartedError
                if slots is not self._slots:
                    continue
                progress.enter()
                try:
                    return await self._attempt(record, attempts)
                finally:
                    progress.leave()

    async def _attempt(self, record: Record, attempts: int) -> timedelta | None:
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
        except Exception as error:  # noqa: BLE001 - tried again, see below
            # A record that can't be put away is not lost: whatever is down may take the handler's
            # attempts with it, so the record is tried again as a whole.
            log.warning("%s could not be put away: %r", record.origin, error)
            delay: timedelta = self._retry.first_delay * 2 ** min(attempts, 16)
            return min(self._retry.longest_delay, delay)
        return None

    async def _pause(self, delay: timedelta) -> None:
        try:
            async with asyncio.timeout(delay.total_seconds()):
                await self._draining.wait()
        except TimeoutError:
            return
