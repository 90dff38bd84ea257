"""What `user_config` of each deployment may hold: strict, so that a misspelt key is an error, not a default."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.channels import Channel
from pipeline.alerts import AlertLimits
from pipeline.deliver import DeliverySettings, SendWindow
from pipeline.learning.propose import LearningLimits


class StageConfig(BaseModel):
    """Values that change live: Serve calls `reconfigure` with them, no replica restarts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbeddingConfig(StageConfig):
    """`backend` torch runs any sentence-transformers model, int8 those that are a BERT with mean pooling."""

    model: str = "all-MiniLM-L6-v2"
    backend: Literal["int8", "torch"] = "int8"
    max_batch_tokens: int = Field(default=1024, ge=64, le=1_000_000)
    max_batch_texts: int = Field(default=64, ge=1, le=4096)
    max_waiting_texts: int = Field(default=2000, ge=1)
    threads: int = Field(default=1, ge=1, le=256)
    cached_texts: int = Field(default=2000, ge=0)
    also_loaded: tuple[str, ...] = ()
    """Keys of further models that every replica has ready, for a change of the knowledge base's model."""

    @property
    def model_key(self) -> str:
        """Stored with each vector: vectors of two keys can't be compared."""
        return f"{self.backend}:{self.model}"

    def for_model(self, model_key: str) -> EmbeddingConfig:
        """The same limits for the model of another key. Raises pydantic's ValidationError."""
        backend, _, model = model_key.partition(":")
        return EmbeddingConfig.model_validate(
            {**self.model_dump(), "backend": backend, "model": model}
        )


class SentimentConfig(StageConfig):
    max_batch_texts: int = Field(default=256, ge=1, le=4096)
    max_waiting_texts: int = Field(default=5000, ge=1)


class GuardrailThresholds(StageConfig):
    pricing: float = Field(default=0.5, ge=0, le=1)
    refund: float = Field(default=0.55, ge=0, le=1)
    legal: float = Field(default=0.5, ge=0, le=1)
    human_request: float = Field(default=0.65, ge=0, le=1)


class AgentConfig(StageConfig):
    """The agent's limits and thresholds; scores are 0..1."""

    sentiment_escalate_below: float = Field(default=0.3, ge=0, le=1)
    sentiment_priority_below: float = Field(default=0.5, ge=0, le=1)
    guardrails: GuardrailThresholds = GuardrailThresholds()
    answerable_from: float = Field(default=0.42, ge=0, le=1)
    model: str = ""
    """Overrides OPENAI_MODEL where set."""
    temperature: float | None = Field(default=0.2, ge=0, le=2)
    max_searches: int = Field(default=2, ge=1, le=5)
    max_model_calls: int = Field(default=8, ge=1, le=50)
    turn_token_budget: int = Field(default=24_000, ge=500)
    turn_timeout_s: float = Field(default=45, gt=0)
    call_timeout_s: float = Field(default=15, gt=0)
    max_retries: int = Field(default=2, ge=0, le=10)
    history_messages: int = Field(default=40, ge=0, le=500)
    max_concurrent_turns: int = Field(default=64, ge=1, le=1000)
    max_attempts: int = Field(default=10, ge=1, le=50)
    allowed_hosts: tuple[str, ...] = ("techcorp.example",)
    usd_per_million_input_tokens: float = Field(default=0.4, ge=0)
    usd_per_million_output_tokens: float = Field(default=1.6, ge=0)


class ProviderLimits(StageConfig):
    """How long a provider is waited for; see docs/decisions/0010."""

    answer_within_s: float = Field(default=75, gt=0)
    """The client's limit, longer than the provider's own for a request."""
    acts_within_s: float = Field(default=120, ge=0)
    """After a send without an answer the provider may act for so long: then it is a person's."""
    shows_within_s: float = Field(default=30, ge=0)
    """After an answered failure the provider shows what it took all the same; else it is sent again."""


class Providers(StageConfig):
    """Of the channels whose replies leave through a provider."""

    email: ProviderLimits = ProviderLimits()
    whatsapp: ProviderLimits = ProviderLimits(answer_within_s=40)

    @property
    def by_channel(self) -> dict[Channel, ProviderLimits]:
        return {Channel.EMAIL: self.email, Channel.WHATSAPP: self.whatsapp}


