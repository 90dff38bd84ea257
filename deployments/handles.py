"""Calls stages through Serve handles, behind the ports that the use cases know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar, cast

import numpy as np
from ray.exceptions import RayError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle
from typing_extensions import override

from deployments.batching import Batcher
from deployments.metrics import Meter, timed
from deployments.tracing import Tracing
from domain.errors import Overloaded, Transient
from domain.ports import Encodings, KnowledgeEmbedder, MessageEncoder, SentimentScorer, Vectors

_CALL_LIMIT_S = 20.0
_MAX_TEXTS_A_CALL = 256
_MAX_WAITING_TEXTS = 5000
_REST = timedelta(milliseconds=75)
"""A call through Serve costs each side milliseconds of CPU time, however small it is.

Sentiment needs no pause: requests that shared an embedding call arrive together."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Traced(Generic[Value]):
    """What a shared call carries for one request. The stage's span hangs below the first one's."""

    value: Value
    traceparent: str | None


async def call_stage(
    handle: DeploymentHandle[object],
    method: str,
    *arguments: object,
    limit_s: float = _CALL_LIMIT_S,
    **named: object,
) -> object:
    """One call with a time limit. Raises Overloaded (queue full) or Transient (stage away, too slow)."""
    try:
        response = getattr(handle, method).remote(*arguments, **named)
        return await asyncio.wait_for(response, limit_s)
    except BackPressureError as error:
        raise Overloaded(f"the {method} stage is full", timedelta(seconds=1)) from error
    except (RayError, RayServeException, TimeoutError) as error:
        raise Transient(f"the {method} stage did not answer: {type(error).__name__}") from error


class EmbeddingStageClient(MessageEncoder, KnowledgeEmbedder):
    """Asks the embedding deployment.

    Concurrent requests for encodings, and those for vectors of the same model, share a call.
    """

    def __init__(self, handle: DeploymentHandle[object], tracing: Tracing, meter: Meter) -> None:
        self._handle = handle
        self._tracing = tracing
        self._meter = meter
        self._batchers: dict[tuple[str, str], Batcher[_Traced[str], np.ndarray]] = {}

    @override
    async def encode(self, texts: Sequence[str]) -> Encodings:
        """By the model of the stage's own configuration."""
        return await self._ask("encode", "", texts)

    @override
    async def embed_with(self, model_id: str, texts: Sequence[str]) -> Vectors:
        return await self._ask("embed", model_id, texts)

    async def retrieval_model(self, languages: Sequence[str]) -> str:
        """Return the key of the model for a knowledge base that has none yet, by the company's languages.

        Raises Overloaded or Transient.
        """
        return cast(str, await call_stage(self._handle, "retrieval_model", list(languages)))

    async def _ask(self, method: str, model_id: str, texts: Sequence[str]) -> np.ndarray:
        with self._tracing.span("ask embedding") as trace, timed(self._meter, "embedding"):
            rows = await self._batcher(method, model_id).submit(
                [_Traced(text, trace.traceparent) for text in texts]
            )
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def _batcher(self, method: str, model_id: str) -> Batcher[_Traced[str], np.ndarray]:
        if (method, model_id) not in self._batchers:
            self._batchers[method, model_id] = Batcher(
                partial(self._call, method, model_id),
                max_items=_MAX_TEXTS_A_CALL,
                max_waiting=_MAX_WAITING_TEXTS,
                rest=_REST,
            )
        return self._batchers[method, model_id]

    async def _call(
        self, method: str, model_id: str, items: list[_Traced[str]]
    ) -> Sequence[np.ndarray]:
        answer = await call_stage(
            self._handle,
            method,
            [item.value for item in items],
            traceparent=items[0].traceparent,
            model_id=model_id,
        )
        return list(cast(np.ndarray, answer))


class SentimentStageClient(SentimentScorer):
    """Asks the sentiment deployment; concurrent requests share a call."""

    def __init__(self, handle: DeploymentHandle[object], tracing: Tracing, meter: Meter) -> None:
        self._handle = handle
        self._tracing = tracing
        self._meter = meter
        self._batcher: Batcher[_Traced[tuple[str, np.ndarray]], float] = Batcher(
            self._call, max_items=_MAX_TEXTS_A_CALL, max_waiting=_MAX_WAITING_TEXTS
        )

    @override
    async def score(self, texts: Sequence[str], encodings: Encodings) -> list[float]:
        pairs = zip(texts, encodings, strict=True)
        with self._tracing.span("ask sentiment") as trace, timed(self._meter, "sentiment"):
            return await self._batcher.submit([_Traced(pair, trace.traceparent) for pair in pairs])

    async def _call(self, items: list[_Traced[tuple[str, np.ndarray]]]) -> Sequence[float]:
        answer = await call_stage(
            self._handle,
            "score",
            [text for text, _ in (item.value for item in items)],
            np.stack([reading for _, reading in (item.value for item in items)]),
            traceparent=items[0].traceparent,
        )
        return cast(list[float], answer)
