"""Tests who is told of what and when, and how a webhook is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.document import parse, to_plain
from domain.company import Company, NotificationTarget
from domain.errors import InvalidProfile
from domain.masked_targets import MASK, masked, unmasked
from domain.notifications import (
    Event,
    EventType,
    after_quiet,
    follow_up,
    next_attempt,
    plan,
    routes_of,
    target_of,
)
from domain.tickets import EscalationReason, Priority
from notices.signing import signature

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOOK = {"kind": "webhook", "url": "https://hooks.example/x", "secret": "whsec_c2VjcmV0"}


def company(*routes: dict[str, object]) -> Company:
    return parse(
        {
            "name": "Tests",
            "hours": {"timezone": "Europe/Berlin"},
            "notifications": [{"to": HOOK, **route} for route in routes],
        }
    )


def hand_over(**more: object) -> Event:
    return Event(
        type=EventType.HANDOVER,
        data={},
        reason=EscalationReason.REFUND,
        priority=Priority.HIGH,
        **more,  # type: ignore[arg-type]
    )


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The specification's own example.
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_several_secrets_sign_beside_each_other_so_that_one_can_be_replaced() -> None:
    both = signature("whsec_b25l,whsec_dHdv", "1", 2, b"{}").split()
    assert both == [signature("whsec_b25l", "1", 2, b"{}"), signature("whsec_dHdv", "1", 2, b"{}")]


@pytest.mark.parametrize("secret", ["plain words, no base64!"[:11], "c2VjcmV0"])
def test_a_secret_without_the_prefix_signs_as_text_too(secret: str) -> None:
    digest = hmac.new(secret.encode(), b"1.2.{}", hashlib.sha256).digest()
    assert f"v1,{base64.b64encode(digest).decode()}" in signature(secret, "1", 2, b"{}").split()


def test_routes_are_named_by_kind_and_host_unless_the_profile_names_them() -> None:
    routes = routes_of(company({"on": ["alert"]}, {"on": ["alert"]}, {"on": [], "name": "desk"}))
    assert list(routes) == ["webhook hooks.example", "webhook hooks.example 2", "desk"]


def test_a_filter_applies_to_what_has_it() -> None:
    routes = company({"on": ["handover", "alert"], "reasons": ["legal"], "channels": ["email"]})
    assert plan(routes, hand_over(), NOW) == []
    alert = Event(type=EventType.ALERT, data={}, priority=Priority.URGENT)
    assert len(plan(routes, alert, NOW)) == 1


@given(st.sampled_from(Priority), st.sampled_from(Priority))
def test_the_least_priority_is_let_through(least: Priority, given_: Priority) -> None:
    order = list(Priority)
    planned = plan(
        company({"on": ["alert"], "priority": least.value}),
        Event(type=EventType.ALERT, data={}, priority=given_),
        NOW,
    )
    assert bool(planned) == (order.index(given_) >= order.index(least))


def test_what_asks_for_no_act_is_never_repeated() -> None:
    event = Event(type=EventType.MESSAGE_RECEIVED, data={})
    [planned] = plan(company({"on": ["message.received"]}), event, NOW)
    assert planned.repeat_at is None
    [told] = plan(company({"on": ["handover"], "repeat_after": "0s"}), hand_over(), NOW)
    assert told.repeat_at is None


def test_the_last_target_is_told_again_and_again() -> None:
    then = [{"kind": "mail", "address": "boss@tests.example"}]
    routes = company({"on": ["handover"], "then": then, "repeat_after": "10m"})
    [(name, route)] = routes_of(routes).items()
    kinds = [target_of(route, step).kind for step in range(4)]
    assert kinds == ["webhook", "mail", "mail", "mail"]
    following = follow_up(routes, name, route, EventType.HANDOVER, 1, NOW)
    assert (following.step, following.due_at) == (2, NOW)
    assert following.repeat_at == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("quiet", "at", "sent"),
    [
        ("22:00-07:00", (1, 23), (2, 7)),
        ("22:00-07:00", (2, 6), (2, 7)),
        ("22:00-07:00", (2, 7), (2, 7)),
        ("22:00-07:00", (2, 21), (2, 21)),
        ("12:00-13:00", (2, 12), (2, 13)),
        ("12:00-13:00", (2, 14), (2, 14)),
    ],
)
def test_quiet_hours_are_the_companys_own(
    quiet: str, at: tuple[int, int], sent: tuple[int, int]
) -> None:
    def berlin(day: int, hour: int) -> datetime:
        return datetime(2026, 12, day, hour, tzinfo=BERLIN)

    [planned] = plan(company({"on": ["handover"], "quiet": quiet}), hand_over(), berlin(*at))
    assert planned.due_at == berlin(*sent)
    assert planned.repeat_at == berlin(*sent) + timedelta(minutes=15)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001,
    st.times(),
    st.times(),
)
def test_nothing_is_sent_within_quiet_hours_nor_more_than_a_day_late(
    at: datetime, begins: time, ends: time
) -> None:
    sent = after_quiet((begins, ends), "UTC", at)
    assert at <= sent <= at + timedelta(days=1)
    assert after_quiet((begins, ends), "UTC", sent) == sent


def test_attempts_become_rarer_and_heed_the_receiver() -> None:
    pauses = [next_attempt(number, jitter=0.5) for number in range(1, 30)]
    assert pauses[0] == timedelta(seconds=5)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=2)
    assert next_attempt(1, timedelta(minutes=5), 0.5) == timedelta(minutes=5)


def test_secrets_are_masked_and_stay_what_they_were() -> None:
    slack = {"kind": "slack", "url": "https://hooks.slack.example/services/T/B/secret"}
    named = {"kind": "slack", "secret": "NOTIFY_SLACK"}
    stored = company({"on": ["handover"], "then": [slack, named]})
    shown = masked(stored)
    text = str(to_plain(shown)) + repr(shown)
    assert "c2VjcmV0" not in text
    assert "services" not in text
    assert "NOTIFY_SLACK" in text
    assert unmasked(parse(to_plain(shown)), stored) == stored


def test_a_masked_secret_of_another_target_has_to_be_written_again() -> None:
    stored = company({"on": ["handover"]})
    moved = company(
        {"on": ["handover"], "to": {**HOOK, "url": "https://x.example", "secret": MASK}}
    )
    with pytest.raises(InvalidProfile, match=r"notifications\.0\.to\.secret"):
        unmasked(moved, stored)


def test_no_secret_shows_in_a_targets_repr() -> None:
    target = NotificationTarget(kind="webhook", url="https://x.example/tok", secret="hidden")
    assert "hidden" not in repr(target)
    assert "tok" not in repr(target)


@pytest.mark.parametrize("quiet", ["22:00", "22:00-", "late"])
def test_a_span_that_is_none_is_refused(quiet: str) -> None:
    with pytest.raises(InvalidProfile, match="22:00-07:00"):
        company({"on": ["handover"], "quiet": quiet})
