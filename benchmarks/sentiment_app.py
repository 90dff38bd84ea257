"""Defines an app with the sentiment stage and a caller that, like the agent, sends one text per request."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from deployments.handles import SentimentStageClient
from deployments.metrics import InMemoryMeter
from deployments.sentiment import SentimentStage
from deployments.tracing import Tracing

ENCODING_LENGTH = 768
"""Length of a text's encoding: its embedding and its mid-layer pooling."""
api = FastAPI()


@serve.ingress(api)
class Asking:
    """The calling stage."""

    def __init__(self, sentiment: DeploymentHandle[object]) -> None:
        self._client = SentimentStageClient(sentiment, Tracing("benchmark"), InMemoryMeter())

    @api.post("/texts_a_second")
    async def texts_a_second(self, texts: list[str], at_once: int) -> float:
        """Return how many texts a second the sentiment stage scores."""
        # The stage's work does not depend on the encodings' values.
        encodings = (
            np.random.default_rng(1).normal(size=(len(texts), ENCODING_LENGTH)).astype(np.float32)
        )
        limit = asyncio.Semaphore(at_once)

        async def ask(row: int) -> None:
            async with limit:
                await self._client.score([texts[row]], encodings[row : row + 1])

        started = time.perf_counter()
        await asyncio.gather(*(ask(row) for row in range(len(texts))))
        return len(texts) / (time.perf_counter() - started)


sentiment = serve.deployment(name="sentiment")(SentimentStage).bind()
app = serve.deployment(name="asking")(Asking).bind(sentiment)
