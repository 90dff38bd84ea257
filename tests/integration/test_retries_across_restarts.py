"""Tests a provider that refuses one customer: attempts are bounded whatever restarts, and no one else notices."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from deployments.autoscaling import BACKLOG, OLDEST_S, PARTITIONS
from domain import topics
from domain.channels import Channel
from domain.errors import ProviderUnavailable
from domain.messages import Part, Receipt
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from tests.integration.brokers import Broker, until
from tests.integration.queues import delivering, relaying, reply
from tests.integration.stages import RecordingSender, by_whatsapp

pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.timeout(170)]
Owner = asyncpg.Connection

BROKEN, FINE = "+12025550143", "+12025550144"
FIVE = RetryPolicy(
    max_attempts=5,
    first_delay=timedelta(milliseconds=20),
    longest_delay=timedelta(milliseconds=100),
)


class OneNumberFails(RecordingSender):
    """A provider that answers 500 for one number; `tried` are the texts that it was asked to send there."""

    def __init__(self, asks_for: timedelta | None = None) -> None:
        super().__init__()
        self._asks_for = asks_for
        self.tried: list[str] = []

    async def send(self, part: Part) -> Receipt:
        if part.message.recipient.value == BROKEN:
            self.tried.append(part.text)
            raise ProviderUnavailable("500", self._asks_for)
        return await super().send(part)


async def whatsapp(open_uow: OpenUnitOfWork, phone: str, text: str) -> UUID:
    return await reply(open_uow, by_whatsapp("Hello?", phone), text)


async def test_attempts_are_as_many_as_configured_however_often_the_readers_change(
    own_broker: Broker, open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sender = OneNumberFails()
    texts = ["one", "two", "three"]
    replies = [await whatsapp(open_uow, BROKEN, text) for text in texts]
    async with relaying(open_uow, own_broker):
        for tries in (2, 4):
            async with delivering(open_uow, own_broker, {Channel.WHATSAPP: sender}, FIVE):
                await until(lambda tries=tries: len(sender.tried) >= tries)  # type: ignore[misc]
        async with delivering(open_uow, own_broker, {Channel.WHATSAPP: sender}, FIVE):
            await until(lambda: len(sender.tried) >= 15, 60)
            async with asyncio.timeout(30):
                while await owner.fetchval("SELECT count(*) FROM dead_letters") < 3:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    assert Counter(sender.tried) == dict.fromkeys(texts, 5)
    assert sender.tried == sorted(sender.tried, key=texts.index)
    letters = await owner.fetch("SELECT message_id, attempts FROM dead_letters ORDER BY created_at")
    assert [(row["message_id"], row["attempts"]) for row in letters] == [
        (reply, 5) for reply in replies
    ]
    tried = await owner.fetch("SELECT DISTINCT message_id FROM deliveries")
    assert {row["message_id"] for row in tried} == set(replies)


async def test_a_reply_that_waits_for_its_next_attempt_is_no_backlog_and_holds_no_offset(
    own_broker: Broker, open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sender = OneNumberFails(asks_for=timedelta(hours=1))
    for number in range(6):
        await whatsapp(open_uow, BROKEN, f"{number}")
    fine = await whatsapp(open_uow, FINE, "fine")
    async with (
        relaying(open_uow, own_broker),
        delivering(open_uow, own_broker, {Channel.WHATSAPP: sender}, FIVE) as consumer,
    ):
        await until(lambda: bool(sender.sent) and bool(sender.tried))
        idle = {BACKLOG: 0.0, OLDEST_S: 0.0, PARTITIONS: 0.0}
        async with asyncio.timeout(30):
            while await consumer.load() | {PARTITIONS: 0.0} != idle:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        # The broker has nothing left to hand over: what waits is in the database.
        async with asyncio.timeout(30):
            while await own_broker.committed(topics.OUTGOING, topics.DELIVERY_GROUP) != 7:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert sender.tried == ["0"]
    assert [part.message.key for part in sender.sent] == [fine]
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE state = 'undelivered'") == 6
