"""Checks that the private parts of aiokafka that we use still do what we use them for, on every broker."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError

from messaging.aiokafka_private import (
    commit_once,
    disconnect,
    forget_membership,
    is_member,
    partitions_of,
)
from messaging.topics import ensure_topics
from tests.integration.brokers import Broker

pytestmark = pytest.mark.kafka


async def test_a_members_commit_is_tried_once_and_only_as_a_member(broker: Broker) -> None:
    topic = broker.new_topic()
    await ensure_topics(broker.address, {topic: 1})
    async with AIOKafkaProducer(**broker.address.arguments()) as producer:
        await producer.send_and_wait(topic, b"one")
    consumer = AIOKafkaConsumer(
        topic,
        **broker.address.arguments(),
        group_id=topic,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    assert not is_member(consumer)
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            record = await consumer.getone()
        assert is_member(consumer)
        partition = TopicPartition(topic, record.partition)
        await commit_once(consumer, {partition: record.offset + 1})
        assert await consumer.committed(partition) == record.offset + 1
        assert await partitions_of(consumer, topic) == {0}
        assert await partitions_of(consumer, broker.new_topic()) == frozenset()
        forget_membership(consumer)
        assert not is_member(consumer)
        with pytest.raises(CommitFailedError):
            await commit_once(consumer, {partition: record.offset + 1})
    finally:
        await disconnect(consumer)
        await consumer.stop()
