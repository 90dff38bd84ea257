"""Limits the number, age and idle time of event streams, so that open pages never delay requests."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta

from anyio import CapacityLimiter
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from deployments.configs.ingress import StreamLimits
from deployments.metrics import Meter
from domain.errors import AtCapacity

log = logging.getLogger(__name__)

SEPARATOR = "\n"
_HEARTBEAT_S = 15.0
_SEND_LIMIT_S = 30.0
"""A reader that accepts no data for this long is disconnected."""
_RECONNECT_MS = (1000, 5000)
"""Random, so that the readers of a stopping replica don't all reconnect at the same moment."""
_READS_AT_ONCE = 4
"""A quarter of the replica's database connections, so that many streams reading at once delay no form."""


class Stream:
    """One open stream: `woken` is set when it should read again, `is_over` when it should end."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.is_over = False
        self.reconnect_after_ms = random.randint(*_RECONNECT_MS)

    def end(self) -> None:
        """Make the stream end. Idempotent."""
        self.is_over = True
        self.woken.set()


class StreamRoom:
    """The open event streams of one replica, within `limits`.

    All kinds of streams share one room, whose maximum Serve's `max_ongoing_requests` has to cover.
    """

    def __init__(self, limits: StreamLimits, meter: Meter) -> None:
        """`limits` may be replaced at any time; they apply to new streams."""
        self.limits = limits
        self.reading = CapacityLimiter(_READS_AT_ONCE)
        """A stream holds it while it reads from the database."""
        self._meter = meter
        self._streams: set[Stream] = set()
        self._by_address: Counter[str] = Counter()
        self._by_subject: Counter[str] = Counter()
        self._is_closing = False

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    @contextmanager
    def open(self, address: str, subject: str) -> Iterator[Stream]:
        """Hold a place while the block runs.

        Args:
            address: Where the reader calls from.
            subject: What the stream follows, such as a ticket's number.

        Raises:
            AtCapacity: The replica, the address or the subject is at its limit, or the replica stops.
        """
        self._require_room(address, subject)
        stream = Stream()
        aged = asyncio.get_running_loop().call_later(self.limits.max_age_s, stream.end)
        self._streams.add(stream)
        self._by_address[address] += 1
        self._by_subject[subject] += 1
        self._show()
        try:
            yield stream
        finally:
            aged.cancel()
            self._streams.discard(stream)
            _take_one(self._by_address, address)
            _take_one(self._by_subject, subject)
            self._show()

    def close(self) -> None:
        """End every stream and refuse new ones."""
        self._is_closing = True
        for stream in self._streams:
            stream.end()

    def _require_room(self, address: str, subject: str) -> None:
        if self._is_closing:
            raise AtCapacity("the replica stops", timedelta(seconds=1))
        limits = self.limits
        for name, count, most in (
            ("replica", len(self._streams), limits.per_replica),
            ("address", self._by_address[address], limits.per_address),
            ("subject", self._by_subject[subject], limits.per_subject),
        ):
            if count >= most:
                self._meter.count("fte_refused_streams", limit=name)
                raise AtCapacity(
                    f"the {name} has {most} streams", timedelta(seconds=limits.try_again_s)
                )

    def _show(self) -> None:
        self._meter.set("fte_open_streams", len(self._streams))


class EventStream(EventSourceResponse):
    """Sends `events` with comments as heartbeat; ends when the reader leaves or stops reading."""

    def __init__(self, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(
            events,
            ping=_HEARTBEAT_S,
            ping_message_factory=_heartbeat,
            sep=SEPARATOR,
            send_timeout=_SEND_LIMIT_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("closed a stream whose reader accepted nothing for %s s", _SEND_LIMIT_S)


def _heartbeat() -> ServerSentEvent:
    return ServerSentEvent(comment="still here", sep=SEPARATOR)


def _take_one(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
