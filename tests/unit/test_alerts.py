"""Tests what is over its threshold, as a pure function of the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.channels import Channel
from domain.records import ChannelMetrics, ChannelPulse, Pulse
from pipeline.alerts import Alert, AlertLimits, find_alerts
from pipeline.waiting import WaitingForPerson

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIMITS = AlertLimits()
ALL = tuple(Channel)
WELL = ChannelMetrics(Channel.EMAIL, 10, 10, 0.6, 2, 0.2, 900.0, 2900.0)
QUIET = ChannelPulse(Channel.EMAIL, 0, None, NOW - timedelta(hours=1))
PULSE = Pulse((QUIET,), 0, None, 0, None, NOW + timedelta(days=6))


def alerts(
    figures: ChannelMetrics = WELL, pulse: Pulse = PULSE, channels: tuple[Channel, ...] = ALL
) -> list[Alert]:
    return find_alerts([figures], pulse, channels, LIMITS, NOW)


def only(found: list[Alert]) -> Alert:
    [alert] = found
    return alert


def test_all_is_quiet_below_every_threshold() -> None:
    assert alerts() == []


def test_slow_replies_and_many_hand_overs_are_told_per_channel() -> None:
    slow = only(alerts(replace(WELL, p95_latency_ms=4100.0)))
    assert (slow.name, slow.channel, slow.severity) == ("latency", Channel.EMAIL, "warning")
    assert "4.1 s" in slow.detail
    many = only(alerts(replace(WELL, escalation_rate=0.4)))
    assert (many.name, many.channel) == ("escalation_rate", Channel.EMAIL)
    assert "40%" in many.detail


def test_a_customer_who_waits_too_long_is_critical_and_comes_first() -> None:
    since = NOW - timedelta(minutes=6)
    waiting = replace(QUIET, waiting=3, oldest_waiting_at=since)
    found = alerts(replace(WELL, escalation_rate=0.4), replace(PULSE, channels=(waiting,)))
    assert [alert.name for alert in found] == ["unanswered", "escalation_rate"]
    assert (found[0].severity, found[0].since) == ("critical", since)


def test_whoever_waits_for_a_person_is_an_alert_from_the_start_and_soon_a_critical_one() -> None:
    def waiting(open_for: timedelta) -> Alert:
        people = WaitingForPerson(2, NOW - timedelta(hours=20), open_for)
        return only(find_alerts([WELL], PULSE, ALL, LIMITS, NOW, people))

    soon, late = waiting(timedelta(minutes=14)), waiting(timedelta(minutes=15))
    assert (soon.name, soon.severity) == ("waiting_for_person", "warning")
    assert (late.severity, late.since) == ("critical", NOW - timedelta(hours=20))
    assert late.detail.startswith("2 customers wait for a person")


def test_a_channel_in_use_that_falls_silent_is_missed_and_an_unused_one_is_not() -> None:
    def silent_for(span: timedelta | None, channels: tuple[Channel, ...] = ALL) -> list[Alert]:
        last = NOW - span if span is not None else None
        pulse = replace(PULSE, channels=(replace(QUIET, last_inbound_at=last),))
        return alerts(pulse=pulse, channels=channels)

    assert only(silent_for(timedelta(hours=25))).name == "silent_channel"
    assert silent_for(timedelta(days=8)) == []
    assert silent_for(None) == []
    assert silent_for(timedelta(hours=25), (Channel.WEB_FORM,)) == []


def test_dead_letters_are_told_with_the_oldest() -> None:
    found = only(alerts(pulse=replace(PULSE, dead_letters=2, oldest_dead_letter_at=NOW)))
    assert (found.name, found.severity, found.since) == ("dead_letters", "critical", NOW)


def test_a_watch_is_told_before_it_ends_after_it_ended_and_when_there_is_none() -> None:
    def watch(ends: datetime | None) -> Alert:
        found = only(alerts(pulse=replace(PULSE, watch_expires_at=ends)))
        assert found.name == "watch_expiring"
        return found

    assert watch(NOW + timedelta(hours=5)).severity == "warning"
    assert watch(NOW - timedelta(hours=5)).severity == "critical"
    assert watch(None).severity == "critical"
    assert alerts(pulse=replace(PULSE, watch_expires_at=None), channels=(Channel.WEB_FORM,)) == []


def test_a_model_that_fails_is_told_in_its_servers_words() -> None:
    failing = replace(
        PULSE, model="gpt-4.1", model_failing_since=NOW, model_said="You exceeded your quota."
    )
    found = only(alerts(pulse=failing))
    assert (found.name, found.severity, found.since) == ("model_failing", "critical", NOW)
    assert "You exceeded your quota." in found.detail


def test_the_models_budget_is_told_at_four_fifths_and_when_it_is_used_up() -> None:
    def spent(usd: float, budget: float | None = 10.0) -> list[tuple[str, str]]:
        pulse = replace(PULSE, model_usd_today=usd, model_usd_a_day=budget)
        return [(alert.name, alert.severity) for alert in alerts(pulse=pulse)]

    assert spent(7.9) == []
    assert spent(8.0) == [("model_budget", "warning")]
    assert spent(9.95) == [("model_budget", "critical")]
    assert spent(50.0, None) == []
