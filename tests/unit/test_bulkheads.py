"""Tests what a provider's bulkhead lets through, and when."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.errors import Postponed
from pipeline.bulkheads import Bulkhead, BulkheadSettings

SETTINGS = BulkheadSettings(
    places=2, patience=timedelta(milliseconds=20), failures=3, pause=timedelta(seconds=6)
)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bulkhead(clock: Clock) -> Bulkhead:
    return Bulkhead("the provider", SETTINGS, clock)


async def test_a_reply_waits_for_a_place_and_gets_the_first_that_becomes_free() -> None:
    bulkhead = Bulkhead("the provider", replace(SETTINGS, patience=timedelta(seconds=60)))
    order: list[str] = []

    async def deliver(name: str, gate: asyncio.Event) -> None:
        async with bulkhead.place(uuid4()):
            order.append(name)
            await gate.wait()

    held, free = asyncio.Event(), asyncio.Event()
    free.set()
    tasks = [asyncio.create_task(deliver(name, held)) for name in ("a", "b")]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(deliver(name, free)) for name in ("c", "d")]
    await asyncio.sleep(0)
    assert order == ["a", "b"]
    held.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "c", "d"]


async def test_places_that_hang_are_waited_for_once_and_then_no_more(bulkhead: Bulkhead) -> None:
    async with AsyncExitStack() as hanging:
        for _ in range(SETTINGS.places):
            await hanging.enter_async_context(bulkhead.place(uuid4()))
        with pytest.raises(Postponed, match="no place became free"):
            async with bulkhead.place(uuid4()):
                raise AssertionError
        with pytest.raises(Postponed, match="all its places are held") as postponed:
            async with bulkhead.place(uuid4()):
                raise AssertionError
        assert postponed.value.retry_after >= SETTINGS.patience
    async with bulkhead.place(uuid4()):
        pass


def fail_for(bulkhead: Bulkhead, customers: int) -> None:
    for _ in range(customers):
        bulkhead.begin_send(uuid4())
        bulkhead.fail(uuid4())


def test_customers_that_fail_in_a_row_stop_the_sends_until_one_of_a_pause_succeeds(
    bulkhead: Bulkhead, clock: Clock
) -> None:
    fail_for(bulkhead, 3)
    with pytest.raises(Postponed) as postponed:
        bulkhead.begin_send(uuid4())
    assert postponed.value.retry_after >= SETTINGS.pause
    clock.now += SETTINGS.pause
    bulkhead.begin_send(uuid4())
    with pytest.raises(Postponed):
        bulkhead.begin_send(uuid4())
    bulkhead.succeed()
    fail_for(bulkhead, 2)
    bulkhead.begin_send(uuid4())


def test_one_customer_whose_sends_fail_stops_nobody(bulkhead: Bulkhead) -> None:
    customer = uuid4()
    for _ in range(50):
        bulkhead.begin_send(uuid4())
        bulkhead.fail(customer)
    bulkhead.begin_send(uuid4())


def test_many_postponed_replies_come_back_over_a_longer_time(bulkhead: Bulkhead) -> None:
    fail_for(bulkhead, 3)
    delays = []
    for _ in range(1000):
        with pytest.raises(Postponed) as postponed:
            bulkhead.begin_send(uuid4())
        delays.append(postponed.value.retry_after)
    assert max(delays) > 3 * SETTINGS.pause
    assert max(delays) <= SETTINGS.pause + timedelta(seconds=60)
