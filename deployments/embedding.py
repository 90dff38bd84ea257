"""The embedding stage: texts in, unit vectors out, one model call for whatever waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from deployments.autoscaling import BACKLOG
from deployments.batching import Batcher, in_a_thread
from deployments.logs import join_serve_logs
from deployments.stage_configs import EmbeddingConfig
from deployments.tracing import make_tracing
from domain.errors import Malformed
from domain.ports import Vectors
from domain.traces import TraceContext

log = logging.getLogger(__name__)

MAX_TEXTS_A_CALL = 512
MAX_CHARACTERS_A_TEXT = 20_000


class Model(Protocol):
    model_id: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> Vectors: ...


def load_model(config: EmbeddingConfig) -> Model:
    """Takes seconds; offline."""
    from embeddings.model import OnnxEmbedder, SentenceTransformerEmbedder

    kind = OnnxEmbedder if config.backend == "onnx-int8" else SentenceTransformerEmbedder
    return kind(config.model, config.max_batch_tokens, config.threads)


class EmbeddingStage:
    """A new model is loaded and warmed beside the old one, which answers until then."""

    def __init__(self, otlp_endpoint: str = "") -> None:
        join_serve_logs()
        self._tracing = make_tracing("embedding", otlp_endpoint)
        self._config: EmbeddingConfig | None = None
        self._model: Model | None = None
        self._batcher: Batcher[str, np.ndarray] = Batcher(
            in_a_thread(self._embed_now), max_items=64, max_waiting=2000
        )
        self._cache: dict[str, np.ndarray] = {}
        self._cached_texts = 0

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """Raises pydantic's ValidationError on an unknown key: Serve then keeps what runs."""
        config = EmbeddingConfig.model_validate(user_config)
        if self._model is None or _needs_other_model(self._config, config):
            model = await asyncio.to_thread(load_model, config)
            await asyncio.to_thread(model.embed, ["warm up"])
            self._model = model
            self._cache.clear()
            log.info("embedding with %s, %d dimensions", model.model_id, model.dimension)
        self._batcher.max_items = config.max_batch_texts
        self._batcher.max_waiting = config.max_waiting_texts
        self._cached_texts = config.cached_texts
        self._config = config

    async def embed(self, texts: Sequence[str], traceparent: str | None = None) -> Vectors:
        """One unit vector a text. Raises Malformed over the limits and Overloaded when full."""
        with self._tracing.span("embed", TraceContext.parse(traceparent), texts=len(texts)):
            return await self._embed(texts)

    async def _embed(self, texts: Sequence[str]) -> Vectors:
        if len(texts) > MAX_TEXTS_A_CALL:
            raise Malformed(f"at most {MAX_TEXTS_A_CALL} texts a call")
        cut = [text[:MAX_CHARACTERS_A_TEXT] for text in texts]
        fresh = list(dict.fromkeys(text for text in cut if text not in self._cache))
        known = {text: self._cache[text] for text in cut if text in self._cache}
        known.update(zip(fresh, await self._batcher.submit(fresh), strict=True))
        for text in fresh:
            self._cache[text] = known[text]
        while len(self._cache) > self._cached_texts:
            self._cache.pop(next(iter(self._cache)))
        return np.stack([known[text] for text in cut]) if cut else np.zeros((0, 0), np.float32)

    async def model_id(self) -> str:
        return self._loaded().model_id

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; the policy is the one that config.yaml names."""
        return {BACKLOG: float(self._batcher.waiting)}

    async def status(self) -> str:
        self._loaded()
        return "healthy"

    def check_health(self) -> None:
        """Serve restarts the replica when this raises."""
        self._loaded()

    def _embed_now(self, texts: list[str]) -> Sequence[np.ndarray]:
        return list(self._loaded().embed(texts))

    def _loaded(self) -> Model:
        if self._model is None:
            raise RuntimeError("no model is loaded yet: the deployment needs a user_config")
        return self._model


def _needs_other_model(old: EmbeddingConfig | None, new: EmbeddingConfig) -> bool:
    watched = ("model", "backend", "threads", "max_batch_tokens")
    return old is None or any(getattr(old, name) != getattr(new, name) for name in watched)
