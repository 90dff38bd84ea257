"""Tests what the components' states make of the whole."""

from __future__ import annotations

import asyncio

import pytest

from deployments.health import Check, HealthBoard, Report, State
from domain.errors import StoreUnavailable


def says(state: State) -> Check:
    async def check() -> State:
        return state

    return check


@pytest.mark.parametrize(
    ("database", "other", "status", "is_ready"),
    [
        ("healthy", "healthy", "healthy", True),
        ("healthy", "off", "healthy", True),
        ("healthy", "degraded", "degraded", True),
        ("healthy", "unhealthy", "degraded", True),
        ("degraded", "healthy", "degraded", True),
        ("unhealthy", "healthy", "unhealthy", False),
    ],
)
async def test_only_the_database_decides_whether_anything_is_accepted(
    database: State, other: State, status: str, is_ready: bool
) -> None:
    board = HealthBoard({"database": says(database), "gmail": says(other)})
    await board.check_once()
    assert (board.status, board.is_ready) == (status, is_ready)


def test_nothing_is_healthy_before_it_was_asked() -> None:
    board = HealthBoard({"database": says("healthy")})
    assert (board.status, board.is_ready) == ("unhealthy", False)


async def test_a_component_that_fails_or_hangs_is_unhealthy_and_holds_nobody_up() -> None:
    async def fails() -> State:
        raise StoreUnavailable("away")

    async def hangs() -> State:
        await asyncio.Event().wait()
        return "healthy"

    board = HealthBoard({"database": says("healthy"), "kafka": fails, "agent": hangs})
    before = board.checked_at
    async with asyncio.timeout(10):
        await board.check_once()
    assert board.components == {"database": "healthy", "kafka": "unhealthy", "agent": "unhealthy"}
    assert board.checked_at > before


async def test_a_component_that_recovers_is_noticed() -> None:
    is_noticed = asyncio.Event()
    asked = 0

    async def check() -> State:
        nonlocal asked
        asked += 1
        if board.is_ready:
            is_noticed.set()
        return "unhealthy" if asked == 1 else "healthy"

    board = HealthBoard({"database": check})
    running = asyncio.create_task(board.run())
    async with asyncio.timeout(30):
        await is_noticed.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_staff_learn_since_when_and_why_a_component_fails() -> None:
    states = iter(["healthy", "degraded", "degraded", "healthy"])

    async def check() -> Report:
        state = next(states)
        return Report("degraded", "no quota", 3.0) if state == "degraded" else Report("healthy")

    board = HealthBoard({"model": check})
    await board.check_once()
    well_since = board.details["model"].since
    await board.check_once()
    failing = board.details["model"]
    assert failing.since > well_since
    assert (failing.last_error, failing.oldest_waiting_s) == ("no quota", 3.0)
    await board.check_once()
    assert board.details["model"].since == failing.since, "it has not changed"
    await board.check_once()
    recovered = board.details["model"]
    assert recovered.since > failing.since
    assert recovered.last_error == "no quota", "the newest error stays readable"
