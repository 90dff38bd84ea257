"""Tells whether the company is open, when it opens next, and says so in a language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location

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


def say_when(opens: datetime, language: str) -> str:
    """Return a time such as "Monday, 7 December 2026, 08:00 (Berlin)". `opens` is in the company's time zone."""
    known = Language(language) if language in tuple(Language) else Language.ENGLISH
    locale = _LOCALES.get(known, str(known))
    place = str(opens.tzinfo)
    if "/" in place:
        place = get_timezone_location(opens, locale=locale, return_city=True)
    return f"{format_date(opens, 'full', locale=locale)}, {opens:%H:%M} ({place})"


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
