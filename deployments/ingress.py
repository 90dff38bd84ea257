"""The ingress stage: the HTTP API and the web pages, over stores of its own and the other stages' handles."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import cast
from uuid import UUID

from fastapi import FastAPI
from ray.serve.handle import DeploymentHandle

from channels.registry import make_intakes
from company.document import to_json
from company.topics import Topics
from database.unit_of_work import open_uow
from deployments.agent_config import AgentConfigFollower, read_agent_config
from deployments.alarms import AlertGauges, all_alerts
from deployments.api.access import TicketTokens
from deployments.api.challenge import Challenges, FormChallenge
from deployments.api.context import Alerting, ApiContext
from deployments.api.guesses import GuessLimit
from deployments.api.limits import FormLimit, RateLimit, SenderAddress
from deployments.api.request_room import RequestRoom
from deployments.api.session_cookie import SessionCookie
from deployments.api.streams import StreamRoom
from deployments.articles import cut, cut_written, relate
from deployments.autoscaling import BACKLOG
from deployments.configs.agent import AgentConfig
from deployments.configs.ingress import IngressConfig
from deployments.going_live import CHECK_LIMIT, make_doctor
from deployments.handles import EmbeddingStageClient, call_stage
from deployments.health import Check, HealthBoard, Report, State, channel_checks
from deployments.identity_provider import IdentityProvider
from deployments.live import ConversationChanges
from deployments.live_config import LiveConfig
from deployments.mailboxes import MailboxRules, mailbox_reports
from deployments.metrics import EventCounter, make_meter
from deployments.notifying import people_reports
from deployments.ranking import make_ranker
from deployments.ray_private import when_stopping
from deployments.replica import initialise_replica
from deployments.settings import Settings
from deployments.staff_directory import Staff
from deployments.storage import make_pool
from deployments.tracing import make_tracing
from deployments.vital_signs import VitalSigns
from domain.company import Company
from domain.components import DATABASE
from domain.errors import SupportError
from pipeline.alerts import Alert
from pipeline.articles import Editing
from pipeline.going_live import Finding, Sample
from pipeline.learning.curate import Curation
from pipeline.replay import Replay
from pipeline.search import KnowledgeSearching
from pipeline.suggest import Suggestion
from pipeline.tell_alerts import tell_of_alerts

log = logging.getLogger(__name__)

_STATUS_LIMIT_S = 2.0
_ALERTS_EVERY_S = 15.0
_REPLAY_LIMIT_S = 29.0
"""Longer than any `replay_timeout_s`, shorter than the pages wait."""
_QUIET_AT_MOST = timedelta(seconds=10)
_SUGGEST_LIMIT_S = 29.0
"""A turn of a slow model; shorter than the pages wait."""
STREAMS_PER_REQUEST = 32
"""Open streams that count as one request where replicas are scaled."""


class IngressStage:
    """Plain class; serve_app makes it Serve's ingress, which asks it for its ASGI application."""

    def __init__(
        self,
        settings: Settings,
        embedding: DeploymentHandle[object],
        sentiment: DeploymentHandle[object],
        agent: DeploymentHandle[object],
        delivery: DeploymentHandle[object],
        relay: DeploymentHandle[object],
        sample: Sample,
    ) -> None:
        initialise_replica(settings.log_level, has_callers=True)
        self._settings = settings
        self._sample = sample
        self._meter = make_meter()
        self._tracing = make_tracing("ingress", settings.otel_exporter_otlp_endpoint)
        self._handles = {
            "embedding": embedding,
            "sentiment": sentiment,
            "agent": agent,
            "delivery": delivery,
        }
        self._relay = relay
        self._pool = make_pool(settings, "ingress", max_size=16)
        self._signs = VitalSigns(open_uow(self._pool))
        self._changes = ConversationChanges(self._pool.listen("conversation"))
        self._tasks: list[asyncio.Task[None]] = []
        self._live = LiveConfig(IngressConfig, self._apply)
        self._offered = make_ranker(IngressConfig().answerable_from)
        self._approved = make_ranker(AgentConfig().answerable_from)
        self._agent_config = AgentConfigFollower(
            partial(read_agent_config, agent), self._follow_agent
        )
        self._context = self._make_context(IngressConfig())
        self._alert_gauges = AlertGauges(
            open_uow(self._pool),
            self._context.health,
            lambda: self._context.alerting,
            self._meter,
        )

    def _make_context(self, config: IngressConfig) -> ApiContext:
        settings = self._settings
        work = open_uow(self._pool)
        intakes = make_intakes(settings, settings.channels)
        embedder = EmbeddingStageClient(self._handles["embedding"], self._tracing, self._meter)
        staff = Staff(settings.staff_keys, work, settings.has_identity_provider)

        async def first_model() -> str:
            async with work() as uow:
                profile = await uow.company.current()
            return await embedder.retrieval_model(profile.company.languages)

        return ApiContext(
            open_uow=work,
            keys=staff,
            staff=staff,
            cookie=SessionCookie(settings.base_url),
            provider=IdentityProvider(settings) if settings.has_identity_provider else None,
            tokens=TicketTokens(settings.ticket_token_secret),
            health=HealthBoard(
                self._checks() | channel_checks(settings, intakes, work),
                self._further_reports,
            ),
            mailboxes=MailboxRules(settings),
            search=KnowledgeSearching(work, embedder, self._offered),
            encoder=embedder,
            topics=Topics(embedder),
            curation=Curation(work, embedder, self._approved, cut, relate),
            editing=Editing(work, embedder, self._approved, cut_written, first_model, relate),
            tried_search=KnowledgeSearching(work, embedder, self._approved),
            per_address=RateLimit(config.requests_per_minute_per_address),
            per_customer=RateLimit(config.messages_per_minute_per_customer),
            forms=FormLimit(settings.forms_per_minute),
            challenge=FormChallenge(Challenges(settings.ticket_token_secret), work),
            guesses=GuessLimit(config.wrong_keys_per_minute_per_address),
            conversation_changes=self._changes.follow,
            desk_changes=self._changes.follow_all,
            streams=StreamRoom(config.streams, self._meter),
            requests=RequestRoom(config.max_concurrent_requests, config.max_waiting_requests),
            sender_address=SenderAddress(settings.proxies),
            intakes=intakes,
            doctor=make_doctor(settings, work, self._sample, self._probe_model),
            replay=self._replay,
            suggest=self._suggest,
            version=_version(),
            close=self._close,
            observe=EventCounter(self._meter),
            tracing=self._tracing,
            agent_config=lambda: self._agent_config.latest,
            alerting=Alerting(settings.channels, config.alerts.limits),
        )

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """New limits count from now; senders' used-up tokens are forgotten.

        A later one that can't be taken leaves the former one in force.
        """
        await self._live.take(user_config)

    async def _apply(self, config: IngressConfig) -> None:
        self._offered.answerable_from = config.answerable_from
        self._context.per_address.set_rate(config.requests_per_minute_per_address)
        self._context.per_customer.set_rate(config.messages_per_minute_per_customer)
        self._context.staff.limits = config.sessions.limits
        self._context.guesses.set_rate(config.wrong_keys_per_minute_per_address)
        self._context.alerting.limits = config.alerts.limits
        self._context.streams.limits = config.streams
        self._context.requests.resize(config.max_concurrent_requests, config.max_waiting_requests)
        if not self._tasks:
            when_stopping(self._context.streams.close)
            self._tasks = [
                asyncio.create_task(self._context.health.run()),
                asyncio.create_task(self._changes.run()),
                asyncio.create_task(self._agent_config.run()),
                asyncio.create_task(self._tell_of_alerts()),
                asyncio.create_task(self._alert_gauges.run()),
            ]

    def _follow_agent(self, config: AgentConfig) -> None:
        self._approved.answerable_from = config.answerable_from

    async def check_health(self) -> None:
        """Serve asks on this event loop, and replaces the replica if the loop is stuck."""

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; an open stream weighs a fraction of a request."""
        streams = self._context.streams.open_streams / STREAMS_PER_REQUEST
        return {BACKLOG: self._context.requests.under_way + streams}

    def __serve_build_asgi_app__(self) -> FastAPI:
        # Here and not above: the process that only binds the graph is spared it, and a start waits for that one.
        from deployments.api.app import create_api

        origins = [
            origin.strip() for origin in self._settings.allowed_origins.split(",") if origin.strip()
        ]
        return create_api(
            self._context,
            pages=self._settings.web_pages,
            origins=origins,
            is_https=self._settings.base_url.startswith("https://"),
        )

    def _checks(self) -> dict[str, Check]:
        checks: dict[str, Check] = {
            name: stage_check(handle) for name, handle in self._handles.items()
        }
        for name in ("agent", "delivery"):
            checks[name] = self._signs.with_waiting(checks[name], name)
        checks["database"] = self._database
        checks["kafka"] = self._signs.with_waiting(stage_check(self._relay), "kafka")
        checks["background_jobs"] = stage_check(self._relay, "jobs_status")
        checks["model"] = self._model
        return checks

    async def _probe_model(self) -> Finding:
        limit_s = CHECK_LIMIT.total_seconds()
        answer = await call_stage(self._handles["agent"], "probe_model", limit_s=limit_s)
        return cast(Finding, answer)

    async def _model(self) -> State | Report:
        """Its newest call counts, whichever replica made it. Without it, articles are quoted."""
        if not self._settings.has_model:
            return "off"
        name = self._agent_config.latest.model or self._settings.openai_model
        async with open_uow(self._pool)() as uow:
            state = await uow.model_calls.state(name)
        if state is None:
            return "standby"
        if state.failing_since is None:
            return Report("healthy", state.said or None)
        return Report("degraded", state.said)

    async def _replay(self, company: Company, turns: int, skip: int) -> Replay:
        arguments = (to_json(company), turns, skip)
        answer = await call_stage(
            self._handles["agent"], "replay", *arguments, limit_s=_REPLAY_LIMIT_S
        )
        return cast(Replay, answer)

    async def _further_reports(self) -> Mapping[str, Report]:
        work = open_uow(self._pool)
        mailboxes = await mailbox_reports(work)
        people = await people_reports(
            work, lambda: self._context.alerting.limits.waiting_for_person
        )
        return {**await self._signs.sends(), **mailboxes, **people}

    async def _tell_of_alerts(self) -> None:
        """Repeat until cancelled. In every replica: each alert is told once."""
        work = open_uow(self._pool)

        async def find_current() -> list[Alert]:
            return await all_alerts(
                work, self._context.health, self._context.alerting, datetime.now(UTC)
            )

        while True:
            await asyncio.sleep(_ALERTS_EVERY_S)
            try:
                await tell_of_alerts(work, find_current)
            except SupportError as error:
                log.warning("alerts are told later: %s", error)

    async def _suggest(self, conversation_id: UUID) -> Suggestion:
        answer = await call_stage(
            self._handles["agent"], "suggest", conversation_id, limit_s=_SUGGEST_LIMIT_S
        )
        return cast(Suggestion, answer)

    async def _database(self) -> State:
        """Judge by the last transaction, or by one of its own when nothing was written for a while."""
        if not self._pool.has_committed_within(_QUIET_AT_MOST):
            async with open_uow(self._pool)() as uow:
                await uow.components.succeed(DATABASE)
                await uow.commit()
        return "healthy"

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for intake in self._context.intakes.values():
            await asyncio.to_thread(intake.close)
        await self._pool.close()
        await asyncio.to_thread(self._tracing.close)


def stage_check(handle: DeploymentHandle[object], method: str = "status") -> Check:
    """Asks one replica of a stage how it is; no answer in time means that it is not well."""

    async def check() -> State | Report:
        answer = await call_stage(handle, method, limit_s=_STATUS_LIMIT_S)
        if isinstance(answer, Report):
            return answer
        if answer in ("healthy", "standby", "degraded"):
            return answer
        return "unhealthy"

    return check


def _version() -> str:
    try:
        return version("customer-success-fte")
    except PackageNotFoundError:
        return "0+source"
