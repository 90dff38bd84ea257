"""Publishes records to any Kafka-protocol broker and reconnects after the broker's restarts."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import timedelta

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
)

from domain.errors import BrokerUnavailable, Malformed
from messaging.address import BrokerAddress
from messaging.aiokafka_private import abandon
from messaging.broker_watch import BrokerWatch
from messaging.topics import PARTITIONS, ensure_topics, probe_broker

log = logging.getLogger(__name__)

_TOPIC_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""Kafka's rule (org.apache.kafka.common.internals.Topic); for another name its client waits in vain."""
_REFUSED = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTopicError,
    InvalidTimestampError,
    PolicyViolationError,
)


class KafkaPublisher:
    """Publishes with acks=all, and idempotently if the broker supports it.

    The first publish connects. After a failure the publisher reconnects and creates missing topics, so a
    broker may restart empty. Without a broker a publish fails at once instead of queueing: a record
    queued here and in the outbox would be sent twice.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        partitions: Mapping[str, int] = PARTITIONS,
        timeout: timedelta = timedelta(seconds=5),
        pause_after_failure: timedelta = timedelta(seconds=1),
    ) -> None:
        self._address = address
        self._partitions = partitions
        self._timeout = timeout
        self._pause_after_failure = pause_after_failure
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()
        self._away_until = 0.0
        self._watch: BrokerWatch | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def publish(
        self, topic: str, key: str, value: bytes, headers: Mapping[str, bytes]
    ) -> None:
        """Publish a record and return once all in-sync replicas have it.

        Raises:
            BrokerUnavailable: Not acknowledged; the record may still be stored.
            Malformed: The broker never accepts the record. A broker refuses all records of a request
                together, so only a record that is refused alone is certainly at fault.
        """
        if not _TOPIC_NAME.fullmatch(topic):
            raise Malformed("no topic can have this name")
        if topic not in self._partitions:
            raise BrokerUnavailable("this version does not create the topic")
        producer = self._producer or await self._connect()
        is_sent = False
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                acknowledged = await producer.send(
                    topic, value, key=key.encode(), headers=list(headers.items())
                )
                is_sent = True
                await acknowledged
        except _REFUSED as error:
            if is_sent:
                # A refused batch leaves a gap in an idempotent producer's sequence numbers.
                self._drop(producer)
            raise Malformed(f"the broker refuses it for good: {type(error).__name__}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            self._drop(producer)
            raise BrokerUnavailable(f"not acknowledged: {error!r}") from error
        if producer is not self._producer:
            raise BrokerUnavailable("acknowledged by a broker that has ended since")

    async def start(self) -> None:
        """Connect before the first publish. Raises BrokerUnavailable; a publish connects again."""
        if self._producer is None:
            await self._connect()

    async def stop(self) -> None:
        """Flush sent records for at most two seconds and close the connection."""
        producer, self._producer = self._producer, None
        if self._watch is not None:
            await self._watch.close()
        if producer is not None:
            await _close(producer)
        await asyncio.gather(*self._closing)

    async def _connect(self) -> AIOKafkaProducer:
        loop = asyncio.get_running_loop()
        async with self._connecting:
            if self._producer is not None:
                return self._producer
            if loop.time() < self._away_until:
                raise BrokerUnavailable(f"no broker at {self._address} a moment ago")
            try:
                self._producer = await self._open()
            except BrokerUnavailable:
                self._away_until = loop.time() + self._pause_after_failure.total_seconds()
                raise
            return self._producer

    async def _open(self) -> AIOKafkaProducer:
        await ensure_topics(self._address, self._partitions, self._timeout)
        traits = await probe_broker(self._address, self._timeout)
        if not traits.keeps_records:
            await self._watch_broker()
        producer = AIOKafkaProducer(
            **self._address.arguments(),
            acks="all",
            enable_idempotence=traits.is_idempotent,
            request_timeout_ms=int(self._timeout.total_seconds() * 1000),
            metadata_max_age_ms=10_000,
        )
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await producer.start()
        except (KafkaError, OSError, TimeoutError) as error:
            await _close(producer)
            raise BrokerUnavailable(f"no broker at {self._address}: {error!r}") from error
        log.info(
            "publishing to %s, %s",
            self._address,
            "idempotently" if traits.is_idempotent else "without producer ids",
        )
        return producer

    async def _watch_broker(self) -> None:
        if self._watch is not None:
            await self._watch.close()
        self._watch = await BrokerWatch.open(self._address, self._forget)

    def _forget(self) -> None:
        if self._producer is not None:
            log.warning("%s ended: connecting again", self._address)
            self._drop(self._producer)

    def _drop(self, producer: AIOKafkaProducer) -> None:
        if self._producer is not producer:
            return
        self._producer = None
        task = asyncio.create_task(_close(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(producer: AIOKafkaProducer) -> None:
    """Stop the producer within two seconds, since its flush never ends while the broker is unavailable.

    Callers that wait for an unsent record have their own time limit. Runs in a separate task, since
    aiokafka passes the cancellation of its tasks on to its caller.
    """
    stopping = asyncio.create_task(_flush_and_stop(producer))
    await asyncio.wait([stopping], timeout=2)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    log.warning("closing a producer with records unsent")
    await abandon(producer, stopping)


async def _flush_and_stop(producer: AIOKafkaProducer) -> None:
    await producer.flush()
    await producer.stop()
