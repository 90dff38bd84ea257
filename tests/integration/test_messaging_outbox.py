"""Checks that every outbox row has an end of its own, on either broker: published, tried again later, or put aside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from deployments.metrics import InMemoryMeter
from deployments.outbox_publisher import OutboxPublisher
from domain import topics
from domain.errors import BrokerUnavailable, LeaseLost, Malformed
from domain.leases import RELAY, Lease
from domain.stores import OpenUnitOfWork
from messaging.publisher import KafkaPublisher
from pipeline.dead_letter import dead_letter
from pipeline.relay import relay_once
from tests.integration.brokers import Broker, partitions_of, until
from tests.integration.correspondence import a_message, store


@asynccontextmanager
async def publishing(broker: Broker, *more_topics: str) -> AsyncIterator[KafkaPublisher]:
    names = (topics.INCOMING, topics.OUTGOING, topics.DEAD_LETTERS, *more_topics)
    publisher = KafkaPublisher(
        broker.address,
        partitions=partitions_of(*names),
        timeout=timedelta(seconds=30),
        pause_after_failure=timedelta(milliseconds=100),
    )
    try:
        yield publisher
    finally:
        await publisher.stop()


async def add(
    open_uow: OpenUnitOfWork,
    key: UUID,
    value: Mapping[str, object],
    *,
    topic: str = topics.INCOMING,
    headers: Mapping[str, str] | None = None,
) -> None:
    async with open_uow() as uow:
        await uow.outbox.add(topic, key, value, headers or {})
        await uow.commit()


async def relay(
    open_uow: OpenUnitOfWork, publisher: KafkaPublisher, rounds: int, limit: int
) -> None:
    """Some rounds, as the stage does them: whatever one raises, the next one begins."""
    for _ in range(rounds):
        try:
            await relay_once(open_uow, publisher, limit)
        except (BrokerUnavailable, Malformed):
            continue


async def records(broker: Broker, topic: str) -> dict[bytes | None, list[dict[str, object]]]:
    """The values of a topic by their key."""
    found: dict[bytes | None, list[dict[str, object]]] = {}
    for key, value in await broker.read_all(topic):
        found.setdefault(key, []).append(json.loads(value or b"{}"))
    return found


async def numbers(broker: Broker, key: UUID, topic: str = topics.INCOMING) -> list[object]:
    found = (await records(broker, topic)).get(str(key).encode(), [])
    return [record["n"] for record in found]


async def dead_letter_garbage(
    open_uow: OpenUnitOfWork, garbage: bytes, key: str | None = None
) -> str:
    origin = f"{topics.INCOMING}/0/7/{uuid4().hex}"
    await dead_letter(
        open_uow,
        topic=topics.INCOMING,
        key=key,
        value=garbage,
        origin=origin,
        message_id=None,
        cause="no valid envelope",
        attempts=1,
    )
    return origin


@pytest.mark.postgres
@pytest.mark.kafka
async def test_a_huge_record_of_garbage_is_kept_whole_and_its_dead_letter_names_it(
    broker: Broker, open_uow: OpenUnitOfWork
) -> None:
    garbage = b"\xff" * 800_000
    origin = await dead_letter_garbage(open_uow, garbage)
    async with publishing(broker) as publisher:
        await relay(open_uow, publisher, rounds=2, limit=500)
    async with open_uow() as uow:
        assert await uow.outbox.backlog() == (0, None)
        [letter] = await uow.dead_letters.list("open", 9)
    assert letter.value == garbage
    found = [
        record
        for values in (await records(broker, topics.DEAD_LETTERS)).values()
        for record in values
        if record.get("origin") == origin
    ]
    assert len(found) == 1
    assert found[0]["dead_letter_id"] == str(letter.id)
    assert found[0]["cause"] == "no valid envelope"
    assert found[0]["size"] == 800_000
    assert found[0]["sha256"] == hashlib.sha256(garbage).hexdigest()
    head = base64.b64decode(str(found[0]["head_base64"]))
    assert garbage.startswith(head)
    assert len(head) <= 1024


@pytest.mark.postgres
@pytest.mark.kafka
async def test_a_key_of_nul_bytes_and_of_any_length_is_dead_lettered_as_well(
    broker: Broker, open_uow: OpenUnitOfWork
) -> None:
    origins = {
        await dead_letter_garbage(open_uow, b"{", key="\x00\x00"),
        await dead_letter_garbage(open_uow, b"{", key="k" * 900_000),
    }
    async with publishing(broker) as publisher:
        await relay(open_uow, publisher, rounds=2, limit=500)
    found = {
        record.get("origin")
        for values in (await records(broker, topics.DEAD_LETTERS)).values()
        for record in values
    }
    assert origins <= found


@pytest.mark.postgres
@pytest.mark.kafka
async def test_what_the_broker_never_takes_is_put_aside_and_stops_nothing(
    broker: Broker, open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    first, second = uuid4(), uuid4()
    await add(open_uow, first, {"n": 1})
    await add(open_uow, first, {"n": 2, "filler": "x" * 2_000_000})
    await add(open_uow, first, {"n": 3}, topic="no topic/has this name")
    await owner.execute(
        "INSERT INTO outbox (topic, key, value, headers) VALUES ($1, $2, '{\"n\": 4}', '{\"a\": 7}')",
        topics.INCOMING,
        first,
    )
    await add(open_uow, first, {"n": 5})
    await add(open_uow, second, {"n": 6})
    async with publishing(broker) as publisher:
        # What is put aside is told on the topic of the dead letters, by the round after it.
        await relay(open_uow, publisher, rounds=3, limit=500)
    assert await numbers(broker, first) == [1, 5]
    assert await numbers(broker, second) == [6]
    async with open_uow() as uow:
        assert await uow.outbox.backlog() == (0, None)
        letters = await uow.dead_letters.list("open", 9)
    assert [json.loads(letter.value)["n"] for letter in letters] == [2, 3, 4]
    assert all(letter.attempts == 1 and letter.cause for letter in letters)


@pytest.mark.postgres
@pytest.mark.kafka
async def test_more_refused_rows_than_a_round_takes_let_a_newer_one_through(
    broker: Broker, open_uow: OpenUnitOfWork
) -> None:
    for number in range(10):
        await add(open_uow, uuid4(), {"n": number}, topic=f"no/topic/{number}")
    newer = uuid4()
    await add(open_uow, newer, {"n": 11})
    async with publishing(broker) as publisher:
        await relay(open_uow, publisher, rounds=4, limit=5)
    assert await numbers(broker, newer) == [11]


@pytest.mark.postgres
@pytest.mark.kafka
async def test_a_record_that_the_broker_refuses_takes_no_neighbour_of_its_batch_along(
    broker: Broker, open_uow: OpenUnitOfWork
) -> None:
    if not broker.keeps_records:
        pytest.skip("the embedded broker has no limit of its own for a topic")
    topic = broker.new_topic()
    async with publishing(broker, topic) as publisher:
        await publisher.start()
        await broker.limit_records(topic, 3_000)
        keys = [uuid4() for _ in range(40)]
        for number, key in enumerate(keys):
            filler = "x" * (5_000 if number == 20 else 200)
            await add(open_uow, key, {"n": number, "filler": filler}, topic=topic)
        for _ in range(40):
            await relay(open_uow, publisher, rounds=1, limit=500)
            async with open_uow() as uow:
                if (await uow.outbox.backlog())[0] == 0:
                    break
            await asyncio.sleep(0.1)
    found = {record["n"] for values in (await records(broker, topic)).values() for record in values}
    assert found == set(range(40)) - {20}
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
    assert json.loads(letter.value)["n"] == 20


class PickyBroker:
    """The Publisher's port: it keeps what it takes, and fails for a key as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, object]] = []
        self.errors: dict[UUID, list[Exception]] = {}
        self.calls = 0

    async def start(self) -> None:
        """It is always there."""

    async def publish(
        self, topic: str, key: str, value: bytes, headers: Mapping[str, bytes]
    ) -> None:
        self.calls += 1
        if errors := self.errors.get(UUID(key)):
            raise errors.pop(0)
        self.taken.append((topic, json.loads(value).get("n")))

    @property
    def numbers(self) -> list[object]:
        return [number for topic, number in self.taken if topic != topics.DEAD_LETTERS]


