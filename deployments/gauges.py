"""Sets the gauges that need a query: how many messages and records wait, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from deployments.metrics import Meter
from domain.channels import Channel
from domain.notifications import routes_of
from domain.records import Pulse
from domain.stores import OpenUnitOfWork
from messaging.lag import GroupLag
from pipeline.waiting import read_waiting


async def read_pulse(open_uow: OpenUnitOfWork, meter: Meter, channels: Collection[Channel]) -> None:
    """Read the gauges from the database.

    Raises:
        StoreUnavailable: PostgreSQL is away; the gauges keep their values.
    """
    async with open_uow() as uow:
        pulse = await uow.metrics.pulse()
    set_gauges(meter, pulse, channels, datetime.now(UTC))


async def read_people(open_uow: OpenUnitOfWork, meter: Meter) -> None:
    """Set the gauges of customers who wait for people, and of notifications that wait to be sent.

    Raises StoreUnavailable; the gauges keep their values.
    """
    now = datetime.now(UTC)
    async with open_uow() as uow:
        people = await read_waiting(uow, now)
        waiting, oldest_due_at = await uow.notifications.waiting()
        routes = routes_of((await uow.company.current()).company)
        failing = {route.route: route.failing for route in await uow.notifications.health()}
    meter.set("fte_waiting_for_person", people.number)
    meter.set("fte_oldest_waiting_for_person_seconds", _age(people.oldest_at, now))
    meter.set("fte_oldest_waiting_for_person_open_seconds", people.open_for.total_seconds())
    meter.set("fte_notifications_waiting", waiting)
    meter.set("fte_oldest_notification_seconds", _age(oldest_due_at, now))
    for route in routes:
        meter.set("fte_notification_failures", failing.get(route, 0), route=route)


class HandOverCounter:
    """Counts hand-overs from the database, so that every process and way counts, MCP over stdio included."""

    def __init__(self, open_uow: OpenUnitOfWork, meter: Meter) -> None:
        self._open_uow = open_uow
        self._meter = meter
        self._since: datetime | None = None
        self._counted: Mapping[tuple[Channel, str, str], int] = {}

    async def read(self) -> None:
        """Count what has been handed over since the first call. Raises StoreUnavailable."""
        if self._since is None:
            self._since = datetime.now(UTC)
        async with self._open_uow() as uow:
            found = await uow.metrics.hand_overs(self._since)
        for (channel, reason, author), number in found.items():
            fresh = number - self._counted.get((channel, reason, author), 0)
            self._meter.count(
                "fte_escalations", fresh, channel=channel.value, reason=reason, author=author
            )
        self._counted = found


async def read_lag(lag: GroupLag, meter: Meter) -> None:
    """Set the consumer group's lag.

    Raises:
        BrokerUnavailable: The broker is away; the gauge keeps its value.
    """
    meter.set("fte_consumer_lag", await lag.records(), topic=lag.topic)


def set_gauges(meter: Meter, pulse: Pulse, channels: Collection[Channel], now: datetime) -> None:
    """Set the gauges from `pulse`; silence is reported only for the enabled `channels`."""
    for figures in pulse.channels:
        channel = figures.channel.value
        meter.set("fte_unanswered", figures.waiting, channel=channel)
        meter.set(
            "fte_oldest_unanswered_seconds", _age(figures.oldest_waiting_at, now), channel=channel
        )
        if figures.channel in channels and figures.last_inbound_at is not None:
            silence = _age(figures.last_inbound_at, now)
            meter.set("fte_channel_silence_seconds", silence, channel=channel)
    meter.set("fte_outbox_rows", pulse.unpublished)
    meter.set("fte_oldest_outbox_seconds", _age(pulse.oldest_unpublished_at, now))
    meter.set("fte_open_dead_letters", pulse.dead_letters)
    if pulse.model is not None:
        meter.set("fte_model_failing_seconds", _age(pulse.model_failing_since, now))
    if pulse.model_usd_a_day:
        meter.set("fte_model_budget_share", pulse.model_usd_today / pulse.model_usd_a_day)
    if any(channel.facts.watched_by for channel in channels):
        meter.set("fte_gmail_watch_left_seconds", -_age(pulse.watch_expires_at, now))


def _age(since: datetime | None, now: datetime) -> float:
    """Return the age in seconds; 0 without a time, negative for a future one."""
    return (now - since).total_seconds() if since is not None else 0.0
