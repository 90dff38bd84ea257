"""Sends notifications that are due, and the next ones where nobody has acted; a slow receiver delays no other."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from domain.company import Company, NotificationRoute, period
from domain.errors import Conflict, ProviderRejected, SendUnsure, Transient
from domain.notifications import (
    TRIED_FOR,
    Notice,
    NoticeState,
    follow_up,
    next_attempt,
    plan,
    routes_of,
    target_of,
)
from domain.ports import NoticeSender
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.failed_items import describe
from pipeline.notice_text import ConsoleLink, outgoing

log = logging.getLogger(__name__)

_PER_LANE = 8
"""Notifications of one route and step that are sent at once."""
_AT_ONCE = 200
_SEND_WITHIN = timedelta(seconds=20)
"""Longer than any sender's own limit."""
_KEPT_FOR = timedelta(days=30)
_LEAST_PAUSE = timedelta(seconds=5)
_NO_ROUTE = "the company profile has no such route any more"
_INTERRUPTED = "its sender ended before it knew the result"


class Notifying:
    """The one sender of the system; only the leader may run it."""

    def __init__(self, open_uow: OpenUnitOfWork, sender: NoticeSender, link: ConsoleLink) -> None:
        self._open_uow = open_uow
        self._sender = sender
        self._link = link
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def run_once(self) -> int:
        """Begin to send what is due, without waiting for receivers; return how many. Raises StoreUnavailable."""
        await self._adopt_orphans()
        await self._follow_up()
        async with self._open_uow() as uow:
            company = (await uow.company.current()).company
            due = await uow.notifications.due(_PER_LANE, list(self._running))
        begun = 0
        for notice in due:
            if self._in_lane(notice) >= _PER_LANE:
                continue
            task = asyncio.create_task(self._send(company, notice), name=_lane(notice))
            self._running[notice.id] = task
            task.add_done_callback(partial(self._forget, notice.id))
            begun += 1
        return begun

    async def settle(self) -> None:
        """Wait until everything begun has ended."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def stop(self) -> None:
        """Give up what is being sent: the next leader finds it."""
        for task in self._running.values():
            task.cancel()
        await self.settle()

    def _forget(self, notification_id: UUID, _task: asyncio.Task[None]) -> None:
        self._running.pop(notification_id, None)

    def _in_lane(self, notice: Notice) -> int:
        return sum(task.get_name() == _lane(notice) for task in self._running.values())

    async def _send(self, company: Company, notice: Notice) -> None:
        try:
            await self._attempt(company, notice)
        except Exception as error:  # noqa: BLE001 - the row keeps its mark, so the next run finds it
            log.warning("notification %s is left to the next run: %s", notice.id, describe(error))

    async def _attempt(self, company: Company, notice: Notice) -> None:
        route = routes_of(company).get(notice.route)
        if route is None:
            await self._reroute(company, notice)
            return
        async with self._open_uow() as uow:
            if not await uow.notifications.begin(notice.id):
                return
            await uow.commit()
        target = target_of(route, notice.step)
        try:
            async with asyncio.timeout(_SEND_WITHIN.total_seconds()):
                await self._sender.send(target, outgoing(notice, self._link))
        except ProviderRejected as error:
            await self._settle(notice, NoticeState.FAILED, describe(error))
        except (SendUnsure, TimeoutError) as error:
            if target.kind == "webhook":
                await self._retry(notice, error)
            else:
                await self._settle(notice, NoticeState.UNSURE, describe(error))
        except Exception as error:  # noqa: BLE001 - counted in the row and tried again
            await self._retry(notice, error)
        else:
            await self._settle(notice, NoticeState.SENT, None)

    async def _retry(self, notice: Notice, error: Exception) -> None:
        if datetime.now(UTC) - notice.created_at > TRIED_FOR:
            log.error("notification %s by %s is given up", notice.id, notice.route)
            await self._settle(notice, NoticeState.FAILED, describe(error))
            return
        asked_for = error.retry_after if isinstance(error, Transient) else None
        pause = next_attempt(notice.attempts + 1, asked_for)
        log.warning(
            "notification %s by %s failed (attempt %d, next in %.0f s): %s",
            notice.id,
            notice.route,
            notice.attempts + 1,
            pause.total_seconds(),
            describe(error),
        )
        await self._settle(notice, NoticeState.DUE, describe(error), pause)

    async def _settle(
        self,
        notice: Notice,
        state: NoticeState,
        error: str | None,
        again_in: timedelta | None = None,
    ) -> None:
        async with self._open_uow() as uow:
            await uow.notifications.settle(notice.id, state, error, again_in)
            await uow.commit()

    async def _reroute(self, company: Company, notice: Notice) -> None:
        """Drop a notification whose route is gone, and tell by the profile's other routes while nobody has acted."""
        async with self._open_uow() as uow:
            await _tell_by_others(uow, company, notice)
            await uow.notifications.settle(notice.id, NoticeState.DROPPED, _NO_ROUTE)
            await uow.notifications.repeat_at(notice.id, None)
            await uow.commit()

    async def _adopt_orphans(self) -> None:
        """End attempts that nobody makes any more: a webhook is sent again under its id, all else is unsure."""
        async with self._open_uow() as uow:
            orphans = await uow.notifications.orphans(list(self._running), _AT_ONCE)
            if not orphans:
                return
            routes = routes_of((await uow.company.current()).company)
            for notice in orphans:
                route = routes.get(notice.route)
                is_webhook = route is not None and target_of(route, notice.step).kind == "webhook"
                state = NoticeState.DUE if is_webhook else NoticeState.UNSURE
                await uow.notifications.settle(notice.id, state, _INTERRUPTED, timedelta(0))
            await uow.commit()

    async def _follow_up(self) -> None:
        """Add the next notification where nobody has acted in time."""
        async with self._open_uow() as uow:
            late = await uow.notifications.to_follow(_AT_ONCE)
            if not late:
                return
            company = (await uow.company.current()).company
            routes, now = routes_of(company), datetime.now(UTC)
            for notice in late:
                route = routes.get(notice.route)
                if route is not None and _is_behind(route, notice):
                    later = now + max(period(route.repeat_after), _LEAST_PAUSE)
                    await uow.notifications.repeat_at(notice.id, later)
                    continue
                await uow.notifications.repeat_at(notice.id, None)
                if route is None:
                    await _tell_by_others(uow, company, notice)
                    continue
                following = follow_up(company, notice.route, route, notice.type, notice.step, now)
                await uow.notifications.extend(notice.event_id, [following])
            await uow.commit()


