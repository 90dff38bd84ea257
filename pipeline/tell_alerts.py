"""Tells of alerts by the company profile's routes: of each once, when it begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from domain.notifications import Event, EventType
from domain.stores import OpenUnitOfWork
from domain.tickets import Priority
from pipeline.alerts import WAITING_FOR_PERSON, Alert
from pipeline.telling import tell

_KEYS = f"{EventType.ALERT}/"


async def tell_of_alerts(
    open_uow: OpenUnitOfWork, find_current: Callable[[], Awaitable[Sequence[Alert]]]
) -> None:
    """Compare the current alerts with those told; they are looked for only where a route wants them.

    Idempotent, so that several replicas may call it.
    A customer who waits for a person is told by events of its own. Raises StoreUnavailable.
    """
    async with open_uow() as uow:
        routes = (await uow.company.current()).company.notifications
        told = await uow.notifications.lasting(_KEYS)
    if not told and not any(EventType.ALERT in route.on for route in routes):
        return
    current = {
        _key(alert): alert for alert in await find_current() if alert.name != WAITING_FOR_PERSON
    }
    async with open_uow() as uow:
        for key in current.keys() - told:
            await tell(uow, _event(key, current[key]))
        await uow.notifications.end_lasting(told - current.keys())
        await uow.commit()


def _key(alert: Alert) -> str:
    return f"{_KEYS}{alert.name}/{alert.component or alert.channel or ''}/{alert.severity}"


def _event(key: str, alert: Alert) -> Event:
    return Event(
        type=EventType.ALERT,
        key=key,
        channel=alert.channel,
        priority=Priority.URGENT if alert.severity == "critical" else Priority.MEDIUM,
        data={
            "name": alert.name,
            "severity": alert.severity,
            "detail": alert.detail,
            "channel": alert.channel.value if alert.channel is not None else None,
            "since": alert.since.isoformat() if alert.since is not None else None,
        },
    )
