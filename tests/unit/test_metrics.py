"""Checks that events become numbers under the right names and labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deployments.gauges import set_gauges
from deployments.metrics import (
    METRICS,
    EventCounter,
    InMemoryMeter,
    make_meter,
    timed,
)
from domain.channels import Channel
from domain.events import (
    DeliveryRecorded,
    HandedOver,
    MessageDeadLettered,
    MessageReceived,
    SignatureRefused,
    TurnEnded,
)
from domain.messages import DeliveryState
from domain.model_calls import DraftRefusal, ModelUsage
from domain.records import ChannelPulse, Pulse
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome

TURN = TurnEnded(
    channel=Channel.EMAIL,
    outcome=TurnOutcome.ANSWERED,
    hard_limit=None,
    model="gpt-4.1-mini",
    latency=timedelta(seconds=1.5),
    missed_searches=1,
    used={
        "gpt-4.1-mini": ModelUsage(2, 2_000_000, 500_000, 1.6),
        "grounded": ModelUsage(3, 0, 0, 0.0),
    },
    refusals=[DraftRefusal("gpt-4.1-mini", "link", "evil.example")],
)


@pytest.fixture
def meter() -> InMemoryMeter:
    return InMemoryMeter()


def test_a_turn_counts_its_outcome_latency_misses_tokens_and_cost(meter: InMemoryMeter) -> None:
    EventCounter(meter)(TURN)
    model = {"model_version": "gpt-4.1-mini"}
    assert meter.value("fte_turns", channel="email", outcome="answered", **model) == 1
    assert meter.value("fte_turn_latency_seconds", channel="email", outcome="answered") == 1
    assert meter.value("fte_retrieval_misses", channel="email") == 1
    assert meter.value("fte_model_tokens", direction="input", **model) == 2_000_000
    assert meter.value("fte_model_tokens", direction="output", **model) == 500_000
    assert meter.value("fte_model_calls", **model) == 2
    assert meter.value("fte_model_cost_usd", **model) == pytest.approx(1.6)
    assert meter.value("fte_refused_drafts", code="link", **model) == 1


def test_what_a_failed_model_used_counts_although_another_answered(meter: InMemoryMeter) -> None:
    EventCounter(meter)(replace(TURN, model="grounded"))
    assert meter.value("fte_model_cost_usd", model_version="gpt-4.1-mini") == pytest.approx(1.6)
    assert meter.value("fte_model_cost_usd", model_version="grounded") == 0


def test_a_hard_limit_counts_as_a_trip(meter: InMemoryMeter) -> None:
    refund = EscalationReason.REFUND
    EventCounter(meter)(
        replace(TURN, outcome=TurnOutcome.ESCALATED, hard_limit=refund, model="rules")
    )
    assert meter.value("fte_guardrail_trips", channel="email", reason="refund") == 1


def test_a_hand_over_is_left_to_the_leader_who_counts_those_of_every_process(
    meter: InMemoryMeter,
) -> None:
    EventCounter(meter)(HandedOver(Channel.EMAIL, EscalationReason.REFUND, "rules"))
    assert meter.value("fte_escalations", channel="email", reason="refund", author="rules") == 0


def test_every_other_event_counts_once(meter: InMemoryMeter) -> None:
    count = EventCounter(meter)
    count(MessageReceived(Channel.WHATSAPP, "waiting"))
    count(DeliveryRecorded(Channel.WHATSAPP, DeliveryState.PARKED, "63016"))
    count(MessageDeadLettered("fte.tickets.incoming", None))
    count(SignatureRefused(Channel.WHATSAPP))
    assert meter.value("fte_messages_in", channel="whatsapp", state="waiting") == 1
    assert meter.value("fte_deliveries", channel="whatsapp", state="parked", code="63016") == 1
    assert meter.value("fte_dead_letters", topic="fte.tickets.incoming", channel="") == 1
    assert meter.value("fte_signature_failures", channel="whatsapp") == 1


def test_gauges_tell_ages_and_what_is_left(meter: InMemoryMeter) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    pulse = Pulse(
        channels=(
            ChannelPulse(
                Channel.EMAIL, 2, now - timedelta(seconds=90), now - timedelta(seconds=60)
            ),
            ChannelPulse(Channel.WHATSAPP, 0, None, None),
        ),
        dead_letters=1,
        oldest_dead_letter_at=now,
        unpublished=3,
        oldest_unpublished_at=now - timedelta(seconds=5),
        watch_expires_at=now + timedelta(days=2),
    )
    set_gauges(meter, pulse, [Channel.EMAIL, Channel.WHATSAPP], now)
    assert meter.value("fte_unanswered", channel="email") == 2
    assert meter.value("fte_oldest_unanswered_seconds", channel="email") == 90
    assert meter.value("fte_oldest_unanswered_seconds", channel="whatsapp") == 0
    assert meter.value("fte_channel_silence_seconds", channel="email") == 60
    assert meter.value("fte_outbox_rows") == 3
    assert meter.value("fte_oldest_outbox_seconds") == 5
    assert meter.value("fte_open_dead_letters") == 1
    assert meter.value("fte_gmail_watch_left_seconds") == 2 * 86_400


def test_a_metric_or_label_that_nobody_knows_is_an_error(meter: InMemoryMeter) -> None:
    with pytest.raises(KeyError):
        meter.count("fte_typo")
    with pytest.raises(KeyError):
        meter.count("fte_turns", channel="email")


def test_a_block_that_fails_is_timed_too(meter: InMemoryMeter) -> None:
    with pytest.raises(ValueError, match="no"), timed(meter, "agent"):
        raise ValueError("no")
    assert meter.value("fte_stage_latency_seconds", stage="agent") == 1


def test_outside_of_ray_nothing_is_exported() -> None:
    assert isinstance(make_meter(), InMemoryMeter)


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert name.startswith("fte_")
        assert metric.description.endswith(".")
