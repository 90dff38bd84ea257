"""Types the agent's settings and the address of its model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr

from agent.secret_prints import SecretPrints
from domain.model_calls import TokenPrice


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """One turn's limits. Token budgets are estimates, made before the provider counts."""

    instructions: str = ""
    """Tried in place of the company profile's prompt where set."""
    max_model_calls: int = 8
    """Answers of the model within one turn, refused tool calls included."""
    max_searches: int = 2
    """After this many searches without a match, code hands over."""
    max_passages: int = 5
    """Passages of one search that a model is shown."""
    turn_timeout: timedelta = timedelta(seconds=45)
    """The whole run, tools and waits between attempts included."""
    turn_token_budget: int = 24_000
    """Input and output of all calls of one turn; the run stops beyond it."""
    message_token_budget: int = 2_000
    history_token_budget: int = 1_000
    passage_token_budget: int = 700
    max_output_tokens: int = 900
    """Of a single answer of the model."""
    max_query_chars: int = 400
    min_grounding: float = 0.4
    """Share of a reply's content words that its passages must hold."""
    screens_messages: bool = True
    """Whether messages that give the assistant orders are kept from the model."""
    secrets: SecretPrints = field(default_factory=SecretPrints)
    """Texts that must never be in a reply, in any spelling."""
    breaker_failures: int = 4
    """Failed turns in a row after which no model is called for `breaker_pause`."""
    breaker_pause: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible server. `base_url` None means OpenAI's own."""

    model: str
    api_key: SecretStr | None = None
    base_url: str | None = None
    price: TokenPrice = field(default_factory=TokenPrice)
    call_timeout: timedelta = timedelta(seconds=30)
    """Of one attempt. One that took so long is not repeated."""
    connect_timeout: timedelta = timedelta(seconds=3)
    max_retries: int = 2
    first_retry_delay: timedelta = timedelta(milliseconds=500)
    max_retry_delay: timedelta = timedelta(seconds=5)
    """A server that asks for a longer wait is not called again in this turn."""
    temperature: float | None = 0.2
    tool_choice: str = "auto"
    """`required` makes weak models call tools, if the server supports it."""