def _lane(notice: Notice) -> str:
    return f"{notice.route}/{notice.step}"


def _is_behind(route: NotificationRoute, notice: Notice) -> bool:
    """Whether the next one would only queue behind this one, at the same receiver."""
    is_same = target_of(route, notice.step) == target_of(route, notice.step + 1)
    return is_same and notice.state in (NoticeState.DUE, NoticeState.SENDING)


async def _tell_by_others(uow: UnitOfWork, company: Company, notice: Notice) -> None:
    """Tell by the routes that the profile has now what a former one was to tell, if it asks for an act."""
    if notice.type.asks_for_act and notice.acknowledged_at is None:
        planned = plan(company, notice.event, datetime.now(UTC))
        await uow.notifications.extend(notice.event_id, planned)


async def replay_notification(open_uow: OpenUnitOfWork, notification_id: UUID, actor: str) -> None:
    """Send a notification again under its id. Raises NotFound, or Conflict while it is being sent."""
    async with open_uow() as uow:
        await uow.notifications.get(notification_id)
        if not await uow.notifications.replay(notification_id):
            raise Conflict("it is being sent right now")
        await uow.audit.add(actor, "replay", "notification", str(notification_id))
        await uow.commit()


async def acknowledge_notification(
    open_uow: OpenUnitOfWork, notification_id: UUID, actor: str
) -> Notice:
    """Note that somebody has seen what it tells: it is repeated by no route. Idempotent. Raises NotFound."""
    async with open_uow() as uow:
        before = await uow.notifications.get(notification_id)
        await uow.notifications.acknowledge_event(notification_id, actor)
        if before.acknowledged_at is None:
            await uow.audit.add(actor, "acknowledge", "notification", str(notification_id))
        await uow.commit()
    async with open_uow() as uow:
        return await uow.notifications.get(notification_id)


async def purge_notifications(open_uow: OpenUnitOfWork) -> None:
    """Delete what was told long ago."""
    async with open_uow() as uow:
        await uow.notifications.purge(_KEPT_FOR)
        await uow.commit()
