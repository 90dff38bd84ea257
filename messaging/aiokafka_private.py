"""Does with aiokafka what its public interface can't; the only module that uses its private parts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata


def is_member(consumer: AIOKafkaConsumer) -> bool:
    """Whether the consumer holds a generation of its group."""
    coordinator = consumer._coordinator
    return coordinator is not None and coordinator.generation >= 0


def forget_membership(consumer: AIOKafkaConsumer) -> None:
    """Make `stop` leave without a LeaveGroup request; the group then waits for the session's end."""
    if consumer._coordinator is not None:
        consumer._coordinator.reset_generation()


async def commit_once(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Commit as the member that took these records, in one try.

    `consumer.commit` repeats what failed until it gets through, then as a member of whatever group
    there is by that time or of none: a broker that came back without its log takes that for the
    truth, and the first new records are never read.

    Raises:
        KafkaError: Not committed; CommitFailedError where the consumer is no member at the moment.
    """
    coordinator, subscription = consumer._coordinator, consumer._subscription.subscription
    if coordinator is None or coordinator.generation < 0:
        raise CommitFailedError("no member of the group at the moment")
    if subscription is None or subscription.assignment is None:
        raise CommitFailedError("nothing is assigned at the moment")
    found = {partition: OffsetAndMetadata(offset, "") for partition, offset in offsets.items()}
    await coordinator._do_commit_offsets(subscription.assignment, found)


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> frozenset[int]:
    """The topic's partitions, empty where the broker has no such topic.

    `consumer.partitions_for_topic` only knows topics that the consumer was assigned.
    """
    metadata = await consumer._client.fetch_all_metadata()
    return frozenset(metadata.partitions_for_topic(topic) or ())


async def disconnect(consumer: AIOKafkaConsumer) -> None:
    """Close the connections of a consumer whose `stop` did not return."""
    await consumer._client.close()


async def abandon(producer: AIOKafkaProducer, stopping: asyncio.Task[None]) -> None:
    """Close a producer whose `stop`, running in `stopping`, waits for a broker that is away."""
    producer._closed = True
    await producer.client.close()
    await asyncio.wait([asyncio.create_task(producer._sender.close()), stopping], timeout=2)
