"""The agent stage: reads fte.tickets.incoming and answers each customer's turn, or hands it over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from ray.serve.handle import DeploymentHandle

from agent.secret_prints import SecretPrints
from company.document import parse_json
from database.unit_of_work import open_uow
from deployments.agent_settings import make_agent_settings, make_endpoint
from deployments.configs.agent import AgentConfig
from deployments.consuming import AGENT, Handling, MessageConsumer
from deployments.handles import EmbeddingStageClient, SentimentStageClient
from deployments.live_config import LiveConfig
from deployments.metrics import EventCounter, make_meter
from deployments.model_probe import probe_model
from deployments.replica import initialise_replica
from deployments.settings import Settings
from deployments.storage import FROZEN_AFTER, make_pool
from deployments.tracing import make_tracing
from domain.errors import Overloaded, StoreUnavailable
from pipeline.going_live import Finding
from pipeline.model_ledger import StoredLedger
from pipeline.replay import Replay
from pipeline.suggest import Suggesting, Suggestion

if TYPE_CHECKING:
    from agent.agent import SupportAgent

log = logging.getLogger(__name__)


class AgentStage:
    """Every replica is one member of the consumer group; a customer's turns run on one at a time."""

    def __init__(
        self,
        settings: Settings,
        embedding: DeploymentHandle[object],
        sentiment: DeploymentHandle[object],
        secrets: SecretPrints,
    ) -> None:
        initialise_replica(settings.log_level)
        self._settings = settings
        self._secrets = secrets
        self._meter = make_meter()
        self._tracing = make_tracing("agent", settings.otel_exporter_otlp_endpoint)
        self._embedder = EmbeddingStageClient(embedding, self._tracing, self._meter)
        self._scorer = SentimentStageClient(sentiment, self._tracing, self._meter)
        self._pool = make_pool(settings, "agent", max_size=16, idle_in_transaction=FROZEN_AFTER)
        self._ledger = StoredLedger(open_uow(self._pool))
        self._probe: asyncio.Task[None] | None = None
        self._replay_pool = make_pool(settings, "replay", max_size=4, is_read_only=True)
        self._replaying = asyncio.Lock()
        self._live = LiveConfig(AgentConfig, self._apply)
        self._config = AgentConfig()
        self._agents: list[SupportAgent] = []
        self._suggesting: Suggesting | None = None
        self._consumer: MessageConsumer | None = None

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """The first call starts the consumer. A later one is for the turns to come; running ones finish.

        A later one that can't be taken leaves the former one in force.
        """
        await self._live.take(user_config)

    async def _apply(self, config: AgentConfig) -> None:
        # Here and not above: the process that only binds the graph is spared seconds of imports.
        from agent.agent import build_agents
        from deployments.bootstrap import bootstrap

        limits = make_agent_settings(self._settings, config, secrets=self._secrets)
        agents = build_agents(limits, make_endpoint(self._settings, config))
        use_cases = await asyncio.to_thread(
            bootstrap,
            config,
            limits,
            open_uow=open_uow(self._pool),
            embedder=self._embedder,
            scorer=self._scorer,
            agents=agents,
            observe=EventCounter(self._meter),
            ledger=self._ledger,
        )
        handling = Handling(use_cases.answering.answer, config.retry, config.max_concurrent_turns)
        old_agents, self._agents = self._agents, agents
        self._suggesting = use_cases.suggesting
        if self._consumer is None:
            self._consumer = MessageConsumer(
                AGENT,
                handling,
                broker=self._settings.broker,
                open_uow=open_uow(self._pool),
                meter=self._meter,
                tracing=self._tracing,
            )
            self._consumer.start()
        else:
            await self._consumer.change(handling)
        for agent in old_agents:
            await agent.close()
        self._config = config
        if self._probe is not None:
            self._probe.cancel()
        self._probe = asyncio.create_task(self._learn_whether_it_answers(config))
        log.info("answering with %s", ", ".join(agent.name for agent in agents))

    async def _learn_whether_it_answers(self, config: AgentConfig) -> None:
        """Ask the model once, so that staff know of a wrong key before a customer writes."""
        from agent.model_client import ask_model

        endpoint = make_endpoint(self._settings, config)
        if endpoint is None:
            return
        failure = await ask_model(endpoint)
        try:
            if failure is None:
                await self._ledger.succeeded(endpoint.model)
            else:
                await self._ledger.failed(endpoint.model, failure.code, str(failure))
        except StoreUnavailable:
            log.warning("the model's state could not be recorded")

    async def config(self) -> AgentConfig:
        """What is in force; stages that judge or count by the same thresholds ask for it."""
        return self._config

    async def probe_model(self) -> Finding:
        """Ask the language model for a few words; this stage alone holds its key."""
        return await probe_model(self._settings, self._config)

    async def replay(self, profile: str, turns: int, skip: int) -> Replay:
        """Answer stored turns anew with a profile (as JSON); this stage alone holds the model's key."""
        from deployments.replaying import replay_with

        async with self._replaying:
            return await replay_with(
                parse_json(profile),
                self._settings,
                self._config,
                self._replay_pool,
                self._embedder,
                self._scorer,
                self._config.replay_limits(turns),
                self._secrets,
                skip=skip,
            )

    async def check_health(self) -> None:
        """Serve asks on this event loop, and replaces the replica if it is stuck. Raises RuntimeError."""
        if self._consumer is not None:
            self._consumer.check()

    async def suggest(self, conversation_id: UUID) -> Suggestion:
        """Draft a reply for a person; this stage alone holds the model's key."""
        if self._suggesting is None:
            raise Overloaded("the stage is starting", timedelta(seconds=1))
        return await self._suggesting.suggest(conversation_id)

    async def status(self) -> str:
        """Return "degraded" while no messages are consumed or the newest configuration is refused."""
        is_alive = self._consumer is not None and self._consumer.is_alive
        return "healthy" if is_alive and not self._live.is_refused else "degraded"

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; the policy is the one that config.yaml names."""
        return await self._consumer.load() if self._consumer is not None else {}

    async def __del__(self) -> None:
        """Serve's farewell: finish the turns under way, then leave the group."""
        if self._consumer is not None:
            await self._consumer.drain()
        if self._probe is not None:
            self._probe.cancel()
        for agent in self._agents:
            await agent.close()
        await self._pool.close()
        await self._replay_pool.close()
        await asyncio.to_thread(self._tracing.close)
