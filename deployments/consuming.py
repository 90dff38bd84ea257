"""What agent and delivery share: one consumer over one topic, a use case behind it, dead letters after it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from opentelemetry.trace import SpanKind

from deployments.autoscaling import BACKLOG, OLDEST_S, PARTITIONS
from deployments.metrics import EventCounter, Meter, timed
from deployments.tracing import Tracing
from domain.errors import BrokerUnavailable, Malformed, NotFound, StaleTurn, StoreUnavailable
from domain.messages import MessageState
from domain.retry import RetryPolicy
from domain.stores import OpenWork
from messaging.consumer import KeyedConsumer
from messaging.envelope import decode, read_trace
from messaging.lanes import Record
from pipeline.bury import bury

log = logging.getLogger(__name__)

DRAIN_LIMIT = timedelta(seconds=20)


class MessageConsumer:
    """Reads envelopes of `topic` and calls `handle` with each one's message id.

    `unfinished_state` is the one that the stage takes messages out of. `handle` must be idempotent:
    records come at least once. What can't be processed is buried.
    """

    def __init__(
        self,
        *,
        bootstrap_servers: str,
        topic: str,
        group_id: str,
        open_work: OpenWork,
        handle: Callable[[UUID], Awaitable[object]],
        retry: RetryPolicy,
        max_concurrent: int,
        stage: str,
        unfinished_state: MessageState,
        meter: Meter,
        tracing: Tracing,
    ) -> None:
        self._stage = stage
        self._unfinished_state = unfinished_state
        self._meter = meter
        self._tracing = tracing
        self._topic = topic
        self._open_work = open_work
        self._handle = handle
        self._consumer = KeyedConsumer(
            bootstrap_servers,
            [topic],
            group_id,
            self._on_record,
            self._on_dead,
            retry=retry,
            max_concurrent=max_concurrent,
        )

    def start(self) -> None:
        self._consumer.start()

    async def change(
        self, handle: Callable[[UUID], Awaitable[object]], retry: RetryPolicy, max_concurrent: int
    ) -> None:
        """What starts from now on, starts like this. Returns once what began before has ended."""
        self._handle = handle
        await self._consumer.change(retry, max_concurrent)

    async def drain(self) -> None:
        """Stop reading, let what runs finish, leave the group."""
        await self._consumer.drain(DRAIN_LIMIT)

    @property
    def is_alive(self) -> bool:
        return self._consumer.is_alive

    async def load(self) -> dict[str, float]:
        """For Serve's autoscaling: unfinished records of our partitions, seconds that the oldest waits.

        Empty while that can't be told, which the policy takes for "leave it as it is".
        """
        try:
            backlog = await self._consumer.lag()
            oldest = await self._oldest()
        except (BrokerUnavailable, StoreUnavailable) as error:
            log.info("the %s stage can't tell its load: %s", self._stage, error)
            return {}
        partitions = self._consumer.partitions(self._topic)
        return {BACKLOG: float(backlog), OLDEST_S: oldest, PARTITIONS: float(partitions)}

    async def _oldest(self) -> float:
        async with self._open_work() as work:
            since = await work.messages.oldest_since(self._unfinished_state)
        return (datetime.now(UTC) - since).total_seconds() if since is not None else 0.0

    async def _on_record(self, record: Record) -> None:
        parent = read_trace(record.headers)
        with (
            self._tracing.span(self._stage, parent, kind=SpanKind.CONSUMER),
            timed(self._meter, self._stage),
        ):
            await self._process(record)

    async def _process(self, record: Record) -> None:
        envelope = decode(record.value, self._topic)
        try:
            await self._handle(envelope.message_id)
        except StaleTurn as error:
            log.info("message %s: %s", envelope.message_id, error)
        except NotFound:
            # Erased meanwhile: nothing is left to do, and nothing of it may be kept.
            log.info("message %s is gone", envelope.message_id)

    async def _on_dead(self, record: Record, cause: str, attempts: int) -> None:
        try:
            message_id = decode(record.value, self._topic).message_id
        except Malformed:
            message_id = None
        await bury(
            self._open_work,
            topic=record.topic,
            key=record.key.decode("utf-8", "backslashreplace") if record.key else None,
            value=record.value,
            # A broker that lost its log counts from 0 again: the value tells its records apart.
            origin=f"{record.origin}/{hashlib.sha256(record.value).hexdigest()[:16]}",
            message_id=message_id,
            cause=cause,
            attempts=attempts,
            observe=EventCounter(self._meter),
        )
