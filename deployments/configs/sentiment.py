"""Types the sentiment stage's `user_config`."""

from __future__ import annotations

from pydantic import Field

from deployments.configs.base import StageConfig


class SentimentConfig(StageConfig):
    """Limits of the sentiment stage."""

    max_batch_texts: int = Field(
        default=256, ge=1, le=4096, description="Waiting texts that one call takes."
    )
    max_waiting_texts: int = Field(
        default=5000, ge=1, description="Texts that may wait; beyond them callers are refused."
    )
