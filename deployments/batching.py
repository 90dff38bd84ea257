"""Joins concurrent requests into micro-batches: requests that wait when a call ends share the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Generic, TypeAlias, TypeVar

from domain.errors import Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")
_Batch: TypeAlias = list[tuple[list[Item], "asyncio.Future[list[Result]]"]]


class Batcher(Generic[Item, Result]):
    """Joins concurrent requests into calls of `run`, of which at most `at_once` are in flight.

    A lone request starts at once. `run` gets at most `max_items` items (a larger request takes several
    calls) and returns one result per item, in order; its error reaches every request of that call. At most
    `max_waiting` items wait.

    After a call that several requests shared, the next one waits for `rest`, because more requests are
    likely and a larger batch costs little more. A lone request never waits.
    """

    def __init__(
        self,
        run: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        max_items: int,
        max_waiting: int,
        rest: timedelta = timedelta(),
        at_once: int = 1,
    ) -> None:
        self._run = run
        self.max_items = max_items
        self.max_waiting = max_waiting
        self._rest = rest.total_seconds()
        self._waiting: deque[tuple[list[Item], asyncio.Future[list[Result]]]] = deque()
        self._at_once = at_once
        self._workers: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return sum(len(items) for items, _ in self._waiting)

    async def submit(self, items: Sequence[Item]) -> list[Result]:
        """Return the items' results.

        Raises:
            Overloaded: Too many items wait already.
        """
        if not items:
            return []
        if self.waiting + len(items) > self.max_waiting:
            raise Overloaded("the model's queue is full", timedelta(seconds=1))
        futures = []
        for start in range(0, len(items), self.max_items):
            future: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
            self._waiting.append((list(items[start : start + self.max_items]), future))
            futures.append(future)
        self._workers = [worker for worker in self._workers if not worker.done()]
        if len(self._workers) < self._at_once:
            self._workers.append(asyncio.create_task(self._work()))
        return [result for part in await asyncio.gather(*futures) for result in part]

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            await self._call(batch)
            if len(batch) > 1 and self._rest:
                await asyncio.sleep(self._rest)

    async def _call(self, batch: _Batch[Item, Result]) -> None:
        try:
            results = await self._run([item for own, _ in batch for item in own])
        except Exception as error:  # noqa: BLE001 - each request gets the model's error as its own
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        start = 0
        for own, future in batch:
            if not future.done():
                future.set_result(list(results[start : start + len(own)]))
            start += len(own)

    def _next_batch(self) -> _Batch[Item, Result]:
        batch = [self._waiting.popleft()]
        size = len(batch[0][0])
        while self._waiting and size + len(self._waiting[0][0]) <= self.max_items:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        return batch

    async def close(self) -> None:
        """Wait until all submitted items are done."""
        await asyncio.gather(*self._workers)


def in_a_thread(
    run: Callable[[list[Item]], Sequence[Result]],
) -> Callable[[list[Item]], Awaitable[Sequence[Result]]]:
    """Make `run`, which is CPU-bound, awaitable by a thread of its own, so that the event loop stays free."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")

    async def call(items: list[Item]) -> Sequence[Result]:
        return await asyncio.get_running_loop().run_in_executor(thread, run, items)

    return call
