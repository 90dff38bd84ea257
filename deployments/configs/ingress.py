"""Types the ingress's `user_config`: requests, event streams, rates and the limits of alerts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from deployments.configs.base import StageConfig
from domain.staff_accounts import SessionLimits
from pipeline.alerts import AlertLimits

_ALERTS = AlertLimits()
_SESSIONS = SessionLimits()


class AlertThresholds(StageConfig):
    """Limits of `GET /alerts`; the rules in monitoring/ have the same values."""

    window_s: float = Field(
        default=_ALERTS.window.total_seconds(),
        gt=0,
        description="Seconds over which latency and escalations are counted.",
    )
    latency_s: float = Field(
        default=_ALERTS.latency.total_seconds(),
        gt=0,
        description="Seconds within which 19 of 20 replies have to be made.",
    )
    escalation_rate: float = Field(
        default=_ALERTS.escalation_rate,
        ge=0,
        le=1,
        description="Share of conversations that may be handed to a person.",
    )
    unanswered_s: float = Field(
        default=_ALERTS.unanswered.total_seconds(),
        gt=0,
        description="Seconds that a message may wait for its answer.",
    )
    waiting_for_person_s: float = Field(
        default=_ALERTS.waiting_for_person.total_seconds(),
        gt=0,
        description="Seconds of opening hours that a customer may wait for a person whom nobody has taken; the"
        " alert is there from the first one on, and critical from then on.",
    )
    silence_s: float = Field(
        default=_ALERTS.silence.total_seconds(),
        gt=0,
        description="Seconds without any message after which a channel in use counts as silent.",
    )
    watch_left_s: float = Field(
        default=_ALERTS.watch_left.total_seconds(),
        ge=0,
        description="Seconds before the end of Gmail's watch from which it is reported.",
    )

    @property
    def limits(self) -> AlertLimits:
        """Build the limits that the alerts compare with."""
        return AlertLimits(
            window=timedelta(seconds=self.window_s),
            latency=timedelta(seconds=self.latency_s),
            escalation_rate=self.escalation_rate,
            unanswered=timedelta(seconds=self.unanswered_s),
            waiting_for_person=timedelta(seconds=self.waiting_for_person_s),
            silence=timedelta(seconds=self.silence_s),
            watch_left=timedelta(seconds=self.watch_left_s),
        )


class StreamLimits(StageConfig):
    """Event streams of one replica; what is beyond them gets 503 and polls."""

    per_replica: int = Field(
        default=512, ge=1, le=100_000, description="Streams that a replica holds open."
    )
    per_address: int = Field(default=64, ge=1, description="Of one caller's address.")
    per_subject: int = Field(
        default=8, ge=1, description="Of one ticket: a customer's tabs and devices, and staff."
    )
    max_age_s: float = Field(
        default=300.0,
        gt=0,
        description="Seconds after which the server ends a stream and the page opens another one.",
    )
    try_again_s: float = Field(
        default=60.0, ge=1, description="Retry-After of a refused stream, in seconds."
    )


class SessionLife(StageConfig):
    """How long staff stay signed in to the console."""

    idle_s: float = Field(
        default=_SESSIONS.idle.total_seconds(),
        ge=60,
        description="Seconds without any call after which a session is over; an open page calls by itself.",
    )
    absolute_s: float = Field(
        default=_SESSIONS.absolute.total_seconds(),
        ge=60,
        description="Seconds from the sign-in after which a session is over in any case.",
    )

    @property
    def limits(self) -> SessionLimits:
        """Build the limits of sessions."""
        return SessionLimits(timedelta(seconds=self.idle_s), timedelta(seconds=self.absolute_s))


class IngressConfig(StageConfig):
    """Limits of the HTTP API; rates are per replica."""

    max_concurrent_requests: int = Field(
        default=256, ge=1, description="Requests that a replica works on at once."
    )
    max_waiting_requests: int = Field(
        default=1024, ge=0, description="Requests that wait behind them; then 503 with Retry-After."
    )
    streams: StreamLimits = Field(
        default=StreamLimits(), description="Event streams, which are no requests."
    )
    requests_per_minute_per_address: int = Field(
        default=3000, ge=1, description="Public calls by one address; then 429 with Retry-After."
    )
    wrong_keys_per_minute_per_address: int = Field(
        default=30,
        ge=1,
        description="Wrong staff keys and tickets' tokens by one address, an IPv6 /64 counting as one; then 429"
        " for right ones too.",
    )
    sessions: SessionLife = Field(default=SessionLife(), description="Sessions of the console.")
    messages_per_minute_per_customer: int = Field(
        default=600, ge=1, description="Messages of one customer; then 429 with Retry-After."
    )
    answerable_from: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Probability from which an article is offered while a customer types.",
    )
    alerts: AlertThresholds = Field(
        default=AlertThresholds(), description="What `GET /alerts` calls too much."
    )

    @property
    def max_open(self) -> int:
        """Requests and streams that one replica has at once, probes aside."""
        return self.streams.per_replica + self.max_concurrent_requests + self.max_waiting_requests
