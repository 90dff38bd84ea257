"""Checks that event streams are bounded, end by themselves, and leave nothing behind however they end."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from deployments.api.streams import Stream, StreamRoom
from deployments.configs.ingress import StreamLimits
from deployments.metrics import InMemoryMeter
from domain.errors import AtCapacity

LIMITS = StreamLimits(per_replica=6, per_address=4, per_subject=2, max_age_s=60, try_again_s=45)


def make_room(limits: StreamLimits = LIMITS) -> tuple[StreamRoom, InMemoryMeter]:
    meter = InMemoryMeter()
    return StreamRoom(limits, meter), meter


@pytest.mark.parametrize(
    ("limit", "allowed", "callers"),
    [
        ("subject", 2, [(f"198.51.100.{n}", "TKT-ONE") for n in range(9)]),
        ("address", 4, [("198.51.100.7", f"TKT-{n}") for n in range(9)]),
        ("replica", 6, [(f"198.51.100.{n}", f"TKT-{n}") for n in range(9)]),
    ],
)
async def test_more_streams_than_a_limit_allows_are_refused_and_told_when_to_come_back(
    limit: str, allowed: int, callers: list[tuple[str, str]]
) -> None:
    room, meter = make_room()
    with ExitStack() as opened:
        for address, ticket in callers[:allowed]:
            opened.enter_context(room.open(address, ticket))
        for address, ticket in callers[allowed:]:
            with pytest.raises(AtCapacity) as refused, room.open(address, ticket):
                pass
            assert refused.value.retry_after is not None
            assert refused.value.retry_after.total_seconds() == 45
        assert meter.value("fte_open_streams") == allowed
        assert meter.value("fte_refused_streams", limit=limit) == len(callers) - allowed
    assert meter.value("fte_open_streams") == 0


async def test_a_closed_stream_makes_room_for_the_next_one() -> None:
    room, _ = make_room()
    for _ in range(20):
        with ExitStack() as opened:
            for _ in range(2):
                opened.enter_context(room.open("198.51.100.7", "TKT-ONE"))
    with room.open("198.51.100.7", "TKT-ONE"):
        pass
    assert not any(vars(room)[name] for name in ("_streams", "_by_address", "_by_subject"))


async def test_a_stream_that_fails_or_is_cancelled_gives_its_place_back() -> None:
    room, meter = make_room()

    async def follow() -> None:
        with room.open("198.51.100.7", "TKT-ONE") as stream:
            await stream.woken.wait()

    tasks = [asyncio.create_task(follow()) for _ in range(2)]
    await asyncio.sleep(0)
    assert meter.value("fte_open_streams") == 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(LookupError), room.open("198.51.100.7", "TKT-ONE"):
        raise LookupError
    assert meter.value("fte_open_streams") == 0


async def test_a_stream_is_over_at_its_maximal_age() -> None:
    room, _ = make_room(LIMITS.model_copy(update={"max_age_s": 0.02}))
    with room.open("198.51.100.7", "TKT-ONE") as stream:
        assert not stream.is_over
        async with asyncio.timeout(5):
            await stream.woken.wait()
        assert stream.is_over


async def test_a_replica_that_stops_ends_its_streams_at_once_and_takes_no_more() -> None:
    room, _ = make_room()

    async def follow(stream: Stream) -> None:
        while not stream.is_over:
            stream.woken.clear()
            await stream.woken.wait()

    with ExitStack() as opened:
        streams = [opened.enter_context(room.open(f"198.51.100.{n}", f"TKT-{n}")) for n in range(3)]
        following = asyncio.gather(*(follow(stream) for stream in streams))
        room.close()
        async with asyncio.timeout(10):
            await following
        with pytest.raises(AtCapacity), room.open("198.51.100.9", "TKT-9"):
            pass


async def test_a_changed_limit_counts_for_the_next_stream() -> None:
    room, _ = make_room()
    with room.open("198.51.100.7", "TKT-ONE"):
        room.limits = LIMITS.model_copy(update={"per_subject": 1})
        with pytest.raises(AtCapacity), room.open("198.51.100.7", "TKT-ONE"):
            pass


async def test_streams_that_end_together_come_back_spread_over_seconds() -> None:
    room, _ = make_room(LIMITS.model_copy(update={"per_replica": 100, "per_address": 100}))
    with ExitStack() as opened:
        waits = [
            opened.enter_context(room.open("198.51.100.7", f"TKT-{n}")).reconnect_after_ms
            for n in range(60)
        ]
    assert all(1000 <= wait <= 5000 for wait in waits)
    assert max(waits) - min(waits) > 1000
