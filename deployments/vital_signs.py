"""Turns what the database knows of the work into reports for health: how sends go, and how long messages wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from deployments.health import Check, Report
from domain.components import SENDING
from domain.errors import StoreUnavailable
from domain.records import Pulse
from domain.stores import OpenUnitOfWork

_READ_EVERY = timedelta(seconds=2)
LATE_AFTER = timedelta(seconds=25)
"""A message that nobody has answered or sent for longer degrades the stage that it waits for."""


class VitalSigns:
    """The pulse, read at most every two seconds however many components ask."""

    def __init__(self, open_uow: OpenUnitOfWork) -> None:
        self._open_uow = open_uow
        self._pulse: Pulse | None = None
        self._read_at = float("-inf")

    async def sends(self) -> dict[str, Report]:
        """Return a report for each channel's provider that was sent to. Raises StoreUnavailable."""
        pulse = await self._latest()
        return {
            name: Report("degraded" if state.failing_since else "healthy", state.last_error)
            for name, state in pulse.components.items()
            if name.startswith(SENDING)
        }

    def with_waiting(self, check: Check, stage: str) -> Check:
        """Return `check` with the age of the oldest message that waits for `stage`, late ones degrade it."""

        async def combined() -> Report:
            answer = await check()
            report = answer if isinstance(answer, Report) else Report(answer)
            try:
                since = self._oldest(await self._latest(), stage)
            except StoreUnavailable:
                return report  # the database's own component tells of it
            age = datetime.now(UTC) - since if since is not None else timedelta(0)
            if report.state != "healthy" or age <= LATE_AFTER:
                return Report(report.state, report.last_error, age.total_seconds())
            seconds = age.total_seconds()
            return Report("degraded", f"a message has waited for {seconds:.0f} s", seconds)

        return combined

    async def _latest(self) -> Pulse:
        if self._pulse is None or time.monotonic() - self._read_at > _READ_EVERY.total_seconds():
            async with self._open_uow() as uow:
                self._pulse = await uow.metrics.pulse()
            self._read_at = time.monotonic()
        return self._pulse

    @staticmethod
    def _oldest(pulse: Pulse, stage: str) -> datetime | None:
        if stage == "delivery":
            return pulse.oldest_undelivered_at
        if stage == "kafka":
            return pulse.oldest_unpublished_at
        waiting = [channel.oldest_waiting_at for channel in pulse.channels]
        return min((since for since in waiting if since is not None), default=None)
