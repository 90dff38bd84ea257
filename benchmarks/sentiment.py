"""Compares concurrent with sequential requests to the sentiment stage over a Serve handle."""

from __future__ import annotations

import json
import urllib.request

import numpy as np

from benchmarks.measuring import Bar, Result, in_turn, quantile, ratio, seconds
from benchmarks.sentiment_app import ENCODING_LENGTH
from benchmarks.servers import serve_app_alone
from benchmarks.texts import mixed
from sentiment.model import SentimentModel

ROUNDS = 5
TEXTS = 600
AT_ONCE = 64


def run() -> Result:
    """Run the benchmark."""
    texts = mixed(TEXTS)
    application = {
        "name": "sentiment",
        "route_prefix": "/",
        "import_path": "benchmarks.sentiment_app:app",
        "deployments": [
            {"name": "asking", "num_replicas": 1, "max_ongoing_requests": 256},
            {
                "name": "sentiment",
                "num_replicas": 1,
                "max_ongoing_requests": 256,
                "user_config": {"max_batch_texts": 256},
            },
        ],
    }
    with serve_app_alone(application) as url:

        def asked(at_once: int) -> float:
            request = urllib.request.Request(  # noqa: S310 - our own address
                f"{url}/texts_a_second?at_once={at_once}",
                json.dumps(texts).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return float(answer.read())

        asked(AT_ONCE)
        figures = in_turn(
            {"one by one": lambda: asked(1), "at once": lambda: asked(AT_ONCE)}, ROUNDS
        )
    model = SentimentModel.load()
    encodings = np.random.default_rng(1).normal(size=(TEXTS, ENCODING_LENGTH)).astype(np.float32)
    bare = [seconds(lambda: model.score(texts, encodings)) / TEXTS for _ in range(ROUNDS)]
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
