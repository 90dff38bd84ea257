"""One run at a time: calls that come while one is under way share the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SingleFlight:
    """For work that reads everything up to now: a call is served by a run that began after it.

    However many calls wait, one run is under way and one is due, so a flood of notifications holds
    one connection and not all of them. An error reaches every call of its run.
    """

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._due: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        if self._due is None:
            self._due = asyncio.create_task(self._run_after(self._running, work))
        await asyncio.shield(self._due)

    async def _run_after(
        self, earlier: asyncio.Task[None] | None, work: Callable[[], Awaitable[object]]
    ) -> None:
        if earlier is not None and not earlier.done():
            await asyncio.wait([earlier])
        self._running, self._due = self._due, None
        await work()
