"""Tests what the publisher promises to the relay, on either broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from domain.errors import BrokerUnavailable, Malformed
from messaging.address import BrokerAddress
from messaging.publisher import KafkaPublisher
from messaging.topics import ensure_topics, probe_broker
from serve_app.local.ports import find_free_port
from tests.integration.brokers import Broker, partitions_of

pytestmark = pytest.mark.kafka

SOON = timedelta(seconds=3)
"""Where the broker is away and that has to be noticed."""


@asynccontextmanager
async def publishing(
    broker: Broker, topic: str, gives_up_after: timedelta = timedelta(seconds=30)
) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(
        broker.address,
        partitions=partitions_of(topic),
        timeout=gives_up_after,
        pause_after_failure=timedelta(milliseconds=100),
    )
    try:
        yield publisher
    finally:
        await publisher.stop()


async def publish_when_back(publisher: KafkaPublisher, topic: str, value: bytes) -> None:
    async with asyncio.timeout(40):
        while True:
            try:
                await publisher.publish(topic, "k", value, {})
            except BrokerUnavailable:
                await asyncio.sleep(0.1)
            else:
                return


async def test_making_the_topics_twice_changes_nothing(broker: Broker) -> None:
    topic = broker.new_topic()
    await ensure_topics(broker.address, {topic: 3})
    await ensure_topics(broker.address, {topic: 5})
    assert await broker.count_partitions(topic) == 3


async def test_producer_ids_are_used_where_the_broker_hands_them_out(broker: Broker) -> None:
    traits = await probe_broker(broker.address)
    assert traits.is_idempotent == broker.keeps_records


async def test_records_of_a_key_lie_in_one_partition_in_the_order_published(
    broker: Broker,
) -> None:
    topic = broker.new_topic()
    async with publishing(broker, topic) as publisher:
        for number in range(20):
            for key in ("a", "b", "c"):
                await publisher.publish(topic, key, b"%d" % number, {"traceparent": b"x"})
    found = await broker.read_all(topic)
    for key in (b"a", b"b", b"c"):
        assert [value for k, value in found if k == key] == [b"%d" % n for n in range(20)]


async def test_many_publishes_at_once_share_one_connection(broker: Broker) -> None:
    topic = broker.new_topic()
    async with publishing(broker, topic) as publisher:
        await asyncio.gather(*(publisher.publish(topic, f"{n}", b"x", {}) for n in range(200)))
    assert len(await broker.read_all(topic)) == 200


async def test_a_record_over_the_size_limit_is_malformed_not_an_outage(broker: Broker) -> None:
    topic = broker.new_topic()
    async with publishing(broker, topic) as publisher:
        with pytest.raises(Malformed):
            await publisher.publish(topic, "k", b"x" * 2_000_000, {})
        await publisher.publish(topic, "k", b"small", {})
    assert await broker.read_all(topic) == [(b"k", b"small")]


async def test_without_a_broker_publishing_fails_within_its_time_limit() -> None:
    publisher = KafkaPublisher(
        BrokerAddress(f"127.0.0.1:{find_free_port()}"), timeout=timedelta(seconds=1)
    )
    async with asyncio.timeout(20):
        results = await asyncio.gather(
            *(publisher.publish("t", f"{n}", b"x", {}) for n in range(50)), return_exceptions=True
        )
    assert {type(result) for result in results} == {BrokerUnavailable}
    await publisher.stop()


async def test_after_the_broker_was_killed_and_restarted_publishing_goes_on(
    own_broker: Broker,
) -> None:
    topic = own_broker.new_topic()
    async with publishing(own_broker, topic, SOON) as publisher:
        await publisher.publish(topic, "k", b"before", {})
        own_broker.kill()
        with pytest.raises(BrokerUnavailable):
            await publisher.publish(topic, "k", b"lost", {})
        await asyncio.to_thread(own_broker.restart)
        await publish_when_back(publisher, topic, b"after")
        values = [value for _, value in await own_broker.read_all(topic)]
    assert values[-1] == b"after"
    assert (b"before" in values) == own_broker.keeps_records


async def test_a_broker_that_came_back_empty_gets_its_topics_again(own_broker: Broker) -> None:
    topic = own_broker.new_topic()
    async with publishing(own_broker, topic, SOON) as publisher:
        for number in range(5):
            await publisher.publish(topic, "k", b"%d" % number, {})
        await asyncio.to_thread(own_broker.lose_everything)
        await publish_when_back(publisher, topic, b"first")
        await publish_when_back(publisher, topic, b"second")
        values = [value for _, value in await own_broker.read_all(topic)]
    assert values[-2:] == [b"first", b"second"]
    assert not {b"0", b"1", b"2"} & set(values)
