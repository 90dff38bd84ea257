"""Serve handles dressed as ports: the use cases call a stage as if it were a plain object."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import numpy as np
from ray.exceptions import RayError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from deployments.metrics import Meter, timed
from deployments.tracing import Tracing
from domain.errors import Overloaded, Transient
from domain.ports import Vectors

_CALL_LIMIT_S = 20.0


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


class EmbeddingStageClient:
    """domain.ports.Embedder over the embedding deployment."""

    def __init__(self, handle: DeploymentHandle[object], tracing: Tracing, meter: Meter) -> None:
        self._handle = handle
        self._tracing = tracing
        self._meter = meter

    async def embed(self, texts: Sequence[str]) -> Vectors:
        with self._tracing.span("ask embedding") as trace, timed(self._meter, "embedding"):
            answer = await call_stage(
                self._handle, "embed", list(texts), traceparent=trace.traceparent
            )
        return cast(Vectors, answer)


class SentimentStageClient:
    """domain.ports.SentimentScorer over the sentiment deployment."""

    def __init__(self, handle: DeploymentHandle[object], tracing: Tracing, meter: Meter) -> None:
        self._handle = handle
        self._tracing = tracing
        self._meter = meter

    async def score(self, texts: Sequence[str], vectors: Vectors) -> list[float]:
        with self._tracing.span("ask sentiment") as trace, timed(self._meter, "sentiment"):
            answer = await call_stage(
                self._handle,
                "score",
                list(texts),
                np.asarray(vectors),
                traceparent=trace.traceparent,
            )
        return cast(list[float], answer)
