"""Lists what exceeds its threshold now, in sentences for staff, by the limits of monitoring's rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.channels import Channel
from domain.records import ChannelMetrics, Pulse
from domain.stores import OpenUnitOfWork
from pipeline.waiting import WaitingForPerson, read_waiting

WAITING_FOR_PERSON = "waiting_for_person"
"""The alert that lasts as long as any customer waits for a person whom nobody has taken."""


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """The thresholds; latency and escalation rate are measured over `window`."""

    window: timedelta = timedelta(hours=1)
    latency: timedelta = timedelta(seconds=3)
    escalation_rate: float = 0.25
    unanswered: timedelta = timedelta(minutes=5)
    waiting_for_person: timedelta = timedelta(minutes=15)
    """In opening hours; whoever waits for a person for less is a warning."""
    silence: timedelta = timedelta(hours=24)
    silence_after_activity_within: timedelta = timedelta(days=7)
    """A channel that was idle for longer raises no alert."""
    watch_left: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Alert:
    """One exceeded threshold.

    `severity` is warning or critical; `since` is None for a rate over the window. `component` names the
    one that fails, where that is the alert.
    """

    name: str
    severity: str
    detail: str
    channel: Channel | None = None
    since: datetime | None = None
    component: str = ""


async def current_alerts(
    open_uow: OpenUnitOfWork, channels: Collection[Channel], limits: AlertLimits, now: datetime
) -> list[Alert]:
    """Read the figures of the enabled channels and return their alerts, critical ones first.

    Raises StoreUnavailable.
    """
    async with open_uow() as uow:
        figures = await uow.metrics.by_channel(now - limits.window)
        pulse = await uow.metrics.pulse()
        people = await read_waiting(uow, now)
    return find_alerts(figures, pulse, channels, limits, now, people)


def find_alerts(
    figures: Sequence[ChannelMetrics],
    pulse: Pulse,
    channels: Collection[Channel],
    limits: AlertLimits,
    now: datetime,
    people: WaitingForPerson = WaitingForPerson(),  # noqa: B008 (frozen)
) -> list[Alert]:
    """Compare `figures`, measured over `limits.window`, `pulse` and who waits for people with the limits."""
    found = [
        *_for_person(people, limits, now),
        *_slow_or_handed_over(figures, limits),
        *_unanswered_or_silent(pulse, channels, limits, now),
        *_system(pulse, channels, limits, now),
    ]
    return sorted(found, key=lambda alert: alert.severity != "critical")


def _slow_or_handed_over(figures: Sequence[ChannelMetrics], limits: AlertLimits) -> Iterator[Alert]:
    for metrics in figures:
        if metrics.p95_latency_ms is not None and metrics.p95_latency_ms > limits.latency / _MS:
            yield Alert(
                "latency",
                "warning",
                f"One in twenty replies on {metrics.channel.facts.in_a_sentence} took longer than"
                f" {metrics.p95_latency_ms / 1000:.1f} s; the limit is {_words(limits.latency)}.",
                metrics.channel,
            )
        if metrics.escalation_rate > limits.escalation_rate:
            yield Alert(
                "escalation_rate",
                "warning",
                f"{metrics.escalation_rate:.0%} of the conversations on"
                f" {metrics.channel.facts.in_a_sentence} were handed"
                f" to a person; the limit is {limits.escalation_rate:.0%}.",
                metrics.channel,
            )


def _unanswered_or_silent(
    pulse: Pulse, channels: Collection[Channel], limits: AlertLimits, now: datetime
) -> Iterator[Alert]:
    for channel_pulse in pulse.channels:
        oldest, last = channel_pulse.oldest_waiting_at, channel_pulse.last_inbound_at
        if oldest is not None and now - oldest > limits.unanswered:
            yield Alert(
                "unanswered",
                "critical",
                f"{channel_pulse.waiting} messages on {channel_pulse.channel.facts.in_a_sentence} wait for an answer,"
                f" the oldest for {_words(now - oldest)}.",
                channel_pulse.channel,
                oldest,
            )
        if channel_pulse.channel in channels and last is not None:
            quiet = now - last
            if limits.silence < quiet < limits.silence_after_activity_within:
                yield Alert(
                    "silent_channel",
                    "warning",
                    f"Nothing came in on {channel_pulse.channel.facts.in_a_sentence} for {_words(quiet)}.",
                    channel_pulse.channel,
                    last,
                )


def _for_person(people: WaitingForPerson, limits: AlertLimits, now: datetime) -> Iterator[Alert]:
    if people.oldest_at is None:
        return
    who = "1 customer waits" if people.number == 1 else f"{people.number} customers wait"
    yield Alert(
        WAITING_FOR_PERSON,
        "critical" if people.open_for >= limits.waiting_for_person else "warning",
        f"{who} for a person, and nobody has taken the conversation; the first for"
        f" {_words(now - people.oldest_at)}.",
        since=people.oldest_at,
    )


def _system(
    pulse: Pulse, channels: Collection[Channel], limits: AlertLimits, now: datetime
) -> Iterator[Alert]:
    if pulse.dead_letters:
        yield Alert(
            "dead_letters",
            "critical",
            f"{pulse.dead_letters} messages could not be processed and wait for a decision.",
            since=pulse.oldest_dead_letter_at,
        )
    yield from _model(pulse)
    for channel in channels:
        if channel.facts.watched_by is not None:
            yield from _watch(channel, channel.facts.watched_by, pulse, limits, now)


def _model(pulse: Pulse) -> Iterator[Alert]:
    if pulse.model_failing_since is not None:
        yield Alert(
            "model_failing",
            "critical",
            f"The model {pulse.model} gives no answers, so articles are quoted instead: {pulse.model_said}",
            since=pulse.model_failing_since,
        )
    budget = pulse.model_usd_a_day
    if budget and pulse.model_usd_today >= _BUDGET_WARNING * budget:
        is_over = pulse.model_usd_today >= _BUDGET_OVER * budget
        yield Alert(
            "model_budget",
            "critical" if is_over else "warning",
            f"The model has cost {pulse.model_usd_today:.2f} of {budget:.2f} dollars today."
            + (" Until midnight UTC articles are quoted instead." if is_over else ""),
        )


_BUDGET_WARNING = 0.8
_BUDGET_OVER = 0.99
"""The last call that would exceed the budget is not made, so it is never reached exactly."""


def _watch(
    channel: Channel, provider: str, pulse: Pulse, limits: AlertLimits, now: datetime
) -> Iterator[Alert]:
    ends = pulse.watch_expires_at
    if ends is None:
        yield Alert(
            "watch_expiring",
            "critical",
            f"{provider} does not tell us of new messages: there is no watch.",
            channel,
        )
    elif ends - now < limits.watch_left:
        left = ends - now
        is_over = left <= timedelta(0)
        yield Alert(
            "watch_expiring",
            "critical" if is_over else "warning",
            f"{provider}'s watch ended {_words(-left)} ago."
            if is_over
            else f"{provider}'s watch ends in {_words(left)}.",
            channel,
            ends if is_over else None,
        )


_MS = timedelta(milliseconds=1)


def _words(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
