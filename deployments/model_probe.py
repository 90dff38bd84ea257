"""Tells whether the language model answers, for those who prepare to go live."""

from __future__ import annotations

from deployments.agent_settings import make_endpoint
from deployments.configs.agent import AgentConfig
from deployments.settings import Settings
from pipeline.going_live import Finding


async def probe_model(settings: Settings, config: AgentConfig) -> Finding:
    """Ask the configured model for a few words; without a model nothing is asked."""
    endpoint = make_endpoint(settings, config)
    if endpoint is None:
        return Finding("none: answers are taken from the articles word for word")
    # Its library takes a second to import.
    from agent.model_client import check_model

    return Finding(endpoint.model, await check_model(endpoint))
