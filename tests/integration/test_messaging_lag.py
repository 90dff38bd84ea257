"""Tests how far a group is behind, seen from outside and by its own member, on either broker."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import BrokerUnavailable
from messaging.address import BrokerAddress
from messaging.keyed_workers import Record
from messaging.lag import GroupLag
from tests.integration.brokers import Broker, until
from tests.integration.test_messaging_consumer import Stage, consuming, stage_on

pytestmark = pytest.mark.kafka


async def test_lag_is_what_was_published_and_is_not_finished(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        lag = GroupLag(broker.address, stage.group, stage.topic)
        for number in range(12):
            await stage.publish(f"key{number}", f"{number}")
        assert await lag.records() == 12
        stage.gate.clear()
        async with consuming(stage) as consumer:
            await until(lambda: stage.running == 8)
            assert await consumer.lag() == 12
            assert consumer.partitions(stage.topic) == 4
            stage.gate.set()
            await until(lambda: stage.count == 12)
        assert await lag.records() == 0
        await lag.close()


class OneIsStuck(Stage):
    """Holds the record "stuck" until the end, as one that waits for its retry is held."""

    def __init__(self, broker: Broker, topic: str, group: str) -> None:
        super().__init__(broker, topic, group)
        self.end = asyncio.Event()

    async def handle(self, record: Record) -> None:
        if record.value == b"stuck":
            await self.end.wait()
        await super().handle(record)


async def test_what_is_finished_behind_a_stuck_record_is_no_work_any_more(broker: Broker) -> None:
    async with stage_on(broker) as plain:
        stage = OneIsStuck(broker, plain.topic, plain.group)
        await plain.publish("key", "stuck")
        async with consuming(stage) as consumer:
            for number in range(20):
                await plain.publish(f"key{number}", f"{number}")
            await until(lambda: stage.count == 20)
            assert await consumer.lag() == 1
            stage.end.set()
        await stage.publisher.stop()


async def test_a_broker_that_is_away_has_no_lag_to_tell() -> None:
    with pytest.raises(BrokerUnavailable):
        await GroupLag(BrokerAddress("127.0.0.1:9"), "group", "topic").records()
