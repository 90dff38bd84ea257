"""Tells whether the company is open and when it opens next, counts opening hours, and says so in a language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names, get_timezone_location
from babel.units import format_unit

from domain.company import Hours
from domain.languages import Language

_LOOKED_AHEAD = timedelta(days=366)
_MOST_HOURS = 48
"""Longer times are said in days."""
_LOCALES = {Language.ENGLISH: "en_GB"}
"""Where the language's own locale writes dates as only one country does."""


def is_open(hours: Hours, at: datetime) -> bool:
    """Return whether `at` lies within the opening hours; without hours the company is always open."""
    if not hours.week:
        return True
    today = at.astimezone(ZoneInfo(hours.timezone)).date()
    return any(opens <= at < closes for opens, closes in _spans(hours, today))


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """Return when the company opens next, in its time zone.

    None while it is open, or if it does not open within a year.
    """
    if is_open(hours, at):
        return None
    today = at.astimezone(ZoneInfo(hours.timezone)).date()
    for days in range(_LOOKED_AHEAD.days):
        for opens, _ in _spans(hours, today + timedelta(days=days)):
            if opens > at:
                return opens.astimezone(ZoneInfo(hours.timezone))
    return None


def closes_today(hours: Hours, at: datetime) -> datetime | None:
    """Return when the company closes, in its time zone; None while it is closed or if it keeps no hours."""
    today = at.astimezone(ZoneInfo(hours.timezone)).date()
    spans = [closes for opens, closes in _spans(hours, today) if opens <= at < closes]
    return spans[0].astimezone(ZoneInfo(hours.timezone)) if spans else None


def add_open_time(hours: Hours, since: datetime, span: timedelta) -> datetime:
    """Return when `span` of opening hours is over that begins at `since`, in UTC; without hours every hour counts.

    Where the company does not open often enough within a year, every hour counts as well.
    """
    if span <= timedelta(0) or not hours.week:
        return since + span
    left = span
    for opens, closes in _spans_from(hours, since):
        begins = max(opens, since)
        if begins >= closes:
            continue
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return since + span


def open_time(hours: Hours, since: datetime, until: datetime) -> timedelta:
    """Return how much of the time between the two the company is open; without hours all of it."""
    if until <= since:
        return timedelta(0)
    if not hours.week:
        return until - since
    total = timedelta(0)
    for opens, closes in _spans_from(hours, since):
        if opens >= until:
            break
        total += max(min(closes, until) - max(opens, since), timedelta(0))
    return total


def say_when(opens: datetime, language: str) -> str:
    """Return a time such as "Monday, 7 December 2026, 08:00 (Berlin)". `opens` is in the company's time zone."""
    locale = _locale(language)
    return f"{format_date(opens, 'full', locale=locale)}, {say_time(opens, language)}"


def say_time(at: datetime, language: str) -> str:
    """Return a time of the day such as "20:00 (Berlin)". `at` is in the company's time zone."""
    return f"{at:%H:%M} ({_place(str(at.tzinfo), at, language)})"


def say_week(hours: Hours, language: str) -> str:
    """Return the opening hours such as "Mon–Fri 08:00–20:00; Sat 09:00–12:00 (Berlin)"; empty without hours."""
    names = get_day_names("abbreviated", locale=_locale(language))
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        said = ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in hours.spans(day))
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == said:
            runs[-1] = (runs[-1][0], day, said)
        elif said:
            runs.append((day, day, said))
    if not runs:
        return ""
    parts = [
        f"{names[first]}{f'–{names[last]}' if last > first else ''} {said}"
        for first, last, said in runs
    ]
    at = datetime.now(ZoneInfo(hours.timezone))
    return f"{'; '.join(parts)} ({_place(hours.timezone, at, language)})"


def _locale(language: str) -> str:
    known = Language(language) if language in tuple(Language) else Language.ENGLISH
    return _LOCALES.get(known, str(known))


def _place(timezone: str, at: datetime, language: str) -> str:
    if "/" not in timezone:
        return timezone
    return get_timezone_location(at, locale=_locale(language), return_city=True)


def say_span(span: timedelta, language: str) -> str:
    """Return a time such as "20 minutes", "3 hours" or "2 days", rounded up."""
    minutes = max(math.ceil(span / timedelta(minutes=5)) * 5, 5)
    hours = math.ceil(span / timedelta(hours=1))
    if minutes < 60:
        number, unit = minutes, "duration-minute"
    elif hours <= _MOST_HOURS:
        number, unit = hours, "duration-hour"
    else:
        number, unit = math.ceil(span / timedelta(days=1)), "duration-day"
    return format_unit(number, unit, locale=_locale(language))


def _spans_from(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Return the opening hours of a year from the day of `since` on."""
    today = since.astimezone(ZoneInfo(hours.timezone)).date()
    for days in range(_LOOKED_AHEAD.days + 1):
        yield from _spans(hours, today + timedelta(days=days))


def _spans(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Return when the company opens and closes on a day, in UTC, so that a change of clocks confuses nothing."""
    if day in hours.holidays:
        return
    zone = ZoneInfo(hours.timezone)
    for opens, closes in hours.spans(day.weekday()):
        yield (
            datetime.combine(day, opens, zone).astimezone(UTC),
            datetime.combine(day, closes, zone).astimezone(UTC),
        )
