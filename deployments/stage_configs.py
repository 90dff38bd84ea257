"""Types each deployment's `user_config`: strict, so that a misspelt key is an error and not a default.

A default stands once: here, or with the use case that owns it and that these fields refer to.
`make config-reference` writes docs/reference/config.md and config.schema.json from the descriptions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.guardrails.guard import GuardrailSettings
from agent.settings import AgentSettings, ModelEndpoint
from channels.registry import transports
from domain.channels import Channel
from domain.retry import RetryPolicy
from embeddings.sources import MAX_BATCH_TOKENS, PACKAGED_MODEL
from pipeline.alerts import AlertLimits
from pipeline.answer import AnswerSettings
from pipeline.deliver import DeliverySettings, SendWindow
from pipeline.learning.candidates import LearningLimits
from pipeline.triage import SentimentThresholds

_ALERTS = AlertLimits()
_ANSWER = AnswerSettings()
_DELIVERY = DeliverySettings()
_ENDPOINT = ModelEndpoint(model="")
_GUARDRAILS = GuardrailSettings()
_LEARNING = LearningLimits()
_RETRY = RetryPolicy()
_SENTIMENT = SentimentThresholds()
_TURN = AgentSettings()


class StageConfig(BaseModel):
    """Values that change live: Serve calls `reconfigure` with them, no replica restarts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbeddingConfig(StageConfig):
    """Limits of the embedding stage and the models that it runs: triage's encoder and the knowledge base's."""

    model: str = Field(
        default=PACKAGED_MODEL,
        description="Name or folder of triage's encoder, which guardrails and sentiment read. Their weights"
        " were fitted on it: with another one nothing starts until `python -m evals.fit guardrails` and"
        " `python -m evals.fit sentiment` have fitted them to it.",
    )
    retrieval_model: str = Field(
        default="",
        pattern=r"^((int8|torch):.+)?$",
        description="Key (backend:model) of the knowledge base's model; empty for the same as triage's."
        " Every replica has it ready. A knowledge base that has vectors already changes to it with"
        " `python -m serve_app knowledge switch-model`.",
    )
    backend: Literal["int8", "torch"] = Field(
        default="int8",
        description="int8 computes a BERT with mean pooling in eight bits; torch runs any model of"
        " sentence-transformers.",
    )
    max_batch_tokens: int = Field(
        default=MAX_BATCH_TOKENS,
        ge=64,
        le=1_000_000,
        description="Tokens computed at once. int8 lays texts end to end; torch sorts them by length and"
        " counts the padding.",
    )
    max_batch_texts: int = Field(
        default=64,
        ge=1,
        le=4096,
        description="Waiting texts that one call takes. A lone text never waits for others.",
    )
    max_waiting_texts: int = Field(
        default=2000, ge=1, description="Texts that may wait; beyond them callers are refused."
    )
    threads: int = Field(
        default=1,
        ge=1,
        le=256,
        description="Cores that one replica uses; raise num_cpus of the deployment with it.",
    )
    cached_texts: int = Field(
        default=2000,
        ge=0,
        description="Texts whose embedding is kept: a turn asks for the same text up to three times.",
    )

    @property
    def model_key(self) -> str:
        """Of triage's encoder, in the form of the knowledge base's keys."""
        return f"{self.backend}:{self.model}"

    @property
    def retrieval_key(self) -> str:
        """Stored with each vector: vectors of two keys can't be compared."""
        return self.retrieval_model or self.model_key

    def for_model(self, model_key: str) -> EmbeddingConfig:
        """The same limits for the model of another key. Raises pydantic's ValidationError."""
        backend, _, model = model_key.partition(":")
        return EmbeddingConfig.model_validate(
            {**self.model_dump(), "backend": backend, "model": model}
        )


class SentimentConfig(StageConfig):
    """Limits of the sentiment stage."""

    max_batch_texts: int = Field(
        default=256, ge=1, le=4096, description="Waiting texts that one call takes."
    )
    max_waiting_texts: int = Field(
        default=5000, ge=1, description="Texts that may wait; beyond them callers are refused."
    )


