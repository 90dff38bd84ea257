"""Computes until when a person has to answer, and how long customers wait, in opening hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain import hours
from domain.company import Company, period
from domain.tickets import Priority


class ClockKind(StrEnum):
    """Which answer is waited for."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"


class Told(StrEnum):
    """What was told of a running clock."""

    NOTHING = "nothing"
    WARNING = "warning"
    BREACH = "breach"


class SlaState(StrEnum):
    """How a running clock stands."""

    OK = "ok"
    WARNING = "warning"
    """A quarter of the time, or less, is left."""
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class AnswerClock:
    """When a person has to answer; closed hours are counted in already."""

    kind: ClockKind
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    priority: Priority
    profile_version: int
    told: Told = Told.NOTHING

    def state(self, now: datetime) -> SlaState:
        """Return how it stands at a time."""
        if now >= self.due_at:
            return SlaState.BREACHED
        return SlaState.WARNING if now >= self.warn_at else SlaState.OK

    def to_tell(self, now: datetime) -> Told | None:
        """Return what is to be told of it now and was not yet."""
        match self.state(now):
            case SlaState.BREACHED if self.told is not Told.BREACH:
                return Told.BREACH
            case SlaState.WARNING if self.told is Told.NOTHING:
                return Told.WARNING
        return None


_WARNED_AFTER = 0.75
"""Of the time."""


def make_clock(
    company: Company,
    version: int,
    kind: ClockKind,
    priority: Priority,
    since: datetime,
) -> AnswerClock | None:
    """Return the clock of an answer that is waited for since then; None where the profile sets no time for it."""
    times = getattr(company.sla, kind.value)
    given = times.get(priority.value, times.get("default"))
    if given is None:
        return None
    span = period(given)

    def after(part: timedelta) -> datetime:
        if company.sla.clock == "always":
            return since + part
        return hours.add_open_time(company.hours, since, part)

    return AnswerClock(kind, since, after(span * _WARNED_AFTER), after(span), priority, version)


_LEAST_WAITS = 20
"""Fewer of them support no expectation."""
_LEFT = 0.2
"""One of five customers waits longer than what is expected."""
COUNTED_FOR = timedelta(days=28)


def expected_wait(
    answered: Sequence[timedelta], still_waiting: Sequence[timedelta]
) -> timedelta | None:
    """Return what four of five customers wait at most, in opening hours; None where that is not known.

    Estimated after Kaplan and Meier: whoever still waits counts as somebody who waits longer than until now, so a
    queue that nobody works on promises nothing.
    """
    if len(answered) < _LEAST_WAITS:
        return None
    ends = sorted([(wait, 0) for wait in answered] + [(wait, 1) for wait in still_waiting])
    left = 1.0
    for place, (wait, is_waiting) in enumerate(ends):
        if not is_waiting:
            left *= 1 - 1 / (len(ends) - place)
        if left <= _LEFT + 1e-9:
            return wait
    return None
