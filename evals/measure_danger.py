"""Measures how much danger is seen, by phrases and by what the model senses, on messages written apart from both."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from domain.languages import Language
from evals.datasets import DataFolder, read_rows
from evals.encoders import embedder, load_guardrails
from evals.help_centres.centre import CENTRES
from evals.metrics import Figure, share

LABELLED = CENTRES / "danger.jsonl"


def measure_danger(_data: DataFolder) -> Iterator[Figure]:
    """Yield the share of dangers seen, beside the phrases' alone, and of ordinary messages that sound like one."""
    rows = read_rows(LABELLED)
    texts = [str(row["text"]) for row in rows]
    guardrails = load_guardrails()
    by_phrase = np.array([guardrails.find_danger(text) is not None for text in texts])
    sensed = np.array(
        [
            guardrails.sense_danger(text, encoding, Language.ENGLISH) is not None
            for text, encoding in zip(texts, embedder().encode(texts), strict=True)
        ]
    )
    seen = by_phrase | sensed
    danger = np.array([row["label"] == "danger" for row in rows])
    yield share("danger seen", seen[danger], "1.0", float(by_phrase[danger].mean()))
    yield share(
        "danger taken from look-alikes", seen[~danger], "0", float(by_phrase[~danger].mean()), True
    )
