"""Reads topics as one member of a consumer group and commits only finished records."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from domain.errors import BrokerUnavailable
from domain.retry import RetryPolicy
from messaging.address import BrokerAddress
from messaging.aiokafka_private import commit_once, disconnect, forget_membership, is_member
from messaging.broker_watch import BrokerWatch
from messaging.groups import is_stable
from messaging.keyed_workers import (
    BulkheadOf,
    Handler,
    KeyedWorkers,
    OnDead,
    Record,
    share_one_bulkhead,
)
from messaging.progress import PartitionProgress
from messaging.topics import PARTITIONS, ensure_topics, probe_broker

log = logging.getLogger(__name__)

POLL_MS = 100
BROKER_TIMEOUT_S = 5.0
REVOKE_GRACE_S = 2.0
SILENT_AFTER_S = 30.0
STUCK_AFTER = timedelta(seconds=90)
"""Each step of reading has a shorter limit, also while the broker is away."""
LONGEST_ATTEMPT = timedelta(minutes=15)
"""Longer than any turn and any delivery in several parts, all of which have limits of their own."""


class KeyedConsumer:
    """Delivers records at least once and in order per key, so handlers must be idempotent.

    An offset is committed only when every record before it is finished, so a killed process repeats
    records and never loses one. The consumer waits for an unavailable broker; if the broker returns
    without its data, topics are created again and read from the start.

    At most `max_concurrent` handlers run at a time in each bulkhead, which has an order of its own. A
    partition with `max_unfinished` unfinished records is paused. Records without a key are handled as if
    they had the same key.
    """

    def __init__(
        self,
        address: BrokerAddress,
        topics: Sequence[str],
        group_id: str,
        handler: Handler,
        on_dead: OnDead,
        *,
        retry: RetryPolicy,
        max_concurrent: int,
        max_unfinished: int = 1000,
        session_timeout: timedelta = timedelta(seconds=10),
        partitions: Mapping[str, int] = PARTITIONS,
        bulkhead_of: BulkheadOf = share_one_bulkhead,
    ) -> None:
        self._address = address
        self._topics = tuple(topics)
        self._group_id = group_id
        self._max_unfinished = max_unfinished
        self._session_timeout = session_timeout
        self._partitions = {name: partitions[name] for name in self._topics}
        self._workers = KeyedWorkers(handler, on_dead, retry, max_concurrent, bulkhead_of)
        self._progress: dict[TopicPartition, PartitionProgress] = {}
        self._consumer: AIOKafkaConsumer | None = None
        self._closing = asyncio.Event()
        self._drain_timeout = timedelta()
        self._task: asyncio.Task[None] | None = None
        self._last_poll = 0.0
        self._last_step = 0.0
        self._is_rebalancing = False
        self._has_broker_ended = False
        self._topics_checked = 0.0

    def start(self) -> None:
        """Start to read in the background; the broker need not be available yet."""
        if self._task is None:
            self._last_poll = self._last_step = asyncio.get_running_loop().time()
            self._task = asyncio.create_task(self._run())

    async def change(self, retry: RetryPolicy, max_concurrent: int) -> None:
        """Change the limits without leaving the group, since a rebalance stops all members for seconds.

        Returns once every attempt that began before has ended.
        """
        await self._workers.change(retry, max_concurrent)

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109
        """Stop reading, wait up to `timeout` for running handlers, commit finished records and leave."""
        self._drain_timeout = timeout
        self._closing.set()
        self._workers.close()
        if self._task is not None:
            await self._task

    @property
    def is_alive(self) -> bool:
        """Whether the broker was polled within the last half minute."""
        if self._task is None or self._task.done():
            return False
        return asyncio.get_running_loop().time() - self._last_poll < SILENT_AFTER_S

    def check(self) -> None:
        """Raise RuntimeError if only a restart helps: reading or a handler is stuck, or the task has ended.

        Unlike `is_alive` it does not complain of a broker that is away, which a restart would not help.
        """
        if self._task is None:
            return
        if self._task.done():
            raise RuntimeError(f"group {self._group_id} has stopped reading")
        silent_s = asyncio.get_running_loop().time() - self._last_step
        if silent_s > STUCK_AFTER.total_seconds():
            raise RuntimeError(f"group {self._group_id} has done no step for {silent_s:.0f} s")
        if (longest := self._workers.longest_attempt) > LONGEST_ATTEMPT:
            raise RuntimeError(f"a handler of {self._group_id} has run for {longest}")

    async def lag(self) -> int:
        """Return the number of unfinished records in this member's partitions.

        Raises BrokerUnavailable.
        """
        consumer = self._consumer
        if consumer is None:
            raise BrokerUnavailable(f"group {self._group_id} has no broker")
        try:
            async with asyncio.timeout(BROKER_TIMEOUT_S):
                owned = consumer.assignment()
                ends = await consumer.end_offsets(owned) if owned else {}
                return sum([await self._unfinished(consumer, tp, end) for tp, end in ends.items()])
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"no lag of {self._group_id}: {error!r}") from error

    def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; 0 while the broker is unavailable."""
        return len(self._consumer.partitions_for_topic(topic) or ()) if self._consumer else 0

    async def _unfinished(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, end: int
    ) -> int:
        """Count records that were read and are unfinished, and records that are still to be read.

        The committed offset does not serve: a single slow record holds it back.
        """
        progress = self._progress.get(partition)
        following = progress.next_offset if progress is not None else None
        if following is None:
            following = int(await consumer.position(partition))
        return max(0, end - following) + (len(progress) if progress is not None else 0)

    async def _run(self) -> None:
        while not self._closing.is_set():
            self._step()
            try:
                await self._connect_and_consume()
            except BrokerUnavailable as error:
                log.warning("group %s waits for the broker: %s", self._group_id, error)
            except Exception:
                # The next connection starts from the committed offsets.
                log.exception("group %s reconnects", self._group_id)
            if not self._closing.is_set():
                await _wait_for(self._closing, 0.5)
        await self._workers.drain(self._drain_timeout)

    async def _connect_and_consume(self) -> None:
        timeout = timedelta(seconds=BROKER_TIMEOUT_S)
        await ensure_topics(self._address, self._partitions, timeout)
        traits = await probe_broker(self._address, timeout)
        session_ms = int(self._session_timeout.total_seconds() * 1000)
        consumer = AIOKafkaConsumer(
            **self._address.arguments(),
            group_id=self._group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=int(traits.fetch_max_wait.total_seconds() * 1000),
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 5,
            request_timeout_ms=max(session_ms, int(BROKER_TIMEOUT_S * 1000)) + 1000,
            metadata_max_age_ms=5_000,
        )
        consumer.subscribe(self._topics, listener=_Rebalance(self._release, self._resume))
        watch: BrokerWatch | None = None
        self._is_rebalancing = self._has_broker_ended = False
        try:
            if not traits.keeps_records:
                watch = await BrokerWatch.open(self._address, self._notice_end)
            # `start` waits for the group, which waits for a dead member until its session times out. Giving
            # up earlier would leave another dead member to wait for, without end.
            async with asyncio.timeout(
                BROKER_TIMEOUT_S + 3 * self._session_timeout.total_seconds()
            ):
                await consumer.start()
            self._consumer = consumer
            while not self._closing.is_set():
                await self._poll(consumer)
            await self._workers.drain(self._drain_timeout)
            await self._commit(consumer, self._progress)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"lost {self._address}: {error!r}") from error
        finally:
            self._consumer = None
            self._forget()
            if watch is not None:
                await watch.close()
                await self._leave_silently_while_others_join(consumer)
            await _stop(consumer, 1.0 if self._has_broker_ended else BROKER_TIMEOUT_S)

    async def _leave_silently_while_others_join(self, consumer: AIOKafkaConsumer) -> None:
        """Leave without a LeaveGroup request unless the group is certainly stable.

        The embedded broker waits without end for a leader that sends LeaveGroup during a rebalance. A
        silent member is dropped after its session timeout.
        """
        if not is_member(consumer):
            return
        if self._has_broker_ended or not await is_stable(self._address, self._group_id):
            forget_membership(consumer)

    def _forget(self) -> None:
        """Give up all partitions, so that nothing read so far is started or committed."""
        for partition in list(self._progress):
            self._progress.pop(partition).give_up()

    def _step(self) -> None:
        self._last_step = asyncio.get_running_loop().time()

    def _notice_end(self) -> None:
        self._has_broker_ended = True
        self._forget()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=500)
        if self._has_broker_ended:
            raise BrokerUnavailable(f"{self._address} ended")
        self._step()
        self._last_poll = self._last_step
        if not self._is_rebalancing:
            # Records fetched before a rebalance are read again after it, from the committed offset. Taken
            # now, they would hide unfinished records before them.
            for partition, records in batches.items():
                for record in records:
                    self._take(partition, record)
        self._hold_back(consumer)
        await self._commit(consumer, self._progress)
        if not consumer.assignment():
            await self._restore_topics()

    async def _restore_topics(self) -> None:
        """Create missing topics when no partition is assigned: a broker may have restarted without them."""
        if self._last_poll - self._topics_checked < BROKER_TIMEOUT_S:
            return
        self._topics_checked = self._last_poll
        try:
            await ensure_topics(self._address, self._partitions)
        except BrokerUnavailable as error:
            log.info("group %s has no partition: %s", self._group_id, error)

    def _take(
        self, partition: TopicPartition, record: ConsumerRecord[bytes | None, bytes | None]
    ) -> None:
        progress = self._progress.get(partition)
        if progress is not None and record.offset < (progress.next_offset or 0):
            # The broker lost its log, and offsets start at 0 again.
            progress.give_up()
            progress = None
        if progress is None:
            progress = self._progress[partition] = PartitionProgress()
        headers = dict(record.headers)
        self._workers.add(
            Record(
                record.topic,
                record.partition,
                record.offset,
                record.key,
                record.value or b"",
                headers,
            ),
            progress,
        )

    def _hold_back(self, consumer: AIOKafkaConsumer) -> None:
        owned, paused = consumer.assignment(), consumer.paused()
        for partition, progress in self._progress.items():
            if partition not in owned:
                continue
            if len(progress) >= self._max_unfinished and partition not in paused:
                consumer.pause(partition)
            elif len(progress) < self._max_unfinished // 2 and partition in paused:
                consumer.resume(partition)

    async def _commit(
        self, consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]
    ) -> None:
        owned = consumer.assignment()
        due: dict[TopicPartition, int] = {}
        for partition in partitions:
            progress = self._progress.get(partition)
            if progress is None or partition not in owned:
                continue
            offset = progress.committable
            if offset is not None and offset != progress.committed:
                due[partition] = offset
        if not due:
            return
        try:
            async with asyncio.timeout(BROKER_TIMEOUT_S):
                await commit_once(consumer, due)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("group %s moved on before a commit: %r", self._group_id, error)
            return
        except (KafkaError, TimeoutError) as error:
            raise BrokerUnavailable(f"can't commit: {error!r}") from error
        for partition, offset in due.items():
            if partition in self._progress:
                self._progress[partition].committed = offset

    async def _release(self, partitions: Iterable[TopicPartition]) -> None:
        """Start nothing new of the partitions, wait briefly for running attempts, and commit a last time."""
        self._is_rebalancing = True
        revoked = [partition for partition in partitions if partition in self._progress]
        for partition in revoked:
            self._progress[partition].give_up()
        quiet = [
            asyncio.create_task(self._progress[partition].wait_quiet()) for partition in revoked
        ]
        if quiet:
            _, late = await asyncio.wait(quiet, timeout=REVOKE_GRACE_S)
            for task in late:
                task.cancel()
        if self._consumer is not None:
            with contextlib.suppress(BrokerUnavailable):
                await self._commit(self._consumer, revoked)
        for partition in revoked:
            self._progress.pop(partition, None)

    def _resume(self) -> None:
        self._is_rebalancing = False


class _Rebalance(ConsumerRebalanceListener):
    def __init__(
        self,
        release: Callable[[Iterable[TopicPartition]], Awaitable[None]],
        resume: Callable[[], None],
    ) -> None:
        self._release = release
        self._resume = resume

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._release(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._resume()
        log.info("assigned %s", sorted(f"{tp.topic}/{tp.partition}" for tp in assigned))


async def _stop(consumer: AIOKafkaConsumer, seconds: float) -> None:
    """Stop in a separate task, since aiokafka passes the cancellation of its tasks on to its caller."""
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait([stopping], timeout=seconds)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    log.info("left a group without LeaveGroup")
    await disconnect(consumer)


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
