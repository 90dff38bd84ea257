"""Sentiment through the embedding and sentiment stages: many messages at once against one after the other."""

from __future__ import annotations

import asyncio

import numpy as np

from benchmarks.measuring import Bar, Result, in_turn, quantile, ratio, seconds
from benchmarks.texts import mixed
from deployments.sentiment import SentimentStage
from embeddings.model import OnnxEmbedder
from sentiment.model import SentimentModel

ROUNDS = 5
TEXTS = 300
AT_ONCE = 64


def run() -> Result:
    return asyncio.run(_run())


async def _run() -> Result:
    texts = mixed(TEXTS)
    vectors = np.asarray(OnnxEmbedder(threads=0).embed(texts))
    model = SentimentModel.load()
    stage = SentimentStage()
    await stage.reconfigure({})
    loop = asyncio.get_running_loop()

    async def ask(index: int) -> None:
        await stage.score([texts[index]], vectors[index : index + 1])

    async def one_by_one() -> None:
        for index in range(TEXTS):
            await ask(index)

    async def at_once() -> None:
        limit = asyncio.Semaphore(AT_ONCE)

        async def limited(index: int) -> None:
            async with limit:
                await ask(index)

        await asyncio.gather(*(limited(index) for index in range(TEXTS)))

    def timed(work: object) -> float:
        return TEXTS / seconds(lambda: asyncio.run_coroutine_threadsafe(work(), loop).result())  # type: ignore[operator]

    figures = await asyncio.to_thread(
        in_turn,
        {"one by one": lambda: timed(one_by_one), "at once": lambda: timed(at_once)},
        ROUNDS,
    )
    bare = [seconds(lambda: model.score(texts, vectors)) / TEXTS for _ in range(ROUNDS)]
    return Result(
        [
            Bar(
                "texts a second, 64 at once / one by one",
                ratio(figures["at once"], figures["one by one"]),
                5.0,
            ),
            Bar("ms a text of the model alone", quantile(bare, 0.5) * 1000, 5.0, "lower"),
        ],
        {"texts_a_second": figures},
    )
