"""Repeats background jobs, each in its own task, with pauses that may change at any time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from deployments.health import Report
from deployments.metrics import Meter
from domain.errors import BrokerUnavailable, StoreUnavailable, SupportError
from pipeline.failed_items import describe

log = logging.getLogger(__name__)

_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 60.0
_LONGEST_OUTAGE_RETRY_S = 5.0
"""While the database or the broker is away: work goes on soon after it is back."""


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """A job; `pause_s` is called before each pause and after `pauses_changed`."""

    name: str
    run: Callable[[], Awaitable[object]]
    pause_s: Callable[[], float]
    waits: bool = False
    """It returns once there is something new to do: no pause comes after a run that went well."""


@dataclass(slots=True)
class JobState:
    """Outcome of a job's runs; times are seconds since 1970."""

    last_success_at: float | None = None
    failures: int = 0
    """Consecutive failures up to now."""
    last_error: str | None = field(default=None)
    longest_retry_s: float = _LONGEST_RETRY_S


class BackgroundJobs:
    """Runs jobs independently; a failed job is logged, counted in a metric and retried."""

    def __init__(self, jobs: Sequence[BackgroundJob], meter: Meter) -> None:
        self._jobs = jobs
        self._meter = meter
        self._changed = asyncio.Event()
        self.states = {job.name: JobState() for job in jobs}

    def pauses_changed(self) -> None:
        """Make pauses in progress ask for their length again."""
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def failing(self) -> list[str]:
        """Jobs that failed at least twice in a row; a single failure may be a stage that is still starting."""
        return [name for name, state in self.states.items() if state.failures > 1]

    @property
    def report(self) -> Report:
        """Degraded while jobs fail, with their names and errors."""
        if not self.failing:
            return Report("healthy")
        errors = "; ".join(f"{name}: {self.states[name].last_error}" for name in self.failing)
        return Report("degraded", errors)

    async def run(self) -> None:
        """Run all jobs until cancelled."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._repeat(job), name=job.name)

    async def _repeat(self, job: BackgroundJob) -> None:
        while True:
            await self._run_once(job)
            await self._pause(job)

    async def _run_once(self, job: BackgroundJob) -> None:
        state = self.states[job.name]
        try:
            await job.run()
        except Exception as error:
            state.failures += 1
            state.last_error = describe(error)
            is_outage = isinstance(error, StoreUnavailable | BrokerUnavailable)
            state.longest_retry_s = _LONGEST_OUTAGE_RETRY_S if is_outage else _LONGEST_RETRY_S
            if isinstance(error, SupportError):
                log.warning("background job %s waits: %s", job.name, error)
            else:
                log.exception("background job %s failed", job.name)
        else:
            state.failures = 0
            state.last_success_at = time.time()
            self._meter.set(
                "fte_background_job_success_time", state.last_success_at, background_job=job.name
            )
        self._meter.set("fte_background_job_failures", state.failures, background_job=job.name)

    def _seconds_to_wait(self, job: BackgroundJob) -> float:
        state = self.states[job.name]
        failures = state.failures
        if not failures:
            return 0.0 if job.waits else job.pause_s()
        longest = state.longest_retry_s if job.waits else min(job.pause_s(), state.longest_retry_s)
        return min(longest, _FIRST_RETRY_S * 2.0 ** min(failures - 1, 10))

    async def _pause(self, job: BackgroundJob) -> None:
        began = time.monotonic()
        while (left := self._seconds_to_wait(job) - (time.monotonic() - began)) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return
