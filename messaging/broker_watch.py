"""Detects the end of a broker that keeps nothing on disk, and so the loss of its records."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from domain.errors import BrokerUnavailable


class BrokerWatch:
    """An idle connection that ends with the broker's process.

    The embedded broker restarts empty within milliseconds, with the same address and ids. It
    acknowledges records of topics and offsets of groups that it no longer knows, so a client that merely
    reconnects would lose records without an error.
    """

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    @classmethod
    async def open(cls, bootstrap_servers: str, on_end: Callable[[], None]) -> BrokerWatch:
        """Connect; call `on_end` once when the broker ends. Raises BrokerUnavailable."""
        host, _, port = bootstrap_servers.partition(",")[0].rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError as error:
            raise BrokerUnavailable(f"no broker at {bootstrap_servers}: {error!r}") from error

        async def wait_for_end() -> None:
            try:
                with contextlib.suppress(ConnectionError):
                    await reader.read()
                on_end()
            finally:
                writer.close()

        return cls(asyncio.create_task(wait_for_end()))

    async def close(self) -> None:
        """Stop watching without a call of `on_end`."""
        self._task.cancel()
        await asyncio.wait([self._task])
