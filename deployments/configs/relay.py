"""Types the relay's `user_config`: the pace of publishing and of the background jobs."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from deployments.configs.base import StageConfig
from pipeline.learning.candidates import LearningLimits

_LEARNING = LearningLimits()


class LearningConfig(StageConfig):
    """The leader's work beside publishing: learning, sentiment of unscored messages, the digest."""

    learn_every_s: float = Field(
        default=15.0, ge=1, description="Seconds between two looks at resolved tickets."
    )
    sentiment_every_s: float = Field(
        default=10.0,
        ge=1,
        description="Seconds between two rounds that score messages which came while a person had the"
        " conversation.",
    )
    digest_every_s: float = Field(
        default=600.0,
        ge=1,
        description="Seconds between two checks whether yesterday's digest is made and mailed.",
    )
    tickets_a_run: int = Field(
        default=_LEARNING.tickets_a_run,
        ge=1,
        le=1000,
        description="Resolved tickets that one round reads at most.",
    )
    valid_for_days: int = Field(
        default=_LEARNING.valid_for.days,
        ge=1,
        description="Days after which a learned article is no longer found, unless it is approved anew; it"
        " is listed for review before.",
    )

    @property
    def limits(self) -> LearningLimits:
        """Build the limits of one run."""
        return LearningLimits(
            tickets_a_run=self.tickets_a_run, valid_for=timedelta(days=self.valid_for_days)
        )


class RelayConfig(StageConfig):
    """Pace of the relay and of its background jobs."""

    batch_rows: int = Field(
        default=500, ge=1, le=10_000, description="Outbox rows published in one round."
    )
    poll_s: float = Field(
        default=1.0,
        gt=0,
        description="Seconds after which a row is noticed at the latest; a commit normally wakes the relay"
        " at once.",
    )
    sweep_every_s: float = Field(
        default=10.0, gt=0, description="Seconds between two sweeps for forgotten messages."
    )
    unfinished_after_s: float = Field(
        default=60.0,
        ge=5,
        description="Seconds after which an unfinished message is queued again, then after twice that, at"
        " most after four times. Set it above the longest wait that you accept in a burst.",
    )
    keep_published_s: float = Field(
        default=86_400, ge=60, description="Seconds that published rows stay for looking back."
    )
    mailbox_poll_s: float = Field(
        default=60.0,
        ge=1,
        description="Seconds between two looks into the mailbox for pushes that Google dropped.",
    )
    form_mails_every_s: float = Field(
        default=2.0,
        ge=0.2,
        description="Seconds between two looks for answers that no form customer has seen.",
    )
    gauges_every_s: float = Field(
        default=5.0,
        ge=1,
        description="Seconds between two measurements of lag, ages and the mail watch.",
    )
    release_after_absence_s: float = Field(
        default=14_400.0,
        ge=60,
        description="Seconds that a customer waits for the owner of a conversation, who neither reads it nor"
        " acts, before it goes back to the queue for a person.",
    )
    release_every_s: float = Field(
        default=30.0, ge=1, description="Seconds between two looks for absent owners."
    )
    draft_overdue_after_s: float = Field(
        default=1_800.0,
        ge=10,
        description="Seconds that a draft may wait for approval before its conversation counts as waiting for a"
        " person. The draft can still be sent.",
    )
    drafts_every_s: float = Field(
        default=5.0,
        ge=1,
        description="Seconds between two looks for drafts that wait too long or whose articles have changed.",
    )
    crawl_poll_s: float = Field(
        default=5.0,
        ge=1,
        description="Seconds between two looks for help sites whose crawl is due.",
    )
    learning: LearningConfig = Field(
        default=LearningConfig(), description="Learning, late sentiment and the digest."
    )

    @property
    def unfinished_after(self) -> timedelta:
        """Return the age from which the sweep queues a message again."""
        return timedelta(seconds=self.unfinished_after_s)
