"""Makes the agent's settings of the environment's and of config.yaml's."""

from __future__ import annotations

from datetime import timedelta

from agent.secret_prints import SecretPrints
from agent.settings import AgentSettings, ModelEndpoint
from deployments.configs.agent import AgentConfig
from deployments.settings import Settings
from domain.model_calls import TokenPrice


def make_agent_settings(
    settings: Settings,
    config: AgentConfig,
    instructions: str = "",
    secrets: SecretPrints | None = None,
) -> AgentSettings:
    """Make them; the output check recognises every secret, so that none can be in a reply.

    Args:
        settings: Of the process.
        config: Of the agent stage.
        instructions: In place of the shipped prompt, if not empty.
        secrets: Those that no reply may hold; by default the ones in `settings`.
    """
    return AgentSettings(
        instructions=instructions,
        max_model_calls=config.max_model_calls,
        max_searches=config.max_searches,
        turn_timeout=timedelta(seconds=config.turn_timeout_s),
        turn_token_budget=config.turn_token_budget,
        secrets=SecretPrints.of(settings.secrets) if secrets is None else secrets,
    )


def make_endpoint(settings: Settings, config: AgentConfig) -> ModelEndpoint | None:
    """None without a key and a base URL: the grounded answerer is then the only agent."""
    if not settings.has_model:
        return None
    return ModelEndpoint(
        model=config.model or settings.openai_model,
        api_key=settings.openai_api_key if settings.openai_api_key.get_secret_value() else None,
        base_url=settings.openai_base_url or None,
        call_timeout=timedelta(seconds=config.call_timeout_s),
        max_retries=config.max_retries,
        temperature=config.temperature,
        price=TokenPrice(config.usd_per_million_input_tokens, config.usd_per_million_output_tokens),
    )
