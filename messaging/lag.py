"""Measures how far a consumer group is behind on a topic, without joining it."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from domain.errors import BrokerUnavailable
from messaging.address import BrokerAddress
from messaging.aiokafka_private import partitions_of

_TIMEOUT_S = 5.0


class GroupLag:
    """Reads a group's committed offsets without joining it, so without a rebalance."""

    def __init__(self, address: BrokerAddress, group_id: str, topic: str) -> None:
        self._address = address
        self._group_id = group_id
        self.topic = topic
        self._consumer: AIOKafkaConsumer | None = None

    async def records(self) -> int:
        """Return the number of records that the group has not finished. Raises BrokerUnavailable."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._ask(await self._connected())
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BrokerUnavailable(f"no lag of {self._group_id}: {error!r}") from error

    async def close(self) -> None:
        """Disconnect; the next call of `records` connects again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            # In a separate task, since aiokafka passes the cancellation of its tasks on to its caller.
            await asyncio.wait([asyncio.create_task(consumer.stop())], timeout=1)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self._address.arguments(),
                group_id=self._group_id,
                enable_auto_commit=False,
                request_timeout_ms=int(_TIMEOUT_S * 1000),
            )
            await self._consumer.start()
        return self._consumer

    async def _ask(self, consumer: AIOKafkaConsumer) -> int:
        numbers = await partitions_of(consumer, self.topic)
        if not numbers:
            raise BrokerUnavailable(f"there is no topic {self.topic} yet")
        partitions = [TopicPartition(self.topic, number) for number in numbers]
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        behind = 0
        for partition in partitions:
            # Without a committed offset the group starts with the first record.
            done = await consumer.committed(partition)
            behind += max(0, ends[partition] - max(done or 0, first[partition]))
        return behind
