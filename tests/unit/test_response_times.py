"""Tests clocks that pause while the company is closed, and what customers may be told of waiting."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.company import Company, Hours, Sla
from domain.hours import add_open_time, is_open, open_time
from domain.response_times import ClockKind, SlaState, Told, expected_wait, make_clock
from domain.tickets import Priority

WEEK = Hours(
    timezone="Europe/Berlin",
    week={
        day: ("09:00-12:00", "13:00-17:00")  # type: ignore[misc]
        for day in ("mon", "tue", "wed", "thu", "fri")
    },
    holidays=(date(2026, 12, 25),),
)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
SPANS = st.timedeltas(timedelta(seconds=1), timedelta(hours=200))


def berlin(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@given(TIMES, SPANS)
def test_as_much_opening_time_passes_as_was_added(since: datetime, span: timedelta) -> None:
    assert open_time(WEEK, since, add_open_time(WEEK, since, span)) == span


@given(TIMES, SPANS, SPANS)
def test_opening_time_adds_up_and_is_never_longer_than_the_clock(
    since: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = since + first, since + first + second
    whole = open_time(WEEK, since, end)
    assert whole == open_time(WEEK, since, middle) + open_time(WEEK, middle, end)
    assert timedelta(0) <= whole <= end - since


@given(TIMES, SPANS)
def test_an_end_lies_within_opening_hours_or_at_their_close(
    since: datetime, span: timedelta
) -> None:
    end = add_open_time(WEEK, since, span)
    assert is_open(WEEK, end - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("since", "span", "end"),
    [
        (berlin(1, 10), HOUR, berlin(1, 11)),
        (berlin(1, 11, 30), HOUR, berlin(1, 13, 30)),
        (berlin(1, 20), HOUR, berlin(2, 10)),
        (berlin(4, 16, 30), HOUR, berlin(7, 9, 30)),  # over a weekend
        (berlin(24, 16), 2 * HOUR, berlin(28, 10)),  # over a holiday and a weekend
        (berlin(23, 16, 0, month=10), 2 * HOUR, berlin(26, 10, 0, month=10)),  # clocks go back
    ],
)
def test_time_pauses_while_the_company_is_closed(
    since: datetime, span: timedelta, end: datetime
) -> None:
    assert add_open_time(WEEK, since, span) == end


def test_without_hours_and_where_it_never_opens_every_hour_counts() -> None:
    assert add_open_time(Hours(), berlin(1, 20), HOUR) == berlin(1, 21)
    never = Hours(week={"mon": ()})
    assert add_open_time(never, berlin(1, 20), HOUR) == berlin(1, 21)


def sla(**times: str) -> Company:
    return Company(
        name="Tests",
        hours=WEEK,
        sla=Sla(first_response=times, clock="business"),  # type: ignore[arg-type]
    )


def test_a_clock_takes_the_time_of_its_priority_or_the_default() -> None:
    company, since = sla(urgent="1h", default="8h"), berlin(1, 9)
    urgent = make_clock(company, 1, ClockKind.FIRST_RESPONSE, Priority.URGENT, since)
    low = make_clock(company, 1, ClockKind.FIRST_RESPONSE, Priority.LOW, since)
    assert urgent is not None
    assert low is not None
    assert (urgent.due_at, low.due_at) == (berlin(1, 10), berlin(2, 10))
    assert make_clock(company, 1, ClockKind.NEXT_RESPONSE, Priority.LOW, since) is None
    assert make_clock(sla(), 1, ClockKind.FIRST_RESPONSE, Priority.LOW, since) is None


def test_a_clock_warns_once_and_breaches_once() -> None:
    clock = make_clock(
        sla(default="4h"), 1, ClockKind.FIRST_RESPONSE, Priority.LOW, berlin(1, 8, 0)
    )
    assert clock is not None
    assert (clock.warn_at, clock.due_at) == (berlin(1, 12), berlin(1, 14))
    assert clock.state(berlin(1, 11)) is SlaState.OK
    assert clock.to_tell(berlin(1, 11)) is None
    assert clock.to_tell(berlin(1, 12, 30)) is Told.WARNING
    assert clock.to_tell(berlin(1, 14)) is Told.BREACH


def minutes(*numbers: int) -> list[timedelta]:
    return [timedelta(minutes=number) for number in numbers]


def test_a_wait_is_expected_only_where_enough_customers_were_answered() -> None:
    assert expected_wait(minutes(*range(1, 20)), []) is None
    assert expected_wait(minutes(*range(1, 21)), []) == timedelta(minutes=16)


def test_a_queue_that_nobody_works_on_promises_nothing() -> None:
    answered = minutes(*range(1, 21))
    assert expected_wait(answered, minutes(*[600] * 20)) is None
    # Those who wait for less than most answers took change little.
    assert expected_wait(answered, minutes(1, 1, 1)) == timedelta(minutes=17)


@given(
    st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), min_size=20, max_size=60),
    st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), max_size=20),
)
def test_whoever_waits_never_shortens_what_is_expected(
    answered: list[timedelta], waiting: list[timedelta]
) -> None:
    alone, with_them = expected_wait(answered, []), expected_wait(answered, waiting)
    assert alone is not None
    assert with_them is None or with_them >= alone


def test_hours_end_at_their_minute() -> None:
    assert not is_open(WEEK, datetime.combine(date(2026, 12, 1), time(12), BERLIN))
