"""Defines every metric of the stages and turns events into metrics.

Ray exports a counter `fte_x` as `ray_fte_x_total`, a gauge as `ray_fte_x` and a histogram as
`ray_fte_x_bucket`, `_sum` and `_count`, and adds labels for deployment and replica.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol, cast

from ray import serve
from ray.serve import metrics as serve_metrics
from ray.serve.exceptions import RayServeException
from typing_extensions import override

from domain.events import (
    DeliveryRecorded,
    Event,
    HandedOver,
    MessageDeadLettered,
    MessageReceived,
    RowPutAside,
    SignatureRefused,
    TurnEnded,
)

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's type, meaning and labels."""

    kind: Literal["counter", "gauge", "histogram"]
    description: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Metric] = {
    "fte_messages_in": Metric(
        "counter", "Customers' messages stored, by what became of them.", ("channel", "state")
    ),
    "fte_turns": Metric(
        "counter",
        "Turns committed: answered, asked_back, escalated or silent.",
        ("channel", "outcome", "model_version"),
    ),
    "fte_escalations": Metric(
        "counter", "Conversations handed over to a person.", ("channel", "reason", "author")
    ),
    "fte_guardrail_trips": Metric(
        "counter", "Hard limits found by code before any model was asked.", ("channel", "reason")
    ),
    "fte_retrieval_misses": Metric(
        "counter", "Searches in the knowledge base that found no answer.", ("channel",)
    ),
    "fte_model_tokens": Metric(
        "counter",
        "Tokens of committed turns, those of failed models included.",
        ("model_version", "direction"),
    ),
    "fte_model_calls": Metric(
        "counter", "Calls of a model in committed turns.", ("model_version",)
    ),
    "fte_refused_drafts": Metric(
        "counter",
        "Drafts that a check refused, and models that gave none, by the code of the reason.",
        ("model_version", "code"),
    ),
    "fte_model_cost_usd": Metric(
        "counter", "What those tokens cost at the prices of config.yaml.", ("model_version",)
    ),
    "fte_turn_latency_seconds": Metric(
        "histogram",
        "From the acceptance of a turn's oldest message to the commit of its reply.",
        ("channel", "outcome"),
    ),
    "fte_stage_latency_seconds": Metric(
        "histogram", "One piece of a stage's work, as its caller or consumer sees it.", ("stage",)
    ),
    "fte_deliveries": Metric(
        "counter",
        "Attempts at a part of a reply and providers' later words on it.",
        ("channel", "state", "code"),
    ),
    "fte_dead_letters": Metric(
        "counter", "Records that could not be processed.", ("topic", "channel")
    ),
    "fte_outbox_put_aside": Metric(
        "counter", "Outbox rows that the broker never takes, each put aside.", ("topic",)
    ),
    "fte_signature_failures": Metric(
        "counter", "Webhooks without a valid signature or token.", ("channel",)
    ),
    "fte_consumer_lag": Metric(
        "gauge", "Records of a topic that its consumer group has not finished.", ("topic",)
    ),
    "fte_unanswered": Metric("gauge", "Messages that wait for the agent.", ("channel",)),
    "fte_oldest_unanswered_seconds": Metric(
        "gauge", "Age of the oldest message that waits for the agent; 0 for none.", ("channel",)
    ),
    "fte_waiting_for_person": Metric(
        "gauge", "Customers who wait for a person whom nobody has taken."
    ),
    "fte_oldest_waiting_for_person_seconds": Metric(
        "gauge", "How long the first of them has waited; 0 for none."
    ),
    "fte_oldest_waiting_for_person_open_seconds": Metric(
        "gauge", "How long of that the company was open."
    ),
    "fte_notifications_waiting": Metric(
        "gauge", "Notifications to people that are due and not sent."
    ),
    "fte_oldest_notification_seconds": Metric(
        "gauge", "How long the first of them has been due; 0 for none."
    ),
    "fte_notification_failures": Metric(
        "gauge",
        "Notifications of a route that wait after a failed attempt; 0 for a route that is well.",
        ("route",),
    ),
    "fte_channel_silence_seconds": Metric(
        "gauge", "Since a customer last wrote on the channel.", ("channel",)
    ),
    "fte_outbox_rows": Metric("gauge", "Outbox rows that are not published."),
    "fte_oldest_outbox_seconds": Metric("gauge", "Age of the oldest of them; 0 for none."),
    "fte_open_dead_letters": Metric("gauge", "Dead letters that wait for a decision of staff."),
    "fte_background_job_failures": Metric(
        "gauge", "How often in a row the background job has failed up to now.", ("background_job",)
    ),
    "fte_background_job_success_time": Metric(
        "gauge",
        "When the background job last succeeded, in seconds since 1970.",
        ("background_job",),
    ),
    "fte_model_failing_seconds": Metric(
        "gauge", "Since the language model last answered, while it fails; 0 while it answers."
    ),
    "fte_model_budget_share": Metric(
        "gauge", "Share of the company's daily budget for the model that is spent or reserved."
    ),
    "fte_alerts": Metric(
        "gauge", "Alerts of `GET /alerts` at present, by name.", ("alert", "severity")
    ),
    "fte_component_healthy": Metric(
        "gauge", "1 unless health calls the component degraded or unhealthy.", ("component",)
    ),
    "fte_open_streams": Metric("gauge", "Event streams that are open."),
    "fte_refused_streams": Metric(
        "counter",
        "Event streams refused, by the limit that was reached: replica, address, subject (a ticket).",
        ("limit",),
    ),
    "fte_gmail_watch_left_seconds": Metric(
        "gauge", "Until Gmail's watch ends; negative once it has ended."
    ),
}


