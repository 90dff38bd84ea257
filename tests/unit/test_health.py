"""Tests what the components' states make of the whole."""

from __future__ import annotations

import asyncio

import pytest

from deployments.health import Check, HealthBoard, State
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