@pytest.mark.postgres
async def test_what_was_published_is_marked_whatever_befalls_a_neighbour(
    open_uow: OpenUnitOfWork,
) -> None:
    broker, bad, good = PickyBroker(), uuid4(), uuid4()
    broker.errors[bad] = [RuntimeError("a bug")]
    await add(open_uow, bad, {"n": 1})
    await add(open_uow, good, {"n": 2})
    await relay_once(open_uow, broker)
    async with open_uow() as uow:
        assert (await uow.outbox.backlog())[0] == 1
    assert broker.numbers == [2]


@pytest.mark.postgres
async def test_a_row_that_waits_holds_its_customers_later_ones_and_no_place_of_a_round(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    broker, other = PickyBroker(), uuid4()
    waiting = [uuid4() for _ in range(3)]
    for number, key in enumerate(waiting):
        broker.errors[key] = [BrokerUnavailable("no leader for its partition")]
        await add(open_uow, key, {"n": number})
        await add(open_uow, key, {"n": 10 + number})
    await add(open_uow, other, {"n": 99})
    await relay_once(open_uow, broker, 6)
    assert broker.numbers == []
    await owner.execute("UPDATE outbox SET retry_at = now() + interval '1 hour' WHERE attempts > 0")
    await relay_once(open_uow, broker, 1)
    assert broker.numbers == [99]
    attempts = await owner.fetch("SELECT attempts FROM outbox WHERE published_at IS NULL")
    assert sorted(row["attempts"] for row in attempts) == [0, 0, 0, 1, 1, 1]
    await owner.execute("UPDATE outbox SET retry_at = now()")
    await relay_once(open_uow, broker)
    for number in range(3):
        assert broker.numbers.index(number) < broker.numbers.index(10 + number)


@pytest.mark.postgres
async def test_a_row_that_a_bug_stops_is_put_aside_after_a_few_attempts_each_counted_in_it(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    broker = PickyBroker()
    message = await store(open_uow, a_message())
    broker.errors[message.customer_id] = [RuntimeError("a bug")] * 3
    await add(open_uow, message.customer_id, {"message_id": str(message.id), "n": 1})
    await add(open_uow, message.customer_id, {"n": 2})
    for _ in range(5):
        await owner.execute("UPDATE outbox SET retry_at = now()")
        await relay_once(open_uow, broker)
    assert 2 in broker.numbers
    assert 1 not in broker.numbers
    async with open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 9)
        assert letter.message_id == message.id
        assert letter.attempts == 3
        assert "RuntimeError" in letter.cause
        # Its customer is not left alone with it.
        assert (await uow.messages.get(message.id)).state == "dead"
        ticket = await uow.tickets.current(message.conversation_id)
        assert ticket is not None
        assert ticket.escalation_reason is not None


@pytest.mark.postgres
async def test_while_no_broker_is_there_no_row_is_touched(open_uow: OpenUnitOfWork) -> None:
    class NoBroker(PickyBroker):
        async def start(self) -> None:
            raise BrokerUnavailable("no broker")

    await add(open_uow, uuid4(), {"n": 1})
    with pytest.raises(BrokerUnavailable):
        await relay_once(open_uow, NoBroker())
    async with open_uow() as uow:
        [row] = await uow.outbox.unpublished(9)
    assert row.attempts == 0


@pytest.mark.postgres
async def test_a_round_that_fails_is_followed_by_the_next_and_gives_no_lead_away(
    open_uow: OpenUnitOfWork,
) -> None:
    class ComingBroker(PickyBroker):
        def __init__(self) -> None:
            super().__init__()
            self.away: list[Exception] = [RuntimeError("a bug"), BrokerUnavailable("no broker")]

        async def start(self) -> None:
            if self.away:
                raise self.away.pop(0)

    broker = ComingBroker()
    publisher = OutboxPublisher(open_uow, broker, InMemoryMeter())
    await add(open_uow, uuid4(), {"n": 1})
    running = asyncio.create_task(publisher.run(await lease(open_uow)))
    await until(lambda: broker.numbers == [1])
    await until(lambda: publisher.reaches_broker)
    assert not running.done()
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.postgres
async def test_who_has_lost_the_lead_publishes_nothing(open_uow: OpenUnitOfWork) -> None:
    broker = PickyBroker()
    await add(open_uow, uuid4(), {"n": 1})
    lost = await lease(open_uow)
    await lease(open_uow)
    with pytest.raises(LeaseLost):
        await OutboxPublisher(open_uow, broker, InMemoryMeter()).run(lost)
    assert broker.taken == []


async def lease(open_uow: OpenUnitOfWork) -> Lease:
    """The leader's, free for the next one at once."""
    async with open_uow() as uow:
        taken = await uow.leases.acquire(RELAY, "a test", timedelta(0))
        await uow.commit()
    assert taken is not None
    return taken
