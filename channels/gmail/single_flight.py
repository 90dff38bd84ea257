"""Runs one piece of work at a time; calls that arrive meanwhile share the next run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class SingleFlight:
    """Shares runs of work that reads everything up to now: each call gets a run that begins after it.

    At most one run is in progress and one is due, so a flood of notifications holds only one connection.
    An error reaches every call of its run.
    """

    def __init__(self) -> None:
        self._running: asyncio.Task[None] | None = None
        self._due: asyncio.Task[None] | None = None

    async def run(self, work: Callable[[], Awaitable[object]]) -> None:
        """Return once a run that began after this call has ended; raise its error."""
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
