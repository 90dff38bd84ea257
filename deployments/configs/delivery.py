"""Types the delivery stage's `user_config`: attempts, leases and how long providers are waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, field_validator, model_validator

from channels.registry import transports
from deployments.configs.base import StageConfig
from domain.channels import Channel
from domain.retry import RetryPolicy
from pipeline.bulkheads import BulkheadSettings
from pipeline.deliver import DeliverySettings, SendWindow

_DELIVERY = DeliverySettings()


class ProviderLimits(StageConfig):
    """How long a provider is waited for; docs/decisions/0010 says why so long."""

    answer_within_s: float = Field(
        default=75,
        gt=0,
        description="Seconds that the client waits for an answer, longer than the provider's own limit.",
    )
    acts_within_s: float = Field(
        default=120,
        ge=0,
        description="Seconds that the provider may still act after a send without an answer: it is looked"
        " up so long, and then it is a person's. The customer's later replies wait.",
    )
    shows_within_s: float = Field(
        default=30,
        ge=0,
        description="Seconds after an answered failure within which the provider shows what it took all"
        " the same; else the reply is sent again.",
    )


def _provider_limits() -> dict[Channel, ProviderLimits]:
    """Of the channels whose replies leave through a provider."""
    return {
        channel: ProviderLimits.model_validate(transport.provider_limits)
        for channel, transport in transports()
        if transport.provider_limits is not None
    }


class DeliveryConfig(StageConfig):
    """Limits of the delivery stage."""

    max_concurrent_sends: int = Field(
        default=16,
        ge=1,
        le=1000,
        description="Sends side by side to one provider in one replica; lower it when a provider answers 429.",
    )
    failing_customers: int = Field(
        default=_DELIVERY.bulkhead.failures,
        ge=1,
        le=1000,
        description="Customers whose sends failed in a row, after which a provider gets one send per"
        " pause_s until one succeeds; the other replies wait without using up attempts.",
    )
    pause_s: float = Field(
        default=_DELIVERY.bulkhead.pause.total_seconds(),
        gt=0,
        description="Seconds between two sends to a provider that fails.",
    )
    hold_at_most_s: float = Field(
        default=_DELIVERY.hold_at_most.total_seconds(),
        gt=0,
        description="Seconds that a failing provider may hold back a reply before attempts are counted"
        " all the same, so that it becomes a dead letter.",
    )
    max_attempts: int = Field(
        default=14,
        ge=1,
        le=50,
        description="Attempts before a reply becomes a dead letter: 14 are about an hour.",
    )
    longest_retry_delay_s: float = Field(
        default=300, gt=0, description="Longest pause in seconds between two attempts."
    )
    send_lease_s: float = Field(
        default=_DELIVERY.send_lease.total_seconds(),
        gt=0,
        description="Seconds after which an attempt that never reported, because its process died, is"
        " looked up at the provider; longer than send_within_s and any answer_within_s together.",
    )
    send_within_s: float = Field(
        default=_DELIVERY.send_within.total_seconds(),
        gt=0,
        description="A process that stood still for more seconds than this between marking a send and"
        " sending does not send.",
    )
    providers: dict[Channel, ProviderLimits] = Field(
        default_factory=_provider_limits,
        description="How long each channel's provider is waited for.",
    )

    @field_validator("providers")
    @classmethod
    def _of_every_provider(
        cls, given: dict[Channel, ProviderLimits]
    ) -> dict[Channel, ProviderLimits]:
        defaults = _provider_limits()
        if unknown := ", ".join(given.keys() - defaults.keys()):
            raise ValueError(f"no provider sends for {unknown}")
        return defaults | given

    @model_validator(mode="after")
    def _lease_outlives_every_attempt(self) -> Self:
        longest = max(limits.answer_within_s for limits in self.providers.values())
        if self.send_lease_s <= self.send_within_s + longest:
            raise ValueError(
                "send_lease_s must be longer than send_within_s and any answer_within_s"
            )
        return self

    @property
    def max_concurrent_replies(self) -> int:
        """Replies of one channel that are worked on at once; those without a place wait for it or are postponed."""
        return 2 * self.max_concurrent_sends

    @property
    def retry(self) -> RetryPolicy:
        """Build the policy for failed sends."""
        return RetryPolicy(
            max_attempts=self.max_attempts,
            longest_delay=timedelta(seconds=self.longest_retry_delay_s),
        )

    @property
    def settings(self) -> DeliverySettings:
        """Build the delivery's settings; what `send_within_s` leaves of the lease is an attempt's limit."""
        return DeliverySettings(
            send_lease=timedelta(seconds=self.send_lease_s),
            send_within=timedelta(seconds=self.send_within_s),
            attempt_limit=timedelta(seconds=self.send_lease_s - self.send_within_s),
            windows={
                channel: SendWindow(
                    timedelta(seconds=limits.acts_within_s),
                    timedelta(seconds=limits.shows_within_s),
                )
                for channel, limits in self.providers.items()
            },
            bulkhead=BulkheadSettings(
                places=self.max_concurrent_sends,
                failures=self.failing_customers,
                pause=timedelta(seconds=self.pause_s),
            ),
            hold_at_most=timedelta(seconds=self.hold_at_most_s),
        )
