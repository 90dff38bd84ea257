"""Types the agent stage's `user_config`: limits of a turn, thresholds and the model's prices."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from agent.guardrails.guard import GuardrailSettings
from agent.settings import AgentSettings, ModelEndpoint
from deployments.configs.base import StageConfig
from domain.retry import RetryPolicy
from pipeline.answer import AnswerSettings
from pipeline.replay import ReplayLimits
from pipeline.triage import SentimentThresholds

_ANSWER = AnswerSettings()
_ENDPOINT = ModelEndpoint(model="")
_GUARDRAILS = GuardrailSettings()
_REPLAY = ReplayLimits()
_RETRY = RetryPolicy()
_SENTIMENT = SentimentThresholds()
_TURN = AgentSettings()


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
    answerable_from: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Probability from which passages count as holding the answer; below it the agent offers a"
        " choice, asks back or hands over. null: the knowledge base's own value, calibrated at each change of"
        " its articles. Learning and approvals use the same one.",
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
    replay_turns: int = Field(
        default=_REPLAY.turns,
        ge=1,
        le=100,
        description="Stored turns that one try of a company profile may answer anew.",
    )
    replay_timeout_s: float = Field(
        default=_REPLAY.time.total_seconds(),
        gt=0,
        le=25,
        description="Seconds that one try may take; what is not answered by then is left out.",
    )
    replay_token_budget: int = Field(
        default=_REPLAY.tokens,
        ge=1,
        description="Input and output tokens of one try; beyond them no further turn is begun.",
    )
    replay_concurrency: int = Field(
        default=_REPLAY.at_once, ge=1, le=16, description="Turns of one try side by side."
    )
    usd_per_million_input_tokens: float = Field(
        default=0.4, ge=0, description="Price for fte_model_cost_usd; changes no behaviour."
    )
    usd_per_million_output_tokens: float = Field(
        default=1.6, ge=0, description="Price for fte_model_cost_usd; changes no behaviour."
    )

    @property
    def retry(self) -> RetryPolicy:
        """Build the policy for failed messages."""
        return RetryPolicy(max_attempts=self.max_attempts)

    def replay_limits(self, turns: int) -> ReplayLimits:
        """Build the limits of a try that asks for `turns`."""
        return ReplayLimits(
            min(turns, self.replay_turns),
            timedelta(seconds=self.replay_timeout_s),
            self.replay_token_budget,
            self.replay_concurrency,
        )

    @property
    def sentiment(self) -> SentimentThresholds:
        """Build triage's thresholds."""
        return SentimentThresholds(self.sentiment_escalate_below, self.sentiment_priority_below)
