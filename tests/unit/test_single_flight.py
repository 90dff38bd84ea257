"""Checks that a flood of calls costs two runs, and none is served by a run that began before it."""

from __future__ import annotations

import asyncio

import pytest

from channels.gmail.single_flight import SingleFlight


async def test_calls_that_come_while_one_runs_share_the_next() -> None:
    single_flight, started, go_on, runs = SingleFlight(), asyncio.Event(), asyncio.Event(), 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        started.set()
        await go_on.wait()

    first = asyncio.create_task(single_flight.run(work))
    await started.wait()
    others = [asyncio.create_task(single_flight.run(work)) for _ in range(50)]
    await asyncio.sleep(0)
    assert runs == 1
    go_on.set()
    await asyncio.gather(first, *others)
    assert runs == 2


async def test_an_error_reaches_its_callers_and_not_the_next_ones() -> None:
    single_flight = SingleFlight()

    async def fail() -> None:
        raise ValueError("once")

    async def succeed() -> None:
        await asyncio.sleep(0)

    with pytest.raises(ValueError, match="once"):
        await single_flight.run(fail)
    await single_flight.run(succeed)
