"""The delivery stage: reads fte.tickets.outgoing and sends each reply through its channel, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from database.unit_of_work import open_uow
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.configs.delivery import DeliveryConfig
from deployments.consuming import DELIVERY, Handling, MessageConsumer
from deployments.live_config import LiveConfig
from deployments.metrics import EventCounter, make_meter
from deployments.replica import initialise_replica
from deployments.senders import make_senders
from deployments.settings import Settings
from deployments.storage import FROZEN_AFTER, make_pool
from deployments.tracing import make_tracing
from domain.channels import Channel
from domain.components import SENDING
from domain.ports import Sender
from pipeline.deliver import Delivering

log = logging.getLogger(__name__)


class DeliveryStage:
    """Every replica is one member of the consumer group; customers are spread over them by key."""

    def __init__(self, settings: Settings) -> None:
        initialise_replica(settings.log_level)
        self._settings = settings
        self._meter = make_meter()
        self._tracing = make_tracing("delivery", settings.otel_exporter_otlp_endpoint)
        self._pool = make_pool(settings, "delivery", idle_in_transaction=FROZEN_AFTER)
        self._senders: Mapping[Channel, Sender] = {}
        self._live = LiveConfig(DeliveryConfig, self._apply)
        self._consumer: MessageConsumer | None = None
        self._delivering: Delivering | None = None
        self._providers: frozenset[Channel] = frozenset()
        """Channels whose replies leave through somebody else."""
        self._reporting: asyncio.Task[None] | None = None

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """The first call starts the consumer. A later one is for the sends to come; running ones finish.

        A later one that can't be taken leaves the former one in force.
        """
        await self._live.take(user_config)

    async def _apply(self, config: DeliveryConfig) -> None:
        senders = make_senders(self._settings, open_uow(self._pool), config)
        delivering = Delivering(
            open_uow(self._pool), senders, config.settings, EventCounter(self._meter)
        )
        self._delivering, self._providers = delivering, frozenset(config.providers)
        handling = Handling(delivering.deliver, config.retry, config.max_concurrent_replies)
        if self._consumer is not None:
            await self._consumer.change(handling)
            former, self._senders = self._senders, senders
            await _close(former)
            return
        self._senders = senders
        self._consumer = MessageConsumer(
            DELIVERY,
            handling,
            broker=self._settings.broker,
            open_uow=open_uow(self._pool),
            meter=self._meter,
            tracing=self._tracing,
        )
        self._consumer.start()
        report = BackgroundJob("delivery reports", self._report, lambda: 3.0)
        self._reporting = asyncio.create_task(BackgroundJobs([report], self._meter).run())

    async def _report(self) -> None:
        """Store how sends went, for health and alerts."""
        if self._delivering is None:
            return
        news = {
            channel: error
            for channel, error in self._delivering.take_news().items()
            if channel in self._providers
        }
        if not news:
            return
        async with open_uow(self._pool)() as uow:
            for channel, error in news.items():
                if error is None:
                    await uow.components.succeed(f"{SENDING}{channel.value}")
                else:
                    await uow.components.fail(f"{SENDING}{channel.value}", error)
            await uow.commit()

    async def check_health(self) -> None:
        """Serve asks on this event loop, and replaces the replica if it is stuck. Raises RuntimeError."""
        if self._consumer is not None:
            self._consumer.check()

    async def status(self) -> str:
        """Return "degraded" while no messages are consumed or the newest configuration is refused."""
        is_alive = self._consumer is not None and self._consumer.is_alive
        return "healthy" if is_alive and not self._live.is_refused else "degraded"

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; the policy is the one that config.yaml names."""
        return await self._consumer.load() if self._consumer is not None else {}

    async def __del__(self) -> None:
        """Serve's farewell: finish what is under way, then leave the group."""
        if self._consumer is not None:
            await self._consumer.drain()
        if self._reporting is not None:
            self._reporting.cancel()
        await _close(self._senders)
        await self._pool.close()
        await asyncio.to_thread(self._tracing.close)


async def _close(senders: Mapping[Channel, Sender]) -> None:
    for sender in senders.values():
        await asyncio.to_thread(sender.close)