class Meter(Protocol):
    """Records metrics by name with exactly their labels; raises KeyError for any not in METRICS."""

    def count(self, name: str, value: float = 1, /, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Add an observation to a histogram."""
        ...

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        ...


class ServeMeter(Meter):
    """Records Ray Serve's metrics, which exist only in a replica; creates each when first used."""

    def __init__(self) -> None:
        self._counters: dict[str, serve_metrics.Counter] = {}
        self._gauges: dict[str, serve_metrics.Gauge] = {}
        self._histograms: dict[str, serve_metrics.Histogram] = {}

    @override
    def count(self, name: str, value: float = 1, /, **labels: str) -> None:
        if name not in self._counters:
            self._counters[name] = serve_metrics.Counter(name, *_of(name, "counter"))
        if value > 0:
            self._counters[name].inc(value, labels)

    @override
    def observe(self, name: str, value: float, /, **labels: str) -> None:
        if name not in self._histograms:
            description, keys = _of(name, "histogram")
            made = serve_metrics.Histogram(name, description, list(_SECONDS), keys)
            self._histograms[name] = made
        self._histograms[name].observe(value, labels)

    @override
    def set(self, name: str, value: float, /, **labels: str) -> None:
        if name not in self._gauges:
            self._gauges[name] = serve_metrics.Gauge(name, *_of(name, "gauge"))
        self._gauges[name].set(value, labels)


def _of(name: str, kind: str) -> tuple[str, tuple[str]]:
    """Return a metric's description and labels; the cast satisfies Ray's annotation."""
    metric = METRICS[name]
    if metric.kind != kind:
        raise KeyError(f"{name} is a {metric.kind}")
    return metric.description, cast(tuple[str], metric.labels)


class InMemoryMeter(Meter):
    """Keeps the metrics in a dictionary and exports nothing, for code outside of Ray."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)

    def value(self, name: str, /, **labels: str) -> float:
        """Return a counter's sum, a gauge's latest value or the number of a histogram's observations."""
        return self.values.get(self._key(name, labels), 0.0)

    @override
    def count(self, name: str, value: float = 1, /, **labels: str) -> None:
        if value > 0:
            self.values[self._key(name, labels)] += value

    @override
    def observe(self, name: str, value: float, /, **labels: str) -> None:
        self.values[self._key(name, labels)] += 1

    @override
    def set(self, name: str, value: float, /, **labels: str) -> None:
        self.values[self._key(name, labels)] = value

    def _key(self, name: str, labels: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
        if set(labels) != set(METRICS[name].labels):
            raise KeyError(f"{name} has the labels {METRICS[name].labels}, not {tuple(labels)}")
        return name, tuple(sorted(labels.items()))


def make_meter() -> Meter:
    """Return a ServeMeter inside a replica, an InMemoryMeter elsewhere."""
    try:
        serve.get_replica_context()
    except RayServeException:
        return InMemoryMeter()
    return ServeMeter()


@contextmanager
def timed(meter: Meter, stage: str) -> Iterator[None]:
    """Observe the block's duration, also when it fails."""
    started = time.monotonic()
    try:
        yield
    finally:
        meter.observe("fte_stage_latency_seconds", time.monotonic() - started, stage=stage)


class EventCounter:
    """domain.ports.Observe over a meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def __call__(self, event: Event) -> None:
        """Record the event's metrics."""
        meter = self._meter
        match event:
            case MessageReceived():
                meter.count("fte_messages_in", channel=event.channel.value, state=event.state)
            case TurnEnded():
                self._count_turn(event)
            case HandedOver():
                # The leader counts hand-overs from the database: see deployments/gauges.py.
                pass
            case DeliveryRecorded():
                meter.count(
                    "fte_deliveries",
                    channel=event.channel.value,
                    state=event.state.value,
                    code=event.code or "",
                )
            case MessageDeadLettered():
                channel = event.channel.value if event.channel is not None else ""
                meter.count("fte_dead_letters", topic=event.topic, channel=channel)
            case RowPutAside():
                meter.count("fte_outbox_put_aside", topic=event.topic)
            case SignatureRefused():
                meter.count("fte_signature_failures", channel=event.channel.value)

    def _count_turn(self, turn: TurnEnded) -> None:
        meter, channel, model = self._meter, turn.channel.value, turn.model
        meter.count("fte_turns", channel=channel, outcome=turn.outcome, model_version=model)
        if turn.hard_limit is not None:
            meter.count("fte_guardrail_trips", channel=channel, reason=turn.hard_limit.value)
        if turn.outcome != "silent":
            seconds = max(turn.latency / timedelta(seconds=1), 0.0)
            meter.observe(
                "fte_turn_latency_seconds", seconds, channel=channel, outcome=turn.outcome
            )
        meter.count("fte_retrieval_misses", turn.missed_searches, channel=channel)
        for used, usage in turn.used.items():
            meter.count(
                "fte_model_tokens", usage.input_tokens, model_version=used, direction="input"
            )
            meter.count(
                "fte_model_tokens", usage.output_tokens, model_version=used, direction="output"
            )
            meter.count("fte_model_calls", usage.calls, model_version=used)
            meter.count("fte_model_cost_usd", usage.usd, model_version=used)
        for refusal in turn.refusals:
            meter.count("fte_refused_drafts", model_version=refusal.author, code=refusal.code)
