"""The sentiment stage: texts with their readings in, 0 (furious) to 1 (delighted) out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from deployments.autoscaling import BACKLOG
from deployments.batching import Batcher, in_a_thread
from deployments.configs.sentiment import SentimentConfig
from deployments.live_config import LiveConfig
from deployments.replica import initialise_replica
from deployments.tracing import make_tracing
from domain.errors import Malformed
from domain.ports import Encodings
from domain.traces import TraceContext


class Scorer(Protocol):
    """Sentiment weights in this process."""

    def score(self, texts: Sequence[str], encodings: Encodings) -> np.ndarray:
        """Return one score a text, 0 (negative) to 1."""
        ...


class SentimentStage:
    """Encodings are the embedding stage's of the same texts."""

    def __init__(self, otlp_endpoint: str = "", log_level: str | None = None) -> None:
        initialise_replica(log_level)
        self._tracing = make_tracing("sentiment", otlp_endpoint)
        self._live = LiveConfig(SentimentConfig, self._apply)
        self._scorer: Scorer | None = None
        config = SentimentConfig()
        self._batcher: Batcher[tuple[str, np.ndarray], float] = Batcher(
            in_a_thread(self._score_now),
            max_items=config.max_batch_texts,
            max_waiting=config.max_waiting_texts,
        )

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """A later one that can't be taken leaves the former one in force."""
        await self._live.take(user_config)

    async def _apply(self, config: SentimentConfig) -> None:
        if self._scorer is None:
            self._scorer = await asyncio.to_thread(_load)
        self._batcher.max_items = config.max_batch_texts
        self._batcher.max_waiting = config.max_waiting_texts

    async def score(
        self, texts: Sequence[str], encodings: Encodings, traceparent: str | None = None
    ) -> list[float]:
        """One score a text, in order. Raises Overloaded when full."""
        if len(texts) != len(encodings):
            raise Malformed("one reading a text")
        with self._tracing.span("score", TraceContext.parse(traceparent), texts=len(texts)):
            return await self._batcher.submit(list(zip(texts, encodings, strict=True)))

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; the policy is the one that config.yaml names."""
        return {BACKLOG: float(self._batcher.waiting)}

    async def status(self) -> str:
        """Return "degraded" while the newest configuration is refused. Raises until weights are loaded."""
        self._loaded()
        return "degraded" if self._live.is_refused else "healthy"

    def check_health(self) -> None:
        """Serve restarts the replica when this raises."""
        self._loaded()

    def _score_now(self, items: list[tuple[str, np.ndarray]]) -> Sequence[float]:
        texts = [text for text, _ in items]
        encodings = np.stack([reading for _, reading in items])
        return [float(score) for score in self._loaded().score(texts, encodings)]

    def _loaded(self) -> Scorer:
        if self._scorer is None:
            raise RuntimeError("no model is loaded yet: the deployment needs a user_config")
        return self._scorer


def _load() -> Scorer:
    from sentiment.model import SentimentModel

    return SentimentModel.load()
