"""Nobody gets to the embedded broker without its password."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from messaging.address import BrokerAddress
from messaging.broker_watch import BrokerWatch
from messaging.topics import ensure_topics
from serve_app.local.broker_gate import OPEN_NETWORK
from tests.integration.brokers import Broker, start_broker, until

METADATA, API_VERSIONS, PRODUCE = 3, 18, 0


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Broker]:
    broker = start_broker("embedded", tmp_path)
    yield broker
    broker.daemon.stop()


def has_own_network(broker: Broker) -> bool:
    return OPEN_NETWORK not in broker.daemon.last_lines()


def request(key: int, body: bytes = b"", version: int = 0) -> bytes:
    header = struct.pack(">hhih", key, version, 7, 2) + b"me"
    return struct.pack(">i", len(header + body)) + header + body


def answer(port: int, *requests: bytes) -> bytes:
    """All that comes back until the other side ends or a second has passed."""
    found = b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=3)) as connection:
        connection.settimeout(1)
        connection.sendall(b"".join(requests))
        try:
            while data := connection.recv(65_536):
                found += data
        except OSError:
            pass
    return found


async def test_with_the_password_it_is_the_broker_and_with_no_other(embedded: Broker) -> None:
    await ensure_topics(embedded.address, {"topic": 2})
    async with AIOKafkaProducer(**embedded.address.arguments()) as producer:
        await producer.send_and_wait("topic", b"record")
    for stranger in (
        BrokerAddress(embedded.address.servers),
        replace(embedded.address, password=""),
        replace(embedded.address, password=embedded.address.password[:-1]),
        replace(embedded.address, username="other"),
        replace(embedded.address, sasl_mechanism="SCRAM-SHA-256"),
    ):
        producer = AIOKafkaProducer(**stranger.arguments(), request_timeout_ms=2000)
        with pytest.raises((KafkaError, OSError)):
            await producer.start()
        await producer.stop()


@pytest.mark.parametrize(
    "sent",
    [
        request(METADATA, bytes(4)),
        request(API_VERSIONS) + request(METADATA, bytes(4)),
        request(PRODUCE, bytes(100)),
        request(17, struct.pack(">h", 5) + b"PLAIN", 1) + request(METADATA, bytes(4)),
        request(36, struct.pack(">i", 3) + b"\0a\0"),
        request(17, struct.pack(">h", 13) + b"SCRAM-SHA-256", 1) + request(36, bytes(4)),
        request(17, struct.pack(">h", 5) + b"PLAIN", 0) + struct.pack(">i", 5) + b"\0a\0b\0",
        b"\x7f\xff\xff\xff" + bytes(100),
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
        request(17, b"\x7f\xff", 1),
        request(36, b"\xff\xff\xff\xff", 1),
    ],
)
async def test_nothing_passes_before_the_password(embedded: Broker, sent: bytes) -> None:
    await ensure_topics(embedded.address, {"only-for-friends": 1})
    found = await asyncio.to_thread(answer, embedded.port, sent)
    assert b"only-for-friends" not in found
    # The next client is served.
    await ensure_topics(embedded.address, {"only-for-friends": 1})


def test_the_broker_itself_listens_where_nobody_else_is(embedded: Broker) -> None:
    if not has_own_network(embedded):
        pytest.skip("this system allows no network namespace: the start says so")
    gate = embedded.daemon.pid_file.find()
    assert gate is not None
    [broker] = gate.children()
    networks = [os.readlink(f"/proc/{pid}/ns/net") for pid in (broker.pid, gate.pid, os.getpid())]
    assert networks[0] == networks[1] != networks[2]


async def test_a_watch_notices_a_killed_gate_and_the_broker_ends_with_it(embedded: Broker) -> None:
    ended = asyncio.Event()
    watch = await BrokerWatch.open(embedded.address, ended.set)
    gate = embedded.daemon.pid_file.find()
    assert gate is not None
    [broker] = gate.children()
    embedded.kill()
    await until(ended.is_set)
    await until(lambda: not broker.is_running() or broker.status() == psutil.STATUS_ZOMBIE)
    await watch.close()
    embedded.restart()
    await ensure_topics(embedded.address, {"topic": 1})


async def test_a_killed_broker_ends_its_gate(embedded: Broker) -> None:
    gate = embedded.daemon.pid_file.find()
    assert gate is not None
    [broker] = gate.children()
    broker.kill()
    await until(lambda: not embedded.daemon.is_running)
    producer = AIOKafkaProducer(**embedded.address.arguments())
    with pytest.raises(KafkaConnectionError):
        await producer.start()
    await producer.stop()
