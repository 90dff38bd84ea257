"""Scores sentiment: {id, text} to {id, score}."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.turn_text import prepare
from evals.encoders import embedder, load_sentiment
from evals.tasks.task import Options, Row


def run(rows: Sequence[Row], options: Options) -> Iterator[Row]:
    model = load_sentiment(options.weights)
    texts = [prepare(str(row["text"])).text for row in rows]
    for row, value in zip(rows, model.score(texts, embedder().encode(texts)), strict=True):
        yield {"id": row["id"], "score": round(float(value), 4)}
