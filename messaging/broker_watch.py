"""Notices at once that a broker which keeps nothing on disk has ended, and with it all it held."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from domain.errors import BrokerUnavailable


class BrokerWatch:
    """A connection that carries nothing and ends with the broker's process.

    The embedded broker is back within milliseconds, on the same address, under the same ids and
    empty. It acknowledges records for topics that it no longer has, and offsets of a group that it
    no longer knows, so a client that merely reconnects would lose records without an error.
    """

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    @classmethod
    async def open(cls, bootstrap_servers: str, on_end: Callable[[], None]) -> BrokerWatch:
        """Calls `on_end` once when the broker ends. Raises BrokerUnavailable."""
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
        """Stop watching; `on_end` is not called any more."""
        self._task.cancel()
        await asyncio.wait([self._task])
