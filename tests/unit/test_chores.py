"""Chores go on whatever happens, and a changed pause holds at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from deployments.chores import Chores
from domain.errors import StoreUnavailable


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(5000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never was")


async def test_a_chore_that_fails_is_done_again() -> None:
    errors: list[Exception] = [StoreUnavailable("away"), ValueError("a fault")]
    done = 0

    async def chore() -> None:
        nonlocal done
        done += 1
        if errors:
            raise errors.pop()

    task = asyncio.create_task(Chores().repeat(chore, lambda: 0.001))
    await until(lambda: done >= 3)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_pause_that_is_made_shorter_ends_when_it_would_have() -> None:
    chores, done, pause_s = Chores(), 0, 3600.0

    async def chore() -> None:
        nonlocal done
        done += 1

    task = asyncio.create_task(chores.repeat(chore, lambda: pause_s))
    await until(lambda: done == 1)
    chores.pauses_changed()
    await asyncio.sleep(0)
    assert done == 1, "no change, no chore"
    pause_s = 0.001
    chores.pauses_changed()
    await until(lambda: done >= 2)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
