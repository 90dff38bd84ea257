"""The sentiment stage and a stage that asks it as the agent's does: a text a request, over a handle of Serve."""

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

READING = 768
"""Numbers of a text's reading: its vector and its tone."""
api = FastAPI()


@serve.ingress(api)
class Asking:
    def __init__(self, sentiment: DeploymentHandle[object]) -> None:
        self._client = SentimentStageClient(sentiment, Tracing("benchmark"), InMemoryMeter())

    @api.post("/texts_a_second")
    async def texts_a_second(self, texts: list[str], at_once: int) -> float:
        # The stage's work is the same whatever the readings are.
        encodings = np.random.default_rng(1).normal(size=(len(texts), READING)).astype(np.float32)
        limit = asyncio.Semaphore(at_once)

        async def ask(row: int) -> None:
            async with limit:
                await self._client.score([texts[row]], encodings[row : row + 1])

        started = time.perf_counter()
        await asyncio.gather(*(ask(row) for row in range(len(texts))))
        return len(texts) / (time.perf_counter() - started)


sentiment = serve.deployment(name="sentiment")(SentimentStage).bind()
app = serve.deployment(name="asking")(Asking).bind(sentiment)