class DeliveryConfig(StageConfig):
    max_concurrent_sends: int = Field(default=16, ge=1, le=1000)
    max_attempts: int = Field(default=14, ge=1, le=50)
    longest_retry_delay_s: float = Field(default=300, gt=0)
    send_lease_s: float = Field(default=120, gt=0)
    """After it an attempt that never reported, because its process died, is looked up."""
    send_within_s: float = Field(default=10, gt=0)
    """A process that stood still for longer between marking a send and sending does not send."""
    providers: Providers = Providers()

    @model_validator(mode="after")
    def _lease_outlives_every_attempt(self) -> Self:
        longest = max(one.answer_within_s for one in self.providers.by_channel.values())
        if self.send_lease_s <= self.send_within_s + longest:
            raise ValueError(
                "send_lease_s must be longer than send_within_s and any answer_within_s"
            )
        return self

    @property
    def settings(self) -> DeliverySettings:
        return DeliverySettings(
            send_lease=timedelta(seconds=self.send_lease_s),
            send_within=timedelta(seconds=self.send_within_s),
            attempt_limit=timedelta(seconds=self.send_lease_s - self.send_within_s),
            windows={
                channel: SendWindow(
                    timedelta(seconds=limits.acts_within_s),
                    timedelta(seconds=limits.shows_within_s),
                )
                for channel, limits in self.providers.by_channel.items()
            },
        )


class LearningConfig(StageConfig):
    """What the leader does beside its main work, so that the system gets better."""

    learn_every_s: float = Field(default=15.0, ge=1)
    moods_every_s: float = Field(default=10.0, ge=1)
    digest_every_s: float = Field(default=600.0, ge=1)
    tickets_a_run: int = Field(default=50, ge=1, le=1000)
    valid_for_days: int = Field(default=180, ge=1)
    """A learned article is no longer found after this, unless it is approved anew."""
    answerable_from: float = Field(default=0.42, ge=0, le=1)
    """As the agent's: what it would answer from is known already."""

    @property
    def limits(self) -> LearningLimits:
        return LearningLimits(
            tickets_a_run=self.tickets_a_run, valid_for=timedelta(days=self.valid_for_days)
        )


class RelayConfig(StageConfig):
    batch_rows: int = Field(default=500, ge=1, le=10_000)
    poll_s: float = Field(default=1.0, gt=0)
    sweep_every_s: float = Field(default=10.0, gt=0)
    unfinished_after_s: float = Field(default=60.0, ge=5)
    keep_published_s: float = Field(default=86_400, ge=60)
    mailbox_poll_s: float = Field(default=60.0, ge=1)
    gauges_every_s: float = Field(default=5.0, ge=1)
    learning: LearningConfig = LearningConfig()

    @property
    def unfinished_after(self) -> timedelta:
        return timedelta(seconds=self.unfinished_after_s)


class AlertThresholds(StageConfig):
    """What `GET /alerts` compares with; the rules in monitoring/ have the same values."""

    window_s: float = Field(default=3600, gt=0)
    latency_s: float = Field(default=3.0, gt=0)
    escalation_rate: float = Field(default=0.25, ge=0, le=1)
    unanswered_s: float = Field(default=300, gt=0)
    silence_s: float = Field(default=86_400, gt=0)
    watch_left_s: float = Field(default=86_400, ge=0)

    @property
    def limits(self) -> AlertLimits:
        return AlertLimits(
            window=timedelta(seconds=self.window_s),
            latency=timedelta(seconds=self.latency_s),
            escalation_rate=self.escalation_rate,
            unanswered=timedelta(seconds=self.unanswered_s),
            silence=timedelta(seconds=self.silence_s),
            watch_left=timedelta(seconds=self.watch_left_s),
        )


class IngressConfig(StageConfig):
    requests_per_minute_per_address: int = Field(default=3000, ge=1)
    wrong_keys_per_minute_per_address: int = Field(default=30, ge=1)
    messages_per_minute_per_customer: int = Field(default=600, ge=1)
    answerable_from: float = Field(default=0.5, ge=0, le=1)
    """Articles are offered while a customer types only where they are as sure as this."""
    approve_answerable_from: float = Field(default=0.42, ge=0, le=1)
    """As the agent's: an approval is held where it takes an answer away that was as sure as this."""
    alerts: AlertThresholds = AlertThresholds()


STAGE_CONFIGS: dict[str, type[StageConfig]] = {
    "embedding": EmbeddingConfig,
    "sentiment": SentimentConfig,
    "agent": AgentConfig,
    "delivery": DeliveryConfig,
    "relay": RelayConfig,
    "ingress": IngressConfig,
}