class GuardrailThresholds(StageConfig):
    """Probability (0 to 1) from which the classifier calls a message one of a hard limit."""

    pricing: float = Field(
        default=_GUARDRAILS.pricing,
        ge=0,
        le=1,
        description="Questions about prices. Lower: fewer slip through, more go to a person in vain.",
    )
    refund: float = Field(default=_GUARDRAILS.refund, ge=0, le=1, description="Refunds, likewise.")
    legal: float = Field(
        default=_GUARDRAILS.legal, ge=0, le=1, description="Legal matters, likewise."
    )
    human_request: float = Field(
        default=_GUARDRAILS.human_request,
        ge=0,
        le=1,
        description="The wish for a person, likewise.",
    )


class AgentConfig(StageConfig):
    """The agent's limits and thresholds; scores are 0 to 1. Other stages ask the agent stage for them."""

    sentiment_escalate_below: float = Field(
        default=_SENTIMENT.escalate,
        ge=0,
        le=1,
        description="Messages with a lower sentiment (0 furious, 1 delighted) go to a person before any"
        " model is asked, and count as negative in digest, metrics and console.",
    )
    sentiment_priority_below: float = Field(
        default=_SENTIMENT.raise_priority,
        ge=0,
        le=1,
        description="Messages with a lower sentiment raise the ticket's priority, and count as unhappy in"
        " the console.",
    )
    guardrails: GuardrailThresholds = Field(
        default=GuardrailThresholds(),
        description="Thresholds of the classifier behind the hard limits.",
    )
    answerable_from: float = Field(
        default=0.42,
        ge=0,
        le=1,
        description="Probability from which passages count as holding the answer; below it the agent asks"
        " back or hands over. Learning and approvals use the same one.",
    )
    model: str = Field(default="", description="Overrides OPENAI_MODEL where set.")
    temperature: float | None = Field(
        default=_ENDPOINT.temperature,
        ge=0,
        le=2,
        description="Of the model; null leaves it to the server.",
    )
    max_searches: int = Field(
        default=_TURN.max_searches,
        ge=1,
        le=5,
        description="Searches without a match after which code hands over.",
    )
    max_model_calls: int = Field(
        default=_TURN.max_model_calls,
        ge=1,
        le=50,
        description="Answers of the model within one turn, refused tool calls included.",
    )
    turn_token_budget: int = Field(
        default=_TURN.turn_token_budget,
        ge=500,
        description="Input and output tokens of all calls of one turn; beyond it the grounded answerer"
        " answers.",
    )
    turn_timeout_s: float = Field(
        default=_TURN.turn_timeout.total_seconds(),
        gt=0,
        description="Seconds for the model's whole turn; beyond them the grounded answerer answers.",
    )
    call_timeout_s: float = Field(
        default=_ENDPOINT.call_timeout.total_seconds(),
        gt=0,
        description="Seconds for one call to the model's server.",
    )
    max_retries: int = Field(
        default=_ENDPOINT.max_retries,
        ge=0,
        le=10,
        description="Repeats of a call that the model's server failed.",
    )
    history_messages: int = Field(
        default=_ANSWER.history_limit,
        ge=0,
        le=500,
        description="Earlier messages that a turn may read, newest kept.",
    )
    unproven_turns_per_day: int = Field(
        default=_ANSWER.unproven_turns_per_day,
        ge=1,
        description="Turns within a day for all who only claim one address; further messages wait for a"
        " person. Whoever has proven the address is not affected.",
    )
    max_concurrent_turns: int = Field(
        default=96,
        ge=1,
        le=1000,
        description="Customers answered side by side in one replica; one customer's turns always follow"
        " one another.",
    )
    max_attempts: int = Field(
        default=_RETRY.max_attempts,
        ge=1,
        le=50,
        description="Attempts before a message becomes a dead letter, with growing pauses (some minutes"
        " for 10).",
    )
    usd_per_million_input_tokens: float = Field(
        default=0.4, ge=0, description="Price for fte_model_cost_usd; changes no behaviour."
    )
    usd_per_million_output_tokens: float = Field(
        default=1.6, ge=0, description="Price for fte_model_cost_usd; changes no behaviour."
    )

    @property
    def retry(self) -> RetryPolicy:
        return RetryPolicy(max_attempts=self.max_attempts)

    @property
    def sentiment(self) -> SentimentThresholds:
        return SentimentThresholds(self.sentiment_escalate_below, self.sentiment_priority_below)


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
        description="Sends side by side in one replica; lower it when a provider answers 429.",
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
    def retry(self) -> RetryPolicy:
        return RetryPolicy(
            max_attempts=self.max_attempts,
            longest_delay=timedelta(seconds=self.longest_retry_delay_s),
        )

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
                for channel, limits in self.providers.items()
            },
        )


