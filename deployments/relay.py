"""The relay stage: one leader publishes the outbox and runs the background jobs of the whole system."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from ray.serve.handle import DeploymentHandle

from channels.registry import channels_with_jobs, make_intakes
from database.unit_of_work import open_uow
from deployments.agent_config import read_agent_config
from deployments.background_jobs import BackgroundJob, BackgroundJobs
from deployments.configs.relay import RelayConfig
from deployments.crawling import Crawls
from deployments.gauges import HandOverCounter, read_lag, read_people, read_pulse
from deployments.handles import EmbeddingStageClient, SentimentStageClient
from deployments.health import Report
from deployments.leader import Leader
from deployments.learning import LearningJobs
from deployments.live_config import LiveConfig
from deployments.mailboxes import FurtherMailboxes
from deployments.metrics import EventCounter, make_meter
from deployments.notifying import Notifications
from deployments.outbox_publisher import OutboxPublisher
from deployments.page_links import page_link
from deployments.replica import initialise_replica
from deployments.settings import Settings
from deployments.storage import FROZEN_AFTER, make_pool
from deployments.tracing import make_tracing
from domain import topics
from domain.channels import Channel
from domain.leases import RELAY, Lease
from messaging.lag import GroupLag
from messaging.publisher import KafkaPublisher
from pipeline.attempts import queue_due
from pipeline.drafts import call_for_overdue, draft_again
from pipeline.form_mail import tell_of_answers
from pipeline.marks import wake_due
from pipeline.notify import purge_notifications
from pipeline.relay import purge, sweep
from pipeline.response_times import purge_waits
from pipeline.staff import release_absent

_STUCK_AFTER_S = 60.0
"""Without a new round for longer, the leader is replaced: each step of a round has a shorter limit."""


class RelayStage:
    """Binds the parts; each has one job and fails alone."""

    def __init__(
        self,
        settings: Settings,
        embedding: DeploymentHandle[object],
        sentiment: DeploymentHandle[object],
        agent: DeploymentHandle[object],
    ) -> None:
        initialise_replica(settings.log_level)
        self._pool = make_pool(settings, "relay")
        self._work = open_uow(self._pool)
        self._meter = make_meter()
        self._publisher = KafkaPublisher(settings.broker)
        # Its own connections: no background job holds the outbox up, and if this process stands still in
        # the middle of a transaction, the server ends it before the lease does.
        self._outbox_pool = make_pool(
            settings, "outbox", max_size=3, idle_in_transaction=FROZEN_AFTER
        )
        outbox_work = open_uow(self._outbox_pool)
        self._outbox = OutboxPublisher(outbox_work, self._publisher, self._meter)
        self._lags = [
            GroupLag(settings.broker, group, topic)
            for group, topic in (
                (topics.AGENT_GROUP, topics.INCOMING),
                (topics.DELIVERY_GROUP, topics.OUTGOING),
            )
        ]
        self._intakes = make_intakes(settings, channels_with_jobs(settings, settings.channels))
        tracing = make_tracing("relay", settings.otel_exporter_otlp_endpoint)
        embedder = EmbeddingStageClient(embedding, tracing, self._meter)
        scorer = SentimentStageClient(sentiment, tracing, self._meter)
        self._learning = LearningJobs(
            settings,
            self._work,
            embedder,
            embedder,
            scorer,
            partial(read_agent_config, agent),
            EventCounter(self._meter),
        )

        async def first_model() -> str:
            async with self._work() as uow:
                profile = await uow.company.current()
            return await embedder.retrieval_model(profile.company.languages)

        self._crawls = Crawls(
            self._work,
            embedder,
            first_model,
            partial(read_agent_config, agent),
            settings.private_hosts,
        )
        self._config = RelayConfig()
        self._mailboxes = FurtherMailboxes(
            settings,
            self._work,
            EventCounter(self._meter),
            self._meter,
            lambda: self._config.mailbox_poll_s,
        )
        self._notifications = Notifications(settings, self._work)
        self._jobs = BackgroundJobs([*self._jobs_of(settings)], self._meter)
        self._leader = Leader(outbox_work, RELAY, self._lead)
        self._live = LiveConfig(RelayConfig, self._apply)
        self._tasks: list[asyncio.Task[None]] = []

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """Takes effect within a poll; pauses of background jobs at once.

        A later one that can't be taken leaves the former one in force.
        """
        await self._live.take(user_config)

    async def _apply(self, config: RelayConfig) -> None:
        self._config = self._outbox.config = config
        self._learning.config = config.learning
        self._jobs.pauses_changed()
        if not self._tasks:
            commits = self._pool.listen("outbox")
            self._tasks = [
                asyncio.create_task(self._leader.run()),
                asyncio.create_task(self._outbox.listen(commits)),
            ]

    async def status(self) -> str:
        """`standby` while another replica leads, `degraded` while the broker is away or a change is refused."""
        if not self._leader.is_leading:
            return "standby" if await self._leader.is_anybody_leading() else "unhealthy"
        has_answered = not any(f"lag of {lag.topic}" in self._jobs.failing for lag in self._lags)
        is_well = self._outbox.reaches_broker and has_answered and not self._live.is_refused
        return "healthy" if is_well else "degraded"

    async def jobs_status(self) -> Report:
        """`degraded` while background jobs fail again and again, with their errors."""
        if not self._leader.is_leading:
            return Report("standby" if await self._leader.is_anybody_leading() else "unhealthy")
        return self._jobs.report

    async def check_health(self) -> None:
        """Serve asks for it, and replaces a replica that leads and stands still. Raises RuntimeError."""
        stood_still_s = time.monotonic() - self._outbox.worked_at
        if self._leader.is_leading and stood_still_s > _STUCK_AFTER_S:
            raise RuntimeError(f"the outbox has not moved for {stood_still_s:.0f} s")

    async def _lead(self, lease: Lease) -> None:
        """Until the lease is lost, which ends the jobs as well."""
        beside = [
            asyncio.create_task(self._jobs.run()),
            asyncio.create_task(self._mailboxes.run()),
        ]
        try:
            await self._outbox.run(lease)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._notifications.stop()

    def _jobs_of(self, settings: Settings) -> list[BackgroundJob]:
        work, learning = self._work, self._learning
        hand_overs = HandOverCounter(work, self._meter)
        jobs = [
            BackgroundJob("retries", self._queue_due, lambda: self._config.poll_s),
            BackgroundJob("sweep", self._sweep, lambda: self._config.sweep_every_s),
            BackgroundJob("hand-overs", hand_overs.read, lambda: self._config.gauges_every_s),
            BackgroundJob("absence", self._release_absent, lambda: self._config.release_every_s),
            BackgroundJob("snoozes", partial(wake_due, work), lambda: self._config.release_every_s),
            BackgroundJob("drafts", self._see_to_drafts, lambda: self._config.drafts_every_s),
            BackgroundJob("purge", self._purge, lambda: self._config.keep_published_s / 10),
            BackgroundJob(
                "pulse",
                partial(read_pulse, work, self._meter, settings.channels),
                lambda: self._config.gauges_every_s,
            ),
            BackgroundJob(
                "people",
                partial(read_people, work, self._meter),
                lambda: self._config.gauges_every_s,
            ),
            *self._notifications.jobs(lambda: self._config.poll_s),
            *(
                BackgroundJob(
                    f"lag of {lag.topic}",
                    partial(read_lag, lag, self._meter),
                    lambda: self._config.gauges_every_s,
                )
                for lag in self._lags
            ),
            BackgroundJob("learning", learning.learn, lambda: learning.config.learn_every_s),
            BackgroundJob("gate", learning.calibrate, lambda: learning.config.learn_every_s),
            BackgroundJob(
                "questions", learning.collect_questions, lambda: learning.config.learn_every_s
            ),
            BackgroundJob(
                "sentiment", learning.score_sentiment, lambda: learning.config.sentiment_every_s
            ),
            BackgroundJob("crawls", self._crawls.run_due, lambda: self._config.crawl_poll_s),
            BackgroundJob("digest", learning.keep_digest, lambda: learning.config.digest_every_s),
        ]
        if {Channel.WEB_FORM, Channel.EMAIL} <= settings.channels:
            jobs.append(
                BackgroundJob(
                    "form answers",
                    partial(tell_of_answers, work, page_link(settings)),
                    lambda: self._config.form_mails_every_s,
                )
            )
        for intake in self._intakes.values():
            for name, job in intake.jobs(work, EventCounter(self._meter)).items():
                jobs.append(
                    BackgroundJob(name, job.run, lambda: self._config.mailbox_poll_s, job.waits)
                )
        return jobs

    async def _queue_due(self) -> None:
        await queue_due(self._work, self._config.batch_rows)

    async def _sweep(self) -> None:
        await sweep(self._work, self._config.unfinished_after)

    async def _release_absent(self) -> None:
        absence = timedelta(seconds=self._config.release_after_absence_s)
        await release_absent(self._work, absence, datetime.now(UTC), EventCounter(self._meter))

    async def _see_to_drafts(self) -> None:
        await draft_again(self._work)
        age = timedelta(seconds=self._config.draft_overdue_after_s)
        await call_for_overdue(self._work, age, EventCounter(self._meter))

    async def _purge(self) -> None:
        await purge(self._work, timedelta(seconds=self._config.keep_published_s))
        async with self._work() as uow:
            await uow.desk_feed.purge()
            await uow.commit()
        await purge_notifications(self._work)
        await purge_waits(self._work)

    async def __del__(self) -> None:
        """Serve's farewell: give the lease back so that the next relay leads at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._notifications.close()
        await self._publisher.stop()
        for lag in self._lags:
            await lag.close()
        for intake in self._intakes.values():
            await asyncio.to_thread(intake.close)
        await asyncio.to_thread(self._learning.close)
        await self._outbox_pool.close()
        await self._pool.close()
