"""Wires the sending of notifications, the clocks of answers, and the health of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from channels.registry import chosen
from channels.spec import StaffMail
from deployments.background_jobs import BackgroundJob
from deployments.health import Report
from deployments.settings import Settings, find_notification_secret
from domain.channels import Channel
from domain.notifications import routes_of
from domain.stores import OpenUnitOfWork
from notices.posting import JsonPoster
from notices.sender import TargetSender
from pipeline.notice_text import ConsoleLink
from pipeline.notify import Notifying
from pipeline.response_times import ClockSetter, tell_of_late_answers
from pipeline.waiting import read_waiting


def make_staff_mail(settings: Settings) -> StaffMail | None:
    """Return what mails staff through the first enabled channel that can; None without one."""
    for channel in Channel:
        if channel in settings.channels and (make := chosen(channel, settings).make_staff_mail):
            return make(settings)
    return None


def console_link(settings: Settings) -> ConsoleLink:
    """Return a function that makes the address of a conversation in the console, or of the alerts."""

    def link(conversation_id: UUID | None) -> str:
        page = f"queue/{conversation_id}" if conversation_id is not None else "alerts"
        return f"{settings.base_url}/console/#/{page}"

    return link


class Notifications:
    """The leader's jobs that send notifications and watch the clocks of answers."""

    def __init__(self, settings: Settings, open_uow: OpenUnitOfWork) -> None:
        self._open_uow = open_uow
        self._mail = make_staff_mail(settings)
        self._sender = make_sender(settings, self._mail)
        self._notifying = Notifying(open_uow, self._sender, console_link(settings))
        self._clocks = ClockSetter(open_uow)

    def jobs(self, pause_s: Callable[[], float]) -> list[BackgroundJob]:
        """Return the jobs; `pause_s` is how long a notification may lie."""
        return [
            BackgroundJob("notifications", self._notifying.run_once, pause_s),
            BackgroundJob("answer clocks", self._clocks.follow_profile, pause_s),
            BackgroundJob("late answers", partial(tell_of_late_answers, self._open_uow), pause_s),
        ]

    async def stop(self) -> None:
        """Give up what is being sent: the next leader goes on with it."""
        await self._notifying.stop()

    async def close(self) -> None:
        """Release connections."""
        await self.stop()
        await self._sender.aclose()
        if self._mail is not None:
            await asyncio.to_thread(self._mail.close)


def make_sender(settings: Settings, mail: StaffMail | None) -> TargetSender:
    """Return the sender of every kind of target."""
    poster = JsonPoster(settings.private_hosts)
    return TargetSender(poster, mail.send if mail is not None else None, find_notification_secret)


async def people_reports(
    open_uow: OpenUnitOfWork, limit: Callable[[], timedelta]
) -> dict[str, Report]:
    """Report who waits for a person, and how sending notifications goes."""
    now = datetime.now(UTC)
    async with open_uow() as uow:
        people = await read_waiting(uow, now)
        routes = routes_of((await uow.company.current()).company)
        failing = [route for route in await uow.notifications.health() if route.route in routes]
        _, due_at = await uow.notifications.waiting()
    waited = (now - people.oldest_at).total_seconds() if people.oldest_at is not None else None
    reports = {
        "waiting_for_person": Report(
            "degraded" if people.open_for >= limit() else "healthy", oldest_waiting_s=waited
        )
    }
    if routes:
        age = (now - due_at).total_seconds() if due_at is not None else None
        error = f"{failing[0].route}: {failing[0].last_error}" if failing else None
        reports["notifications"] = Report("degraded" if failing else "healthy", error, age)
    return reports