class LearningConfig(StageConfig):
    """The leader's work beside publishing: learning, sentiment of unscored messages, the digest."""

    learn_every_s: float = Field(
        default=15.0, ge=1, description="Seconds between two looks at resolved tickets."
    )
    sentiment_every_s: float = Field(
        default=10.0,
        ge=1,
        description="Seconds between two rounds that score messages which came while a person had the"
        " conversation.",
    )
    digest_every_s: float = Field(
        default=600.0,
        ge=1,
        description="Seconds between two checks whether yesterday's digest is made and mailed.",
    )
    tickets_a_run: int = Field(
        default=_LEARNING.tickets_a_run,
        ge=1,
        le=1000,
        description="Resolved tickets that one round reads at most.",
    )
    valid_for_days: int = Field(
        default=_LEARNING.valid_for.days,
        ge=1,
        description="Days after which a learned article is no longer found, unless it is approved anew; it"
        " is listed for review before.",
    )

    @property
    def limits(self) -> LearningLimits:
        return LearningLimits(
            tickets_a_run=self.tickets_a_run, valid_for=timedelta(days=self.valid_for_days)
        )


class RelayConfig(StageConfig):
    """Pace of the relay and of its background jobs."""

    batch_rows: int = Field(
        default=500, ge=1, le=10_000, description="Outbox rows published in one round."
    )
    poll_s: float = Field(
        default=1.0,
        gt=0,
        description="Seconds after which a row is noticed at the latest; a commit normally wakes the relay"
        " at once.",
    )
    sweep_every_s: float = Field(
        default=10.0, gt=0, description="Seconds between two sweeps for forgotten messages."
    )
    unfinished_after_s: float = Field(
        default=60.0,
        ge=5,
        description="Seconds after which an unfinished message is queued again, then after twice that, at"
        " most after four times. Set it above the longest wait that you accept in a burst.",
    )
    keep_published_s: float = Field(
        default=86_400, ge=60, description="Seconds that published rows stay for looking back."
    )
    mailbox_poll_s: float = Field(
        default=60.0,
        ge=1,
        description="Seconds between two looks into the mailbox for pushes that Google dropped.",
    )
    gauges_every_s: float = Field(
        default=5.0,
        ge=1,
        description="Seconds between two measurements of lag, ages and the mail watch.",
    )
    learning: LearningConfig = Field(
        default=LearningConfig(), description="Learning, late sentiment and the digest."
    )

    @property
    def unfinished_after(self) -> timedelta:
        return timedelta(seconds=self.unfinished_after_s)


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
        return AlertLimits(
            window=timedelta(seconds=self.window_s),
            latency=timedelta(seconds=self.latency_s),
            escalation_rate=self.escalation_rate,
            unanswered=timedelta(seconds=self.unanswered_s),
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


STAGE_CONFIGS: dict[str, type[StageConfig]] = {
    "embedding": EmbeddingConfig,
    "sentiment": SentimentConfig,
    "agent": AgentConfig,
    "delivery": DeliveryConfig,
    "relay": RelayConfig,
    "ingress": IngressConfig,
}
