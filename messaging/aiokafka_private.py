"""Does with aiokafka what its public interface can't; the only module that uses its private parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata

from messaging.address import BrokerAddress


def is_member(consumer: AIOKafkaConsumer) -> bool:
    """Whether the consumer holds a generation of its group."""
    coordinator = consumer._coordinator
    return coordinator is not None and coordinator.generation >= 0


def forget_membership(consumer: AIOKafkaConsumer) -> None:
    """Make `stop` send no LeaveGroup request; the group then waits for the session timeout."""
    if consumer._coordinator is not None:
        consumer._coordinator.reset_generation()


async def commit_once(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
    """Commit once, as the member that read these records.

    `consumer.commit` retries until it succeeds, even as a member of another generation or of no group. A
    broker that restarted without its log would accept such offsets and skip its first new records.

    Raises:
        KafkaError: Not committed; CommitFailedError if the consumer is not a member now.
    """
    coordinator, subscription = consumer._coordinator, consumer._subscription.subscription
    if coordinator is None or coordinator.generation < 0:
        raise CommitFailedError("not a member of the group now")
    if subscription is None or subscription.assignment is None:
        raise CommitFailedError("nothing is assigned now")
    found = {partition: OffsetAndMetadata(offset, "") for partition, offset in offsets.items()}
    await coordinator._do_commit_offsets(subscription.assignment, found)


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> frozenset[int]:
    """Return the topic's partitions; empty if the broker has no such topic.

    `consumer.partitions_for_topic` only knows topics that the consumer is assigned.
    """
    metadata = await consumer._client.fetch_all_metadata()
    return frozenset(metadata.partitions_for_topic(topic) or ())


async def open_idle_connection(
    address: BrokerAddress, on_end: Callable[[], None]
) -> AIOKafkaConnection:
    """Connect to the first broker, authenticated and without a request; call `on_end` once it has closed.

    Raises:
        KafkaError, OSError, TimeoutError: No connection.
    """
    host, port = address.first_server
    connection: AIOKafkaConnection = await create_conn(
        host,
        port,
        request_timeout_ms=5000,
        on_close=lambda *_: on_end(),
        **address.credentials(),
    )
    return connection


async def disconnect(consumer: AIOKafkaConsumer) -> None:
    """Close the connections of a consumer whose `stop` did not return."""
    await consumer._client.close()


async def abandon(producer: AIOKafkaProducer, stopping: asyncio.Task[None]) -> None:
    """Close a producer whose `stop`, running in `stopping`, waits for an unavailable broker."""
    producer._closed = True
    await producer.client.close()
    await asyncio.wait([asyncio.create_task(producer._sender.close()), stopping], timeout=2)
