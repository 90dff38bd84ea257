"""The relay stage: outbox to Kafka, the sweep for what was forgotten, and the mailbox's slow poll."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from ray.serve.handle import DeploymentHandle

from database.leadership import lead
from database.unit_of_work import open_work
from deployments.chores import Chores
from deployments.gauges import read_lags, read_pulse
from deployments.handles import EmbeddingStageClient, SentimentStageClient
from deployments.intakes import make_mailbox
from deployments.learning import LearningChores
from deployments.live_config import LiveConfig
from deployments.metrics import EventCounter, make_meter, timed
from deployments.replica import initialise_replica
from deployments.settings import Settings
from deployments.stage_configs import RelayConfig
from deployments.storage import make_pool
from deployments.tracing import make_tracing
from domain import topics
from domain.errors import SupportError
from messaging.lag import GroupLag
from messaging.publisher import KafkaPublisher
from pipeline.attempts import queue_due
from pipeline.mailbox import keep_watch, sync_mailbox
from pipeline.relay import relay_once, sweep

log = logging.getLogger(__name__)

_LEADER_LOCK = 0x66_74_65_01
"""PostgreSQL advisory lock of the one relay that may publish (the keys spell "fte" and a number)."""
_REST = timedelta(milliseconds=50)
"""After a round of several rows: more are on their way, and a round costs the same for all of them."""


class RelayStage:
    """One replica leads, by an advisory lock that dies with its connection; others would wait."""

    def __init__(
        self,
        settings: Settings,
        embedding: DeploymentHandle[object],
        sentiment: DeploymentHandle[object],
    ) -> None:
        initialise_replica()
        self._settings = settings
        self._pool = make_pool(settings, "relay")
        self._publisher = KafkaPublisher(settings.kafka_bootstrap_servers)
        self._meter = make_meter()
        self._lags = [
            GroupLag(settings.kafka_bootstrap_servers, group, topic)
            for group, topic in (
                (topics.AGENT_GROUP, topics.INCOMING),
                (topics.DELIVERY_GROUP, topics.OUTGOING),
            )
        ]
        self._mailbox = make_mailbox(settings)
        tracing = make_tracing("relay", settings.otel_exporter_otlp_endpoint)
        embedder = EmbeddingStageClient(embedding, tracing, self._meter)
        scorer = SentimentStageClient(sentiment, tracing, self._meter)
        self._learning = LearningChores(settings, open_work(self._pool), embedder, embedder, scorer)
        self._live = LiveConfig(RelayConfig, self._apply)
        self._config = RelayConfig()
        self._chores = Chores()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_publishing = False
        self._reaches_broker = False

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """Takes effect within a poll; pauses of chores at once.

        A later one that can't be taken leaves the former one in force.
        """
        await self._live.take(user_config)

    async def _apply(self, config: RelayConfig) -> None:
        self._config = config
        self._learning.config = self._config.learning
        self._chores.pauses_changed()
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._lead()),
                asyncio.create_task(self._listen()),
            ]

    async def status(self) -> str:
        """`unhealthy` without leadership for long, `degraded` while the broker is away or a change is refused."""
        if not self._is_publishing:
            return "unhealthy"
        is_well = self._reaches_broker and not self._live.is_refused
        return "healthy" if is_well else "degraded"

    async def _lead(self) -> None:
        """Hold the lock on a connection of its own and work for as long as that connection lives."""
        while True:
            try:
                async with lead(self._pool, _LEADER_LOCK) as still_held:
                    await self._work(still_held)
            except SupportError as error:
                log.warning("the relay pauses: %s", error)
            except Exception:
                log.exception("the relay starts over")
            self._is_publishing = False
            await asyncio.sleep(0.5)

    async def _work(self, still_held: Callable[[], Awaitable[None]]) -> None:
        """Until an error; a lost lock is one (StoreUnavailable)."""
        self._is_publishing = True
        chores = [
            asyncio.create_task(self._chores.repeat(chore, pause_s))
            for chore, pause_s in self._repeated()
        ]
        try:
            await self._publisher.start()
            self._reaches_broker = True
            while True:
                await still_held()
                count = await self._publish()
                if count < self._config.batch_rows:
                    if count > 1:
                        await asyncio.sleep(_REST.total_seconds())
                    await self._pause()
        finally:
            for task in chores:
                task.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    def _repeated(self) -> list[tuple[Callable[[], Awaitable[None]], Callable[[], float]]]:
        """Each chore and what the configuration says, when asked, about the seconds between two times."""
        return [
            (self._queue_due, lambda: self._config.poll_s),
            (self._sweep, lambda: self._config.sweep_every_s),
            (self._read_mailbox, lambda: self._config.mailbox_poll_s),
            (self._read_pulse, lambda: self._config.gauges_every_s),
            (self._read_lags, lambda: self._config.gauges_every_s),
            (self._purge, lambda: self._config.keep_published_s / 10),
            (self._learning.learn, lambda: self._config.learning.learn_every_s),
            (self._learning.score_moods, lambda: self._config.learning.moods_every_s),
            (self._learning.keep_digest, lambda: self._config.learning.digest_every_s),
        ]

    async def _publish(self) -> int:
        try:
            with timed(self._meter, "relay"):
                count = await relay_once(
                    open_work(self._pool), self._publisher, self._config.batch_rows
                )
        except SupportError:
            self._reaches_broker = False
            raise
        self._reaches_broker = True
        return count

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._config.poll_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _listen(self) -> None:
        """A row that was just committed goes out at once, without waiting for the next poll."""
        async for _ in self._pool.listen("outbox"):
            self._wake.set()

    async def _queue_due(self) -> None:
        await queue_due(open_work(self._pool), self._config.batch_rows)

    async def _sweep(self) -> None:
        await sweep(open_work(self._pool), self._config.unfinished_after)

    async def _read_mailbox(self) -> None:
        """What Google's pushes dropped, and the watch that they hang on."""
        if self._mailbox is None:
            return
        await keep_watch(open_work(self._pool), self._mailbox, self._settings.gmail_address)
        await sync_mailbox(
            open_work(self._pool),
            self._mailbox,
            self._settings.gmail_address,
            EventCounter(self._meter),
        )

    async def _read_pulse(self) -> None:
        await read_pulse(open_work(self._pool), self._meter, self._settings.channels)

    async def _read_lags(self) -> None:
        await read_lags(self._lags, self._meter)

    async def _purge(self) -> None:
        async with open_work(self._pool)() as work:
            await work.outbox.purge(timedelta(seconds=self._config.keep_published_s))
            await work.commit()

    async def __del__(self) -> None:
        """Serve's farewell: give the lock back so that the next relay leads at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._publisher.stop()
        for lag in self._lags:
            await lag.close()
        if self._mailbox is not None:
            await asyncio.to_thread(self._mailbox.close)
        await asyncio.to_thread(self._learning.close)
        await self._pool.close()
