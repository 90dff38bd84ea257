"""Detects the end of a broker that keeps nothing on disk, and so the loss of its records."""

from __future__ import annotations

from collections.abc import Callable

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError

from domain.errors import BrokerUnavailable
from messaging.address import BrokerAddress
from messaging.aiokafka_private import open_idle_connection


class BrokerWatch:
    """An idle connection that ends with the broker's process.

    The embedded broker restarts empty within milliseconds, with the same address and ids. It
    acknowledges records of topics and offsets of groups that it no longer knows, so a client that merely
    reconnects would lose records without an error.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._is_over = False
        self._connection: AIOKafkaConnection | None = None

    @classmethod
    async def open(cls, address: BrokerAddress, on_end: Callable[[], None]) -> BrokerWatch:
        """Connect; call `on_end` once when the broker ends. Raises BrokerUnavailable."""
        watch = cls(on_end)
        try:
            watch._connection = await open_idle_connection(address, watch._end)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"no broker at {address}: {error!r}") from error
        return watch

    async def close(self) -> None:
        """Stop watching without a call of `on_end`."""
        self._is_over = True
        if self._connection is not None:
            self._connection.close()

    def _end(self) -> None:
        # An attempt to connect that fails closes its connection as well.
        if self._connection is not None and not self._is_over:
            self._is_over = True
            self._on_end()
