"""Tells whether the company is open, when it opens next, and says so in a language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names, get_timezone_location

from domain.company import Hours
from domain.languages import Language

_LOOKED_AHEAD = timedelta(days=366)
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
