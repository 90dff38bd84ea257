"""What agent and delivery share: one consumer over one topic, a use case behind it, dead letters after it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from opentelemetry.trace import SpanKind

from deployments.autoscaling import BACKLOG, OLDEST_S, PARTITIONS
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.batching import Batcher
from deployments.metrics import EventCounter, Meter, timed
from deployments.tracing import Tracing
from domain import topics
from domain.attempts import Begin, Begun
from domain.errors import BrokerUnavailable, Malformed, StoreUnavailable
from domain.messages import MessageState
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from messaging.address import BrokerAddress
from messaging.consumer import KeyedConsumer
from messaging.envelope import decode, read_trace
from messaging.keyed_workers import Record, RunAlone, share_one_bulkhead
from pipeline.attempts import BEAT_EVERY, KILLED_ITS_READER, MOST_STRIKES, Attempting, Dead, Start
from pipeline.dead_letter import dead_letter

log = logging.getLogger(__name__)

DRAIN_LIMIT = timedelta(seconds=20)
_UNTIL_STORED = RetryPolicy(max_attempts=1_000_000, longest_delay=timedelta(seconds=5))
"""For what fails before the database has taken it: it takes nothing at all then, and is waited for."""


@dataclass(frozen=True, slots=True)
class ConsumingStage:
    """A stage that reads a topic and takes messages out of a state."""

    name: str
    topic: str
    group_id: str
    unfinished_state: MessageState
    is_divided_by_channel: bool = False
    """Each channel has its own slots and order, so that none waits for another's provider."""


AGENT = ConsumingStage("agent", topics.INCOMING, topics.AGENT_GROUP, MessageState.WAITING)
DELIVERY = ConsumingStage(
    "delivery",
    topics.OUTGOING,
    topics.DELIVERY_GROUP,
    MessageState.UNDELIVERED,
    is_divided_by_channel=True,
)


@dataclass(frozen=True, slots=True)
class Handling:
    """How a stage works on messages; changes while it runs."""

    handle: Callable[[UUID], Awaitable[object]]
    """Takes a message's id. Must be idempotent: records come at least once."""
    retry: RetryPolicy
    max_concurrent: int
    """Of each channel, where the stage is divided by channel."""


class MessageConsumer:
    """Reads the envelopes of a stage's topic and handles each one's message.

    An attempt that fails ends the record: the database counts it by the retry policy, and the relay queues
    the message again when the next one is due. What can't be processed becomes a dead letter.
    """

    def __init__(
        self,
        stage: ConsumingStage,
        handling: Handling,
        *,
        broker: BrokerAddress,
        open_uow: OpenUnitOfWork,
        meter: Meter,
        tracing: Tracing,
    ) -> None:
        self._stage = stage
        self._handling = handling
        self._meter = meter
        self._tracing = tracing
        self._open_uow = open_uow
        self._attempting = Attempting(open_uow, stage.unfinished_state)
        self._begins: Batcher[Start, Begun | None] = Batcher(
            self._attempting.begin, max_items=64, max_waiting=100_000
        )
        self._beating: asyncio.Task[None] | None = None
        self._consumer = KeyedConsumer(
            broker,
            [stage.topic],
            stage.group_id,
            self._on_record,
            self._on_dead,
            retry=_UNTIL_STORED,
            max_concurrent=handling.max_concurrent,
            bulkhead_of=self._channel_of if stage.is_divided_by_channel else share_one_bulkhead,
        )

    def _channel_of(self, record: Record) -> str:
        try:
            return decode(record.value, self._stage.topic).channel.value
        except Malformed:
            return ""

    def start(self) -> None:
        """Consume and send heartbeats in the background, from the running event loop."""
        if self._beating is None:
            beat = BackgroundJob(
                f"{self._stage.name} heartbeat", self._attempting.beat, BEAT_EVERY.total_seconds
            )
            self._beating = asyncio.create_task(BackgroundJobs([beat], self._meter).run())
        self._consumer.start()

    async def change(self, handling: Handling) -> None:
        """Handle messages like this from now on. Returns once those that began before have ended."""
        self._handling = handling
        await self._consumer.change(_UNTIL_STORED, handling.max_concurrent)

    async def drain(self) -> None:
        """Stop reading, let what runs finish, leave the group."""
        await self._consumer.drain(DRAIN_LIMIT)
        if self._beating is not None:
            self._beating.cancel()

    @property
    def is_alive(self) -> bool:
        """Whether the consumer's task still runs."""
        return self._consumer.is_alive

    def check(self) -> None:
        """Raise RuntimeError if only a restart of the replica helps."""
        self._consumer.check()

    async def load(self) -> dict[str, float]:
        """For Serve's autoscaling: unfinished records of our partitions, seconds that the oldest waits.

        Empty while that can't be told, which the policy takes for "leave it as it is".
        """
        try:
            backlog = await self._consumer.lag()
            oldest = await self._oldest()
        except (BrokerUnavailable, StoreUnavailable) as error:
            log.info("the %s stage can't tell its load: %s", self._stage.name, error)
            return {}
        partitions = self._consumer.partitions(self._stage.topic)
        return {BACKLOG: float(backlog), OLDEST_S: oldest, PARTITIONS: float(partitions)}

    async def _oldest(self) -> float:
        async with self._open_uow() as uow:
            since = await uow.messages.oldest_since(self._stage.unfinished_state)
        return (datetime.now(UTC) - since).total_seconds() if since is not None else 0.0

    async def _on_record(self, record: Record) -> None:
        parent = read_trace(record.headers)
        with (
            self._tracing.span(self._stage.name, parent, kind=SpanKind.CONSUMER),
            timed(self._meter, self._stage.name),
        ):
            await self._process(record)

    async def _process(self, record: Record) -> None:
        message_id = decode(record.value, self._stage.topic).message_id
        [begun] = await self._begins.submit([Start(message_id, record.is_alone)])
        if begun is None or begun.outcome is Begin.WAITS:
            return
        if begun.outcome is Begin.SUSPECT:
            raise RunAlone
        dead: Dead | None
        if begun.outcome is Begin.KILLER:
            dead = Dead(KILLED_ITS_READER, begun.attempts + MOST_STRIKES)
        else:
            dead = await self._attempting.work_on(
                message_id, self._handling.handle, self._handling.retry, begun.attempts
            )
        if dead is not None:
            await self._on_dead(record, dead.cause, dead.attempts)

    async def _on_dead(self, record: Record, cause: str, attempts: int) -> None:
        try:
            message_id = decode(record.value, self._stage.topic).message_id
        except Malformed:
            message_id = None
        await dead_letter(
            self._open_uow,
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
