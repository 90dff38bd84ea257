"""Defines what people are told of, by which routes of the company profile, and when."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.channels import Channel
from domain.company import Company, NotificationRoute, NotificationTarget, period
from domain.tickets import EscalationReason, Priority


class EventType(StrEnum):
    """What happened, by the names that outgoing webhooks use."""

    HANDOVER = "handover"
    WAITING_FOR_PERSON = "waiting_for_person"
    """A customer whose conversation was handed over waits, and nobody has acted."""
    SLA_WARNING = "sla.warning"
    """Most of the time in which a person has to answer is over."""
    SLA_BREACH = "sla.breach"
    ALERT = "alert"
    MESSAGE_RECEIVED = "message.received"
    REPLY_SENT = "reply.sent"
    CONVERSATION_RESOLVED = "conversation.resolved"
    TEST = "test"
    """Nothing: a route is tried."""

    @property
    def asks_for_act(self) -> bool:
        """Whether it is repeated until somebody acts."""
        return self in _ASK_FOR_ACT


_ASK_FOR_ACT = frozenset(
    {
        EventType.HANDOVER,
        EventType.WAITING_FOR_PERSON,
        EventType.SLA_WARNING,
        EventType.SLA_BREACH,
        EventType.ALERT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `data` is JSON-ready and holds ids and codes, no word of a customer."""

    type: EventType
    data: Mapping[str, object]
    conversation_id: UUID | None = None
    channel: Channel | None = None
    reason: EscalationReason | None = None
    priority: Priority | None = None
    key: str | None = None
    """Told once under this key; of what goes on for a time, such as an alert, once while it lasts."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A notification to send; `repeat_at` is when the next one follows unless somebody acts."""

    route: str
    step: int
    """Counts the notifications of an event by a route; the first is 0."""
    type: EventType
    due_at: datetime
    repeat_at: datetime | None


class NoticeState(StrEnum):
    """How far a notification has come."""

    DUE = "due"
    """It waits for its time or its next attempt."""
    SENDING = "sending"
    SENT = "sent"
    UNSURE = "unsure"
    """Possibly sent; not sent again, since the receiver can't recognise a repetition. The next one follows in time."""
    FAILED = "failed"
    """Given up. It can be replayed."""
    DROPPED = "dropped"
    """Not sent, since somebody had acted or the route is gone."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A stored notification. Its id is the `webhook-id`, the same at every attempt."""

    id: UUID
    event_id: UUID
    type: EventType
    data: Mapping[str, object]
    conversation_id: UUID | None
    route: str
    step: int
    state: NoticeState
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    last_error: str | None
    created_at: datetime
    occurred_at: datetime
    """When the event happened."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None

    @property
    def event(self) -> Event:
        """Return what it tells, for another route of the profile."""
        channel, reason, priority = (
            str(self.data.get(name) or "") for name in ("channel", "reason", "priority")
        )
        return Event(
            type=self.type,
            data=self.data,
            conversation_id=self.conversation_id,
            channel=Channel(channel) if channel else None,
            reason=EscalationReason(reason) if reason else None,
            priority=Priority(priority) if priority else None,
        )


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """What waits on a route after a failed attempt."""

    route: str
    failing: int
    oldest_at: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notification as it is sent."""

    id: UUID
    type: EventType
    occurred_at: datetime
    data: Mapping[str, object]
    title: str
    """One line for people."""
    url: str
    """Where they act; empty if nowhere."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """For people: what is known of it, by its name."""


def routes_of(company: Company) -> dict[str, NotificationRoute]:
    """Return the profile's routes by name; one without a name is called by its kind and host."""
    found: dict[str, NotificationRoute] = {}
    for route in company.notifications:
        name = plain = route.name or _name_of(route.to)
        number = 1
        while name in found:
            number += 1
            name = f"{plain} {number}"
        found[name] = route
    return found


def _name_of(target: NotificationTarget) -> str:
    where = urlsplit(target.url).hostname or target.address.rpartition("@")[2]
    return f"{target.kind} {where or target.secret}"


def plan(company: Company, event: Event, now: datetime) -> list[Planned]:
    """Return the first notification of each route that the event goes out by."""
    planned = []
    for name, route in routes_of(company).items():
        first = _first_type(route, event)
        if first is None or not _passes(route, event):
            continue
        due = now if first is event.type else now + period(route.repeat_after)
        planned.append(_planned(company, name, route, 0, first, due))
    return planned


def follow_up(
    company: Company, name: str, route: NotificationRoute, last: EventType, step: int, now: datetime
) -> Planned:
    """Return the notification that follows number `step` of the type `last` because nobody has acted."""
    is_reminder = last is EventType.HANDOVER and EventType.WAITING_FOR_PERSON in route.on
    following = EventType.WAITING_FOR_PERSON if is_reminder else last
    return _planned(company, name, route, step + 1, following, now)


def target_of(route: NotificationRoute, step: int) -> NotificationTarget:
    """Return who gets the notification number `step`; the last target gets all further ones."""
    return route.targets[min(step, len(route.targets) - 1)]


def _first_type(route: NotificationRoute, event: Event) -> EventType | None:
    """Return as what a route tells of the event first; None if it does not.

    A hand-over is told as such or, on a route for those who wait, once nobody has acted for a while.
    """
    if event.type in route.on:
        return event.type
    if event.type is EventType.HANDOVER and EventType.WAITING_FOR_PERSON in route.on:
        return EventType.WAITING_FOR_PERSON
    return None


def _passes(route: NotificationRoute, event: Event) -> bool:
    if route.reasons and event.reason is not None and event.reason not in route.reasons:
        return False
    if route.channels and event.channel is not None and event.channel not in route.channels:
        return False
    if event.priority is None:
        return True
    return event.priority.raised_to(route.priority) is event.priority


def _planned(
    company: Company,
    name: str,
    route: NotificationRoute,
    step: int,
    type_: EventType,
    due: datetime,
) -> Planned:
    due = after_quiet(route.quiet_hours, company.hours.timezone, due)
    pause = period(route.repeat_after)
    repeats = type_.asks_for_act and pause > timedelta(0)
    return Planned(name, step, type_, due, due + pause if repeats else None)


def after_quiet(quiet: tuple[time, time] | None, timezone: str, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet hours that it lies in."""
    if quiet is None:
        return at
    begins, ends = quiet
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    clock = local.time()
    if begins <= ends:
        if not begins <= clock < ends:
            return at
        day = local.date()
    elif clock >= begins:
        day = local.date() + timedelta(days=1)
    elif clock < ends:
        day = local.date()
    else:
        return at
    # Where clocks are turned back, the local time of the end comes twice: never before `at`.
    return max(at, datetime.combine(day, ends, zone).astimezone(at.tzinfo))


_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=2)
_MOST_TRIPLINGS = 12
TRIED_FOR = timedelta(days=3)
"""After this time a notification that could not be sent is given up."""


def next_attempt(
    attempts: int, asked_for: timedelta | None = None, jitter: float | None = None
) -> timedelta:
    """Return how long to wait after the `attempts`-th failure; `asked_for` is the receiver's Retry-After.

    `jitter` in 0..1 makes it deterministic.
    """
    tripled: int = 3 ** min(attempts - 1, _MOST_TRIPLINGS)
    drawn = random.random() if jitter is None else jitter
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * tripled) * (0.8 + 0.4 * drawn)
    return max(pause, min(asked_for, _LONGEST_PAUSE)) if asked_for else pause
