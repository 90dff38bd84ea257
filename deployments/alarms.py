"""Collects every current alert from one source, for `GET /alerts` and, as a gauge, for Prometheus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from deployments.api.context import Alerting
from deployments.health import HealthBoard
from deployments.metrics import Meter
from domain.errors import StoreUnavailable
from domain.stores import OpenUnitOfWork
from pipeline.alerts import Alert, current_alerts

log = logging.getLogger(__name__)

_EVERY = timedelta(seconds=5)
FAILING_FOR = timedelta(seconds=20)
"""A component that is not healthy for longer is an alert; shorter ones are starts and restarts."""


async def all_alerts(
    open_uow: OpenUnitOfWork, board: HealthBoard, alerting: Alerting, now: datetime
) -> list[Alert]:
    """Return what is over its threshold and which components fail, critical ones first.

    While the database is away, the components are all that is known.
    """
    try:
        found = await current_alerts(open_uow, alerting.channels, alerting.limits, now)
    except StoreUnavailable:
        found = []
    found += failing_components(board, now)
    return sorted(found, key=lambda alert: alert.severity != "critical")


def failing_components(board: HealthBoard, now: datetime) -> list[Alert]:
    """Return an alert for each component that has not been well for `FAILING_FOR`."""
    alerts = []
    for name, state in board.components.items():
        detail = board.details[name]
        if state in ("degraded", "unhealthy") and now - detail.since >= FAILING_FOR:
            why = f": {detail.last_error}" if detail.last_error else ""
            severity = "critical" if state == "unhealthy" else "warning"
            alerts.append(
                Alert(
                    "component_failing",
                    severity,
                    f"{name} is {state}{why}.",
                    None,
                    detail.since,
                    component=name,
                )
            )
    return alerts


@dataclass
class AlertGauges:
    """Sets `fte_alerts` to the number of current alerts of each name, every few seconds."""

    open_uow: OpenUnitOfWork
    board: HealthBoard
    alerting: Callable[[], Alerting]
    meter: Meter
    _named: set[tuple[str, str]] = field(default_factory=set)

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                await self.set_once()
            except Exception:
                log.exception("the alerts' gauges are set later")
            await asyncio.sleep(_EVERY.total_seconds())

    async def set_once(self) -> None:
        """Set the gauges; those of alerts that are over become 0."""
        found = await all_alerts(self.open_uow, self.board, self.alerting(), datetime.now(UTC))
        numbers = dict.fromkeys(self._named, 0)
        for alert in found:
            key = (alert.name, alert.severity)
            numbers[key] = numbers.get(key, 0) + 1
        self._named = set(numbers)
        for (name, severity), number in numbers.items():
            self.meter.set("fte_alerts", number, alert=name, severity=severity)
        for name in self.board.components:
            is_well = self.board.components[name] not in ("degraded", "unhealthy")
            self.meter.set("fte_component_healthy", float(is_well), component=name)
