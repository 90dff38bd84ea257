"""Checks that background jobs go on whatever happens to one of them, and a changed pause holds at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.metrics import InMemoryMeter
from domain.errors import StoreUnavailable


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(5000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never was")


@asynccontextmanager
async def running(jobs: BackgroundJobs) -> AsyncIterator[None]:
    task = asyncio.create_task(jobs.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_job_that_fails_is_named_and_tried_again_and_stops_no_other() -> None:
    errors: list[Exception] = [StoreUnavailable("away"), ValueError("a customer's words")]
    done = {"learning": 0, "sweep": 0}
    meter = InMemoryMeter()

    async def learn() -> None:
        done["learning"] += 1
        if errors:
            raise errors[0]

    async def sweep() -> None:
        done["sweep"] += 1

    jobs = BackgroundJobs(
        [
            BackgroundJob("learning", learn, lambda: 0.001),
            BackgroundJob("sweep", sweep, lambda: 0.001),
        ],
        meter,
    )

    def failures() -> float:
        return meter.value("fte_background_job_failures", background_job="learning")

    async with running(jobs):
        await until(lambda: failures() >= 2)
        assert jobs.failing == ["learning"]
        assert jobs.states["learning"].last_error == "StoreUnavailable: away"
        assert jobs.states["learning"].last_success_at is None
        swept = done["sweep"]
        await until(lambda: done["sweep"] > swept)
        errors.pop(0)
        await until(lambda: jobs.states["learning"].last_error == "ValueError")
        errors.clear()
        await until(lambda: jobs.failing == [])
        assert failures() == 0
        assert meter.value("fte_background_job_success_time", background_job="learning") > 0


async def test_a_job_with_a_long_pause_is_tried_again_soon_after_a_failure() -> None:
    done = 0

    async def digest() -> None:
        nonlocal done
        done += 1
        if done == 1:
            raise StoreUnavailable("the stage is still starting")

    jobs = BackgroundJobs([BackgroundJob("digest", digest, lambda: 3600.0)], InMemoryMeter())
    async with running(jobs):
        await until(lambda: done == 2)


async def test_a_pause_that_is_made_shorter_ends_when_it_would_have() -> None:
    done, pause_s = 0, 3600.0

    async def job() -> None:
        nonlocal done
        done += 1

    jobs = BackgroundJobs([BackgroundJob("job", job, lambda: pause_s)], InMemoryMeter())
    async with running(jobs):
        await until(lambda: done == 1)
        jobs.pauses_changed()
        await asyncio.sleep(0)
        assert done == 1, "no change, no run"
        pause_s = 0.001
        jobs.pauses_changed()
        await until(lambda: done >= 2)
