"""Checks the components in the background, so that a probe never waits for a hanging one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from channels.registry import SPECS, chosen
from channels.spec import Intake
from domain.channels import Channel
from domain.stores import OpenUnitOfWork

log = logging.getLogger(__name__)

State = Literal["healthy", "standby", "degraded", "unhealthy", "off"]


@dataclass(frozen=True, slots=True)
class Report:
    """A component's state, with what staff should know of it."""

    state: State
    last_error: str | None = None
    oldest_waiting_s: float | None = None


Check = Callable[[], Awaitable[State | Report]]

Further = Callable[[], Awaitable[Mapping[str, Report]]]

_CHECK_EVERY_S = 2.0
_CHECK_AGAIN_S = 0.5
"""Used while a component is not healthy, so that a start or a recovery is seen soon."""
_CHECK_LIMIT_S = 2.5
_MAX_ERROR_CHARS = 300
_ESSENTIAL = frozenset({"database"})
"""Without these no message can be accepted; without the others messages wait."""


@dataclass(frozen=True, slots=True)
class Detail:
    """Since when a component is in its state, what last went wrong, and the age of what waits for it."""

    since: datetime
    last_error: str | None
    oldest_waiting_s: float | None


class HealthBoard:
    """The latest state of every component; `run` keeps it up to date."""

    def __init__(self, checks: Mapping[str, Check], further: Further | None = None) -> None:
        """`further` returns reports of components that come and go; while it fails, the last ones stay."""
        self._checks = checks
        self._further = further
        self._come_and_go: Mapping[str, Report] = {}
        self.components: dict[str, State] = {name: "unhealthy" for name in checks}
        self.checked_at = datetime.now(UTC)
        self.details = {name: Detail(self.checked_at, None, None) for name in checks}

    @property
    def status(self) -> Literal["healthy", "degraded", "unhealthy"]:
        """The state of the whole: unhealthy only if an essential component is."""
        if any(self.components.get(name) == "unhealthy" for name in _ESSENTIAL):
            return "unhealthy"
        if any(state in ("degraded", "unhealthy") for state in self.components.values()):
            return "degraded"
        return "healthy"

    @property
    def is_ready(self) -> bool:
        """Whether this replica can accept messages."""
        return self.status != "unhealthy"

    async def check_once(self) -> None:
        """Check all components concurrently; one that does not answer in time is unhealthy."""
        reports = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
        found = {
            **dict(zip(self._checks, reports, strict=True)),
            **await self._ask_further(),
        }
        now = datetime.now(UTC)
        for name in self.components.keys() - found.keys():
            del self.components[name], self.details[name]
        for name, report in found.items():
            known = self.details.get(name)
            since, last_error = (known.since, known.last_error) if known else (now, None)
            if report.state != self.components.get(name):
                log.info("%s is now %s", name, report.state)
                since = now
            self.components[name] = report.state
            self.details[name] = Detail(
                since, report.last_error or last_error, report.oldest_waiting_s
            )
        self.checked_at = now

    async def _ask_further(self) -> Mapping[str, Report]:
        if self._further is not None:
            try:
                self._come_and_go = await asyncio.wait_for(self._further(), _CHECK_LIMIT_S)
            except Exception as error:  # noqa: BLE001 - the database's own component tells of it
                log.debug("components that come and go were not asked: %r", error)
        return self._come_and_go

    async def run(self) -> None:
        """Check repeatedly until cancelled."""
        while True:
            await self.check_once()
            await asyncio.sleep(_CHECK_EVERY_S if self.status == "healthy" else _CHECK_AGAIN_S)

    async def _ask(self, check: Check) -> Report:
        try:
            answer = await asyncio.wait_for(check(), _CHECK_LIMIT_S)
        except TimeoutError:
            return Report("unhealthy", f"no answer within {_CHECK_LIMIT_S} s")
        except Exception as error:  # noqa: BLE001 - any error of a check means that its component is unhealthy
            return Report("unhealthy", f"{type(error).__name__}: {error}"[:_MAX_ERROR_CHARS])
        return answer if isinstance(answer, Report) else Report(answer)


def channel_checks(
    settings: object, intakes: Mapping[Channel, Intake], open_uow: OpenUnitOfWork
) -> dict[str, Check]:
    """By component; a channel without an intake is off."""

    def check_of(channel: Channel) -> Check:
        async def check() -> State | Report:
            intake = intakes.get(channel)
            return "off" if intake is None else await intake.check(open_uow)

        return check

    components = {channel: chosen(channel, settings).component for channel in SPECS}
    return {name: check_of(channel) for channel, name in components.items() if name is not None}
