"""Checks before going live that notifications arrive, by a test on each route of the company profile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from deployments.notifying import console_link, make_sender, make_staff_mail
from deployments.settings import Settings
from domain.company import NotificationTarget
from domain.errors import StoreUnavailable, SupportError
from domain.notifications import EventType, Outgoing, routes_of
from domain.ports import NoticeSender
from domain.stores import OpenUnitOfWork
from pipeline.failed_items import describe
from pipeline.going_live import Check, Finding
from pipeline.notice_text import ConsoleLink

_TESTED_FOR = timedelta(minutes=10)
"""A target whose test went well is not tried again for so long: the page of the checks may be opened often."""
_TELLS = frozenset({EventType.HANDOVER.value, EventType.WAITING_FOR_PERSON.value})


class RouteChecks:
    """Tries each route of the profile with a test notification."""

    def __init__(self, settings: Settings, open_uow: OpenUnitOfWork) -> None:
        self._settings = settings
        self._open_uow = open_uow
        self._tested: dict[NotificationTarget, float] = {}

    async def checks(self) -> Sequence[Check]:
        """Return a check for each route, or one that says that nobody is told."""
        try:
            async with self._open_uow() as uow:
                company = (await uow.company.current()).company
        except StoreUnavailable:
            return []  # The checks of the profile tell of it.
        routes = routes_of(company)
        tells = [name for name, route in routes.items() if _TELLS & set(route.on)]
        checks = [
            Check(f"Notifications: {name}", partial(self._try, route.targets))
            for name, route in routes.items()
        ]
        if not tells:
            checks.append(Check("Notifications", _nobody_is_told))
        return checks

    async def _try(self, targets: Sequence[NotificationTarget]) -> Finding:
        mail = make_staff_mail(self._settings)
        sender = make_sender(self._settings, mail)
        try:
            found = await asyncio.gather(*(self._try_one(sender, target) for target in targets))
        finally:
            await sender.aclose()
            if mail is not None:
                await asyncio.to_thread(mail.close)
        seen = "a test notification was taken by " + ", ".join(target.kind for target in targets)
        problems = [problem for problem in found if problem]
        return Finding("" if problems else seen, problems)

    async def _try_one(self, sender: NoticeSender, target: NotificationTarget) -> str:
        if time.monotonic() - self._tested.get(target, float("-inf")) < _TESTED_FOR.total_seconds():
            return ""
        try:
            await sender.send(target, _a_test(console_link(self._settings)))
        except SupportError as error:
            return f"The {target.kind} did not take a test notification: {describe(error)}."
        if target.kind == "webhook" and not target.secret:
            return "The webhook has no secret: set one in the profile, so that its receiver can tell who calls."
        self._tested[target] = time.monotonic()
        return ""


async def _nobody_is_told() -> Finding:
    what = "No route of the profile tells of a hand-over: set notifications, or customers wait until somebody looks."
    return Finding("none", [what])


def _a_test(link: ConsoleLink) -> Outgoing:
    notice_id = uuid4()
    return Outgoing(
        id=notice_id,
        type=EventType.TEST,
        occurred_at=datetime.now(UTC),
        data={"notification_id": str(notice_id)},
        title="This is a test: notifications arrive by this route.",
        url=link(None),
    )
