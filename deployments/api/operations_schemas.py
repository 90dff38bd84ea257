"""Defines the bodies of figures, alerts, health and probes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.channels import Channel


class ChannelFigures(BaseModel):
    """Figures of one channel."""

    channel: Channel
    conversations: int
    messages: int
    avg_sentiment: float | None
    negative: int
    escalations: int
    escalation_rate: float
    avg_latency_ms: float | None
    p95_latency_ms: float | None
    escalations_by_reason: dict[str, int]


class Totals(BaseModel):
    """Figures of all channels together."""

    conversations: int
    messages: int
    negative: int
    escalations: int
    escalation_rate: float
    escalations_by_reason: dict[str, int]


class ChannelReport(BaseModel):
    """Figures by channel. `negative` counts messages below `negative_below`, where the agent hands over."""

    period: Literal["1h", "24h", "7d", "30d"]
    channels: list[ChannelFigures]
    totals: Totals
    negative_below: float
    escalations_by_reason: dict[str, int]
    """The same as in `totals`, for the staff console."""


class AlertView(BaseModel):
    """A figure over its threshold; `since` is null for a rate over the last hour."""

    name: Literal[
        "latency", "escalation_rate", "unanswered", "waiting_for_person", "silent_channel", "dead_letters",
        "watch_expiring", "model_failing", "model_budget", "component_failing",
    ]  # fmt: skip
    severity: Literal["warning", "critical"]
    detail: str
    channel: Channel | None
    since: datetime | None


class Alerts(BaseModel):
    """Current alerts."""

    alerts: list[AlertView]


class ComponentDetail(BaseModel):
    """Since when a component is in its state, what last went wrong, and what waits for it."""

    since: datetime
    last_error: str | None
    oldest_waiting_s: float | None


class Health(BaseModel):
    """State of the system and its components.

    What is switched off is "off", what was not asked yet is "standby". `details` are for staff: null without a
    staff key.
    """

    status: Literal["healthy", "degraded", "unhealthy"]
    components: dict[str, Literal["healthy", "standby", "degraded", "unhealthy", "off"]]
    version: str
    timestamp: datetime
    details: dict[str, ComponentDetail] | None = None


class Probe(BaseModel):
    """Answer of a probe."""

    status: Literal["ok", "not_ready"]
