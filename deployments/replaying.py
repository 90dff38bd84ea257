"""Replays stored turns with a company profile that nobody has saved, beside the agent stage's own work."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from agent.agent import build_agents
from agent.secret_prints import SecretPrints
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.agent_settings import make_agent_settings, make_endpoint
from deployments.bootstrap import Embedder, bootstrap
from deployments.configs.agent import AgentConfig
from deployments.settings import Settings
from domain.company import Company
from domain.ports import SentimentScorer
from pipeline.replay import Replay, ReplayLimits, replay_newest


async def replay_with(
    company: Company,
    settings: Settings,
    config: AgentConfig,
    pool: Pool,
    embedder: Embedder,
    scorer: SentimentScorer,
    limits: ReplayLimits,
    secrets: SecretPrints,
    *,
    skip: int = 0,
) -> Replay:
    """Replay the newest turns. The agents are its own, so that a prompt that fails opens no customer's circuit.

    Args:
        company: The profile that is tried.
        settings: Of the process that holds the model's key.
        config: Of the agent stage.
        pool: Read-only, so that nothing can be stored.
        embedder: Encodes messages and questions.
        scorer: Scores sentiment.
        limits: What the replay may take.
        secrets: Those that no reply may hold.
        skip: How many of the newest turns were replayed before.
    """
    of_turn = make_agent_settings(settings, config, secrets=secrets)
    endpoint = make_endpoint(settings, config)
    agents = build_agents(of_turn, endpoint)
    try:
        use_cases = await asyncio.to_thread(
            bootstrap,
            config,
            of_turn,
            open_uow=open_uow(pool),
            embedder=embedder,
            scorer=scorer,
            agents=agents,
        )
        replayed = await replay_newest(
            open_uow(pool), use_cases.drafting, limits, company, skip=skip
        )
    finally:
        for agent in agents:
            await agent.close()
    return replace(replayed, model=endpoint.model if endpoint is not None else "")
