"""Tests what the keyed consumer promises to the stages, on either broker."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.protocol.group import JoinGroupRequest

from domain.errors import BrokerUnavailable, Malformed, StoreUnavailable
from domain.retry import RetryPolicy
from messaging.consumer import KeyedConsumer
from messaging.groups import is_stable
from messaging.keyed_workers import Record
from messaging.publisher import KafkaPublisher
from tests.integration.brokers import Broker, partitions_of, until

pytestmark = pytest.mark.kafka

QUICK = RetryPolicy(
    max_attempts=3,
    first_delay=timedelta(milliseconds=20),
    longest_delay=timedelta(milliseconds=200),
)


class Stage:
    """A consumer with a handler that notes what it sees, and a publisher to feed it."""

    def __init__(self, broker: Broker, topic: str, group: str) -> None:
        self.broker, self.topic, self.group = broker, topic, group
        self.seen: dict[str, list[str]] = defaultdict(list)
        self.dead: list[tuple[str, str, int]] = []
        self.running = 0
        self.most_running = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures: dict[str, list[Exception]] = {}
        self.dead_fails = 0
        self.publisher = KafkaPublisher(
            broker.address,
            partitions=partitions_of(topic),
            timeout=timedelta(seconds=30),
            pause_after_failure=timedelta(milliseconds=100),
        )

    def consumer(self, max_concurrent: int = 8, max_unfinished: int = 1000) -> KeyedConsumer:
        return KeyedConsumer(
            self.broker.address,
            [self.topic],
            self.group,
            self.handle,
            self.put_away,
            retry=QUICK,
            max_concurrent=max_concurrent,
            max_unfinished=max_unfinished,
            session_timeout=timedelta(seconds=6),
            partitions=partitions_of(self.topic),
        )

    async def handle(self, record: Record) -> None:
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            await self.gate.wait()
            value = record.value.decode()
            planned = self.failures.get(value)
            if planned:
                raise planned.pop(0)
            assert record.key is not None
            self.seen[record.key.decode()].append(value)
        finally:
            self.running -= 1

    async def put_away(self, record: Record, cause: str, attempts: int) -> None:
        if self.dead_fails:
            self.dead_fails -= 1
            raise StoreUnavailable("the dead letters' table is away too")
        self.dead.append((record.value.decode(), cause, attempts))

    async def publish(self, key: str, value: str) -> None:
        async with asyncio.timeout(40):
            while True:
                try:
                    await self.publisher.publish(self.topic, key, value.encode(), {})
                except BrokerUnavailable:
                    await asyncio.sleep(0.1)
                else:
                    return

    @property
    def count(self) -> int:
        return sum(len(values) for values in self.seen.values())


@asynccontextmanager
async def stage_on(broker: Broker) -> AsyncIterator[Stage]:
    stage = Stage(broker, broker.new_topic(), f"group.{uuid4().hex}")
    try:
        yield stage
    finally:
        await stage.publisher.stop()


@asynccontextmanager
async def consuming(stage: Stage, **limits: int) -> AsyncIterator[KeyedConsumer]:
    consumer = stage.consumer(**limits)
    consumer.start()
    try:
        yield consumer
    finally:
        await consumer.drain(timedelta(seconds=5))


async def test_each_key_is_handled_in_order_and_keys_side_by_side(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        for number in range(10):
            for key in "abcdefgh":
                await stage.publish(key, f"{number}")
        stage.gate.clear()
        async with consuming(stage):
            await until(lambda: stage.running == 8)
            stage.gate.set()
            await until(lambda: stage.count == 80)
    assert all(values == [f"{n}" for n in range(10)] for values in stage.seen.values())
    assert stage.most_running == 8


async def test_what_is_finished_is_not_handled_again_by_the_next_member(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        for number in range(12):
            await stage.publish(f"{number % 5}", f"{number}")
        async with consuming(stage):
            await until(lambda: stage.count == 12)
        assert await broker.committed(stage.topic, stage.group) == 12
        await stage.publish("x", "13")
        async with consuming(stage) as second:
            await until(lambda: bool(stage.seen["x"]))
            assert await second.lag() == 0
    assert stage.count == 13


async def test_a_failing_record_holds_its_own_key_and_no_other(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        stage.failures = {"bad": [StoreUnavailable("away"), StoreUnavailable("away")]}
        await stage.publish("a", "bad")
        await stage.publish("a", "after")
        await stage.publish("b", "other")
        async with consuming(stage):
            await until(lambda: stage.count == 3)
    assert stage.seen == {"a": ["bad", "after"], "b": ["other"]}
    assert stage.dead == []


async def test_poison_goes_to_the_dead_letters_at_once_and_reading_goes_on(
    broker: Broker,
) -> None:
    async with stage_on(broker) as stage:
        stage.failures = {"poison": [Malformed("no valid envelope")]}
        await stage.publish("a", "poison")
        await stage.publish("a", "good")
        async with consuming(stage):
            await until(lambda: stage.count == 1)
        assert await broker.committed(stage.topic, stage.group) == 2
    [(value, cause, attempts)] = stage.dead
    assert (value, attempts) == ("poison", 1)
    assert "no valid envelope" in cause


async def test_a_record_that_never_succeeds_is_given_up_after_the_policys_attempts(
    broker: Broker,
) -> None:
    async with stage_on(broker) as stage:
        stage.failures = {"bad": [RuntimeError("a bug")] * 9}
        await stage.publish("a", "bad")
        await stage.publish("a", "good")
        async with consuming(stage):
            await until(lambda: stage.count == 1)
    assert [(value, attempts) for value, _, attempts in stage.dead] == [("bad", 3)]


async def test_while_dead_letters_cant_be_kept_the_record_is_tried_on(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        stage.failures = {"late": [StoreUnavailable("away")] * 5}
        stage.dead_fails = 100
        await stage.publish("a", "late")
        async with consuming(stage):
            await until(lambda: stage.count == 1)
    assert stage.seen == {"a": ["late"]}
    assert stage.dead == []


async def test_a_full_window_pauses_reading_and_loses_nothing(broker: Broker) -> None:
    async with stage_on(broker) as stage:
        await asyncio.gather(*(stage.publish(f"k{n}", f"{n}") for n in range(60)))
        stage.gate.clear()
        async with consuming(stage, max_concurrent=4, max_unfinished=5) as consumer:
            await until(lambda: stage.running == 4)
            await until(lambda: consumer.is_alive)
            stage.gate.set()
            await until(lambda: stage.count == 60)
    assert stage.most_running == 4


async def test_draining_lets_running_work_end_and_leaves_the_rest_to_others(
    broker: Broker,
) -> None:
    async with stage_on(broker) as stage:
        for number in range(6):
            await stage.publish("one key", f"{number}")
        stage.gate.clear()
        first = stage.consumer()
        first.start()
        await until(lambda: stage.running == 1)
        draining = asyncio.create_task(first.drain(timedelta(seconds=5)))
        await asyncio.sleep(0)
        stage.gate.set()
        await draining
        assert stage.seen["one key"] == ["0"]
        async with consuming(stage):
            await until(lambda: stage.count == 6)
    assert stage.seen["one key"] == [f"{n}" for n in range(6)]


async def test_two_members_share_the_work_and_lose_nothing_when_one_joins_late(
    broker: Broker,
) -> None:
    async with stage_on(broker) as stage, consuming(stage):
        for number in range(20):
            await stage.publish(f"k{number % 7}", f"{number}")
        await until(lambda: stage.count >= 10)
        async with consuming(stage) as second:
            for number in range(20, 60):
                await stage.publish(f"k{number % 7}", f"{number}")
            handled = lambda: len({v for vs in stage.seen.values() for v in vs})  # noqa: E731
            await until(lambda: handled() == 60)
            await until(lambda: second.is_alive)
    for values in stage.seen.values():
        assert list(dict.fromkeys(values)) == sorted(set(values), key=int)


async def test_a_member_that_leaves_while_another_joins_leaves_a_group_that_works(
    broker: Broker,
) -> None:
    async with stage_on(broker) as stage:
        await stage.publish("a", "1")
        async with consuming(stage):
            await until(lambda: stage.count == 1)
            # A client says farewell from its second generation on.
            await _join_and_vanish(stage)
            async with asyncio.timeout(30):
                while not await is_stable(broker.address, stage.group):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            await _join_and_vanish(stage)
        await stage.publish("a", "2")
        async with consuming(stage):
            await until(lambda: stage.seen["a"] == ["1", "2"])


async def _join_and_vanish(stage: Stage) -> None:
    """What a process does that is killed after its first word to the group."""
    words = RoundRobinPartitionAssignor.metadata([stage.topic]).encode()
    request = JoinGroupRequest(
        stage.group, 6000, 6000, "", None, "consumer", [("roundrobin", words)]
    )
    admin = AIOKafkaAdminClient(**stage.broker.address.arguments())
    await admin.start()
    try:
        await admin._send_request_to_node(await admin.find_coordinator(stage.group), request)
    finally:
        await admin.close()


async def test_a_consumer_started_before_its_broker_waits_for_it(own_broker: Broker) -> None:
    own_broker.kill()
    async with stage_on(own_broker) as stage, consuming(stage) as consumer:
        with pytest.raises(BrokerUnavailable):
            await consumer.lag()
        await asyncio.to_thread(own_broker.restart)
        await stage.publish("a", "1")
        await until(lambda: stage.count == 1)


async def test_after_a_kill_of_the_broker_reading_goes_on_by_itself(own_broker: Broker) -> None:
    async with stage_on(own_broker) as stage, consuming(stage) as consumer:
        for number in range(5):
            await stage.publish("a", f"{number}")
        await until(lambda: stage.count == 5)
        own_broker.kill()
        await asyncio.to_thread(own_broker.restart)
        for number in range(5, 10):
            await stage.publish("a", f"{number}")
        everything = [f"{n}" for n in range(10)]
        await until(lambda: set(stage.seen["a"]) == set(everything), 60)
        await until(lambda: consumer.is_alive)
    if own_broker.keeps_records:
        assert list(dict.fromkeys(stage.seen["a"])) == everything


async def test_a_broker_that_came_back_empty_is_read_from_its_start(own_broker: Broker) -> None:
    async with stage_on(own_broker) as stage, consuming(stage):
        for number in range(5):
            await stage.publish("a", f"{number}")
        await until(lambda: stage.count == 5)
        await asyncio.to_thread(own_broker.lose_everything)
        for number in range(5, 15):
            await stage.publish("a", f"{number}")
        await until(lambda: set(stage.seen["a"]) == {f"{n}" for n in range(15)}, 60)
