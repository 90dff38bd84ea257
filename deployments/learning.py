"""Runs the background jobs for learning, missing sentiment scores and the daily digest."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from channels.spec import StaffMail
from deployments.configs.agent import AgentConfig
from deployments.configs.relay import LearningConfig
from deployments.notifying import make_staff_mail
from deployments.ranking import make_ranker
from deployments.settings import Settings
from domain.events import ignore
from domain.ports import KnowledgeEmbedder, MessageEncoder, Observe, SentimentScorer
from domain.stores import OpenUnitOfWork
from pipeline.calibration import calibrate
from pipeline.digest import read_digest
from pipeline.digest_text import describe, subject
from pipeline.learning.candidates import add_candidates, collect_questions
from pipeline.sentiment_scores import score_unscored

log = logging.getLogger(__name__)


class LearningJobs:
    """Jobs of the leader; each is idempotent and raises SupportError to be retried later."""

    def __init__(
        self,
        settings: Settings,
        open_uow: OpenUnitOfWork,
        encoder: MessageEncoder,
        embedder: KnowledgeEmbedder,
        scorer: SentimentScorer,
        agent_config: Callable[[], Awaitable[AgentConfig]],
        observe: Observe = ignore,
    ) -> None:
        """`agent_config` returns the agent stage's configuration and raises Transient while it is away."""
        self._open_uow = open_uow
        self._encoder = encoder
        self._embedder = embedder
        self._scorer = scorer
        self._agent_config = agent_config
        self._observe = observe
        self._recipients = settings.digest_recipients
        self._report = make_report(settings)
        self.config = LearningConfig()

    async def learn(self) -> None:
        """Extract article candidates from tickets resolved since the last run."""
        ranker = make_ranker((await self._agent_config()).answerable_from)
        await add_candidates(
            self._open_uow, self._embedder, ranker, self.config.limits, self._observe
        )

    async def calibrate(self) -> None:
        """Calibrate the gate of the knowledge base, if its articles have changed."""
        await calibrate(self._open_uow, self._embedder, make_ranker())

    async def collect_questions(self) -> None:
        """Collect regression questions from answers with a thumbs-up."""
        await collect_questions(self._open_uow, observe=self._observe)

    async def score_sentiment(self) -> None:
        """Score messages that no turn has scored."""
        while await score_unscored(
            self._open_uow, self._encoder, self._scorer, observe=self._observe
        ):
            log.info("scored messages that no turn had scored")

    async def keep_digest(self) -> None:
        """Store yesterday's digest and mail it once, if recipients are set."""
        now = datetime.now(UTC)
        day = (now - timedelta(days=1)).date()
        negative_below = (await self._agent_config()).sentiment_escalate_below
        body = await read_digest(self._open_uow, self._embedder, day, now, negative_below)
        if self._report is None or not self._recipients:
            return
        async with self._open_uow() as uow:
            is_ours = await uow.digests.claim_mail(day)
            await uow.commit()
        if is_ours:
            await self._report.send(self._recipients, subject(day), describe(body))

    def close(self) -> None:
        """Wait until a mail in progress is sent. Blocks."""
        if self._report is not None:
            self._report.close()


def make_report(settings: Settings) -> StaffMail | None:
    """Return what mails the digest; None without recipients or a channel for it."""
    return make_staff_mail(settings) if settings.digest_recipients else None
