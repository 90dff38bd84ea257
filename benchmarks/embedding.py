"""Compares the embedding stage with plain sentence-transformers: batches, a lone request, repeats, quality."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import Bar, Result, in_turn, quantile, ratio, seconds
from benchmarks.texts import mixed
from deployments.configs.embedding import BERT_BACKENDS, EmbeddingConfig
from deployments.embedding import EmbeddingStage, Model, load_model
from domain.ports import Vectors
from embeddings.model import plan_batches
from embeddings.sources import packaged_model_path
from serve_app.check_config import read_config, stage_config
from serve_app.prepare import CONFIG

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ROUNDS = 7
TEXTS = 160
LONE_REQUESTS = 40


def run() -> Result:
    """Run the benchmark."""
    return asyncio.run(_run())


async def _run() -> Result:
    import torch
    from sentence_transformers import SentenceTransformer

    config = stage_config(read_config(CONFIG), "embedding")
    if not isinstance(config, EmbeddingConfig):
        raise TypeError("the embedding deployment has another stage's configuration")
    torch.set_num_threads(config.threads or os.cpu_count() or 1)
    plain = SentenceTransformer(str(packaged_model_path()), device="cpu")
    stage = EmbeddingStage()
    # No cache between the rounds; it is measured separately.
    await stage.reconfigure({**config.model_dump(), "cached_texts": 0})
    texts = mixed(TEXTS)
    lengths = [min(256, len(tokens)) for tokens in plain.tokenizer(texts)["input_ids"]]

    def plainly() -> None:
        plain.encode(texts, batch_size=32, show_progress_bar=False)

    loop = asyncio.get_running_loop()

    def through_the_stage() -> None:
        # 16 texts a request and as many concurrent requests, like a consumer with 16 turns in progress.
        requests = [texts[start : start + 16] for start in range(0, len(texts), 16)]
        asyncio.run_coroutine_threadsafe(_ask(stage, requests), loop).result()

    # Warm-up: the first calls allocate memory and choose kernels.
    await asyncio.to_thread(plainly)
    await asyncio.to_thread(through_the_stage)
    figures = await asyncio.to_thread(
        in_turn,
        {
            "sentence-transformers": lambda: sum(lengths) / seconds(plainly),
            "stage": lambda: sum(lengths) / seconds(through_the_stage),
        },
        ROUNDS,
    )
    bare, lone = await _lone(load_model(config), stage, texts)
    quality = await _quality(stage, plain)
    repeats = await _repeats(config, texts[:64])
    return Result(
        [
            Bar(
                "tokens a second, stage / sentence-transformers",
                ratio(figures["stage"], figures["sentence-transformers"]),
                4.0,
            ),
            Bar("nDCG@10, stage / fp32", quality["stage"] / quality["fp32"], 0.99),
            Bar(
                "p50 of a lone request, stage / bare model call",
                quantile(lone, 0.5) / quantile(bare, 0.5),
                1.3,
                "lower",
            ),
            Bar("padded slots / real tokens", _padding(lengths, config), 1.05, "lower"),
            Bar(
                "p50 of an exact repeat / bare model call",
                quantile(repeats, 0.5) / quantile(bare, 0.5),
                0.05,
                "lower",
            ),
        ],
        {"tokens_a_second": figures, "ndcg_at_10": quality, "backend": config.backend},
    )


async def _ask(stage: EmbeddingStage, requests: Sequence[Sequence[str]]) -> None:
    await asyncio.gather(*(stage.embed(texts) for texts in requests))


async def _lone(
    model: Model, stage: EmbeddingStage, texts: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Seconds of the model's own call and of the same text through the stage, in turn."""
    bare, lone = [], []
    for text in texts[:LONE_REQUESTS]:
        started = time.perf_counter()
        model.embed([text])
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        await stage.embed([text])
        lone.append(time.perf_counter() - started)
    return bare, lone


def _padding(lengths: Sequence[int], config: EmbeddingConfig) -> float:
    """Return slots over tokens in the stage's batches; a BERT of our own packs texts without padding."""
    if config.backend in BERT_BACKENDS:
        return 1.0
    slots = 0
    for start in range(0, len(lengths), config.max_batch_texts):
        waiting = lengths[start : start + config.max_batch_texts]
        for batch in plan_batches(waiting, config.max_batch_tokens):
            slots += len(batch) * max(waiting[index] for index in batch)
    return slots / sum(lengths)


async def _quality(stage: EmbeddingStage, plain: SentenceTransformer) -> dict[str, float]:
    """Return nDCG@10 of tickets against articles, with the fp32 model's ranking as the truth.

    It measures the change of ranking without labels; 1.0 is the same order.
    """
    from benchmarks.texts import sentences, tickets

    asked, passages = tickets(), sentences()
    fp32 = [
        np.asarray(plain.encode(list(part), show_progress_bar=False)) for part in (asked, passages)
    ]
    ours = [await _embed_all(stage, part) for part in (asked, passages)]
    truth = fp32[0] @ fp32[1].T
    return {"fp32": _ndcg(truth, truth), "stage": _ndcg(ours[0] @ ours[1].T, truth)}


async def _embed_all(stage: EmbeddingStage, texts: Sequence[str]) -> Vectors:
    parts = [await stage.embed(texts[start : start + 256]) for start in range(0, len(texts), 256)]
    return np.concatenate(parts)


def _ndcg(scores: Vectors, truth: Vectors, depth: int = 10) -> float:
    """Mean over the rows; the gain of a column is its true score above the row's median."""
    gains = np.maximum(truth - np.median(truth, axis=1, keepdims=True), 0)
    discounts = 1 / np.log2(np.arange(2, depth + 2))
    order = np.argsort(-scores, axis=1)[:, :depth]
    best = -np.sort(-gains, axis=1)[:, :depth]
    found = np.take_along_axis(gains, order, axis=1)
    return float(((found * discounts).sum(axis=1) / (best * discounts).sum(axis=1)).mean())


async def _repeats(config: EmbeddingConfig, texts: Sequence[str]) -> list[float]:
    """Return the seconds of repeated texts."""
    stage = EmbeddingStage()
    await stage.reconfigure(config.model_dump())
    await stage.embed(texts)
    took = []
    for text in texts:
        started = time.perf_counter()
        await stage.embed([text])
        took.append(time.perf_counter() - started)
    return took
