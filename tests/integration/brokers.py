"""Starts brokers: every test that asks for one runs on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from domain.topics import DEAD_LETTERS, INCOMING, OUTGOING
from messaging.address import BrokerAddress
from serve_app.local.broker import broker_address, embedded_broker, kafka_node
from serve_app.local.daemon import Daemon
from serve_app.local.ports import find_free_port

PARTITIONS = 4


@dataclass(slots=True)
class Broker:
    """A broker of a test's own kind; topics have names of their own, so tests can share it."""

    kind: str
    port: int
    data_dir: Path
    daemon: Daemon

    @property
    def address(self) -> BrokerAddress:
        return broker_address(self.data_dir / "run", self.port)

    @property
    def keeps_records(self) -> bool:
        return self.kind == "apache"

    def new_topic(self) -> str:
        return f"test.{uuid4().hex}"

    def kill(self) -> None:
        """kill -9, as the machine would."""
        process = self.daemon.pid_file.find()
        assert process is not None
        process.kill()
        process.wait(10)

    def restart(self) -> None:
        self.daemon.start()

    def lose_everything(self) -> None:
        """Kill it and start it without a single record, topic or offset."""
        self.kill()
        shutil.rmtree(self.data_dir / "log", ignore_errors=True)
        self.restart()

    async def read_all(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        """Keys and values of a topic, partition by partition."""
        async with self.reader() as reader:
            partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            reader.assign(partitions)
            await reader.seek_to_beginning(*partitions)
            ends = await reader.end_offsets(partitions)
            found = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batch = await reader.getmany(partition, timeout_ms=200)
                    found += [(r.key, r.value) for records in batch.values() for r in records]
            return found

    async def count_partitions(self, topic: str) -> int:
        admin = AIOKafkaAdminClient(**self.address.arguments())
        await admin.start()
        try:
            async with asyncio.timeout(10):
                while True:
                    [found] = await admin.describe_topics([topic])
                    if found["partitions"]:
                        return len(found["partitions"])
        finally:
            await admin.close()

    async def limit_records(self, topic: str, max_bytes: int) -> None:
        """From now on the broker refuses batches of this topic that are larger."""
        admin = AIOKafkaAdminClient(**self.address.arguments())
        await admin.start()
        try:
            limit = {"max.message.bytes": str(max_bytes)}
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic, configs=limit)]
            )
        finally:
            await admin.close()

    async def committed(self, topic: str, group_id: str) -> int:
        """All offsets that a group has committed on a topic, added up."""
        async with self.reader(group_id) as reader:
            partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            reader.assign(partitions)
            offsets = [await reader.committed(partition) for partition in partitions]
            return sum(offset or 0 for offset in offsets)

    @asynccontextmanager
    async def reader(self, group_id: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
        reader = AIOKafkaConsumer(
            **self.address.arguments(),
            group_id=group_id,
            enable_auto_commit=False,
            fetch_max_wait_ms=40,
        )
        await reader.start()
        try:
            yield reader
        finally:
            await reader.stop()


def start_broker(kind: str, folder: Path) -> Broker:
    """A broker of `kind` on a free port; skips the test where there is no Apache Kafka."""
    port = find_free_port()
    if kind == "embedded":
        daemon = embedded_broker(folder / "run", folder / "logs", port, find_free_port([port]))
    else:
        home = os.environ.get("KAFKA_HOME")
        if not home:
            pytest.skip("KAFKA_HOME is not set: no Apache Kafka to test on")
        controller = find_free_port([port])
        daemon = kafka_node(Path(home), folder, folder / "run", folder / "logs", port, controller)
    daemon.start()
    return Broker(kind, port, folder, daemon)


def _run_broker(kind: str) -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="broker-"))
    broker = start_broker(kind, folder)
    yield broker
    broker.daemon.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["embedded", "apache"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Shared by all tests of a run: use a topic and a group of your own."""
    yield from _run_broker(request.param)


@pytest.fixture(params=["embedded", "apache"])
def own_broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """For tests that kill it."""
    yield from _run_broker(request.param)


def partitions_of(*names: str) -> Mapping[str, int]:
    return dict.fromkeys(names or (INCOMING, OUTGOING, DEAD_LETTERS), PARTITIONS)


async def until(claim: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a state; fails when it has not come within `seconds`."""
    async with asyncio.timeout(seconds):
        while not claim():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
