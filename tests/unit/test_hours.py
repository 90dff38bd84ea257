"""Tests opening hours: open or not, the next opening, holidays, changes of clocks, and how it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.company import Company, Hours
from domain.hours import closes_today, is_open, next_opening, say_week, say_when
from domain.languages import Language
from domain.records import Ticket
from domain.tickets import EscalationReason, TicketStatus
from domain.turns import Draft
from domain.wording import closed_note, hours_note, person_note
from pipeline.drafting import draft_hand_over
from pipeline.turns import render_reply
from tests.unit.agent_world import ticket, turn

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours(
    timezone="Europe/Berlin",
    week={day: ("09:00-12:00", "13:00-17:00") for day in ("mon", "tue", "wed", "thu", "fri")},  # type: ignore[arg-type]
    holidays=(date(2026, 12, 25),),
)
NIGHT = Hours(timezone="Europe/Berlin", week={"sun": ("01:00-04:00",)})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-12-01T09:00", None),
        ("2026-12-01T08:59", "2026-12-01T09:00"),
        ("2026-12-01T12:00", "2026-12-01T13:00"),
        ("2026-12-01T17:00", "2026-12-02T09:00"),
        ("2026-12-04T18:00", "2026-12-07T09:00"),
        ("2026-12-24T18:00", "2026-12-28T09:00"),
    ],
)
def test_the_next_opening_passes_over_breaks_nights_weekends_and_holidays(
    now: str, opens: str | None
) -> None:
    assert is_open(OFFICE, at(now)) is (opens is None)
    assert next_opening(OFFICE, at(now)) == (None if opens is None else at(opens))


def test_a_company_without_hours_is_always_open_and_one_that_never_opens_says_nothing() -> None:
    assert is_open(Hours(), at("2026-12-25T03:00"))
    assert next_opening(Hours(week={"mon": ()}), at("2026-12-01T09:00")) is None


MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, st.sampled_from([OFFICE, NIGHT]))
def test_at_the_next_opening_it_is_open_and_at_no_minute_before(
    now: datetime, hours: Hours
) -> None:
    opens = next_opening(hours, now)
    if opens is None:
        assert is_open(hours, now)
        return
    assert opens > now
    assert is_open(hours, opens)
    step = max((opens - now) / 50, timedelta(minutes=1))
    moments = [now + step * count for count in range(51)]
    assert not any(is_open(hours, moment) for moment in moments if moment < opens)


def test_the_next_opening_is_said_in_every_language_with_its_place() -> None:
    opens = at("2026-12-07T08:00")
    assert say_when(opens, "en") == "Monday, 7 December 2026, 08:00 (Berlin)"
    assert say_when(opens, "de") == "Montag, 7. Dezember 2026, 08:00 (Berlin)"
    for language in Language:
        note = closed_note(Company(name="Acme", hours=OFFICE), language, at("2026-12-05T08:00"))
        assert say_when(at("2026-12-07T09:00"), language) in note
    assert closed_note(Company(name="Acme", hours=OFFICE), "en", at("2026-12-07T10:00")) == ""


def test_a_hand_over_outside_the_hours_says_when_people_are_there_again() -> None:
    asked = replace(turn("Hello"), company=Company(name="Acme", hours=OFFICE))
    ref = ticket()
    waiting = Ticket(
        ref.id,
        ref.number,
        asked.customer_id,
        asked.conversation_id,
        asked.channel.channel,
        ref.subject,
        ref.category,
        ref.priority,
        TicketStatus.ESCALATED,
        None,
        None,
        at("2026-12-05T08:00"),
        at("2026-12-05T08:00"),
    )
    draft = draft_hand_over(asked, EscalationReason.REFUND)
    closed = render_reply(asked, draft, waiting, at("2026-12-05T08:00"), waited_before=False)
    assert "Monday, 7 December 2026, 09:00 (Berlin)" in closed
    still = render_reply(asked, draft, waiting, at("2026-12-05T08:00"), waited_before=True)
    assert "Monday, 7 December 2026" in still
    open_now = render_reply(asked, draft, waiting, at("2026-12-07T10:00"), waited_before=False)
    assert "2026" not in open_now
    answer = Draft(reply="Press Export.", model="grounded")
    answered = render_reply(asked, answer, waiting, at("2026-12-05T08:00"), waited_before=False)
    assert "2026" not in answered


@pytest.mark.parametrize("language", Language)
def test_a_hand_over_within_the_hours_says_until_when_people_are_there(language: Language) -> None:
    company = Company(name="Acme", hours=OFFICE)
    assert closes_today(OFFICE, at("2026-12-05T08:00")) is None
    closes = closes_today(OFFICE, at("2026-12-07T10:00"))
    assert closes is not None
    note = hours_note(company, language, at("2026-12-07T10:00"))
    assert f"{closes:%H:%M}" in note
    assert hours_note(company, language, at("2026-12-05T08:00")) == closed_note(
        company, language, at("2026-12-05T08:00")
    )
    assert hours_note(Company(name="Acme"), language, at("2026-12-07T10:00")) == ""


def test_a_week_is_said_in_runs_of_days() -> None:
    week = {"mon": ("08:00-20:00",), "tue": ("08:00-20:00",), "sat": ("09:00-12:00",)}
    hours = Hours(timezone="Europe/Berlin", week=week)
    assert say_week(hours, "en") == "Mon–Tue 08:00–20:00; Sat 09:00–12:00 (Berlin)"
    assert say_week(Hours(), "en") == ""


@pytest.mark.parametrize("language", list(Language))
def test_an_expected_wait_is_said_in_the_customers_language_while_people_are_there(
    language: Language,
) -> None:
    company = Company(name="Acme", hours=OFFICE)
    said = person_note(company, language, at("2026-12-07T10:00"), timedelta(hours=1, minutes=10))
    assert "2" in said
    closed = person_note(company, language, at("2026-12-05T08:00"), timedelta(hours=2))
    assert closed == closed_note(company, language, at("2026-12-05T08:00"))


def test_an_expected_wait_counts_the_night_and_is_rounded_up() -> None:
    company = Company(name="Acme", hours=OFFICE)

    def said(**wait: int) -> str:
        return person_note(company, "en", at("2026-12-07T15:00"), timedelta(**wait))

    assert "5 minutes" in said(minutes=1)
    assert "35 minutes" in said(minutes=31)
    assert "2 hours" in said(minutes=61)
    # Two hours until the evening, three in the morning.
    assert "21 hours" in said(hours=5)
    assert "3 days" in said(hours=15)
    at_three = at("2026-12-07T15:00")
    assert person_note(company, "en", at_three, None) == hours_note(company, "en", at_three)
