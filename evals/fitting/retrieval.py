"""Fits the ranker's answerability: questions with their article present against the same with it taken out."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from embeddings.retrieval import (
    WORDS_FILE,
    Candidate,
    Ranker,
    answerability_features,
    content_terms,
    rarity_of,
)
from evals.datasets import DataFolder, strings
from evals.tasks.retrieval import MemoryIndex
from evals.tasks.task import embedder
from pipeline.search import parts_of

FITTED_ON = "kb_stackfaq: each question with its article present and with it taken out"


def features_of(query: str, candidates: Sequence[Candidate]) -> dict[str, float]:
    """What the ranker looks at, in its own order of the candidates."""
    terms, rarity = content_terms(query), rarity_of(candidates)
    unseen = math.log(1 + (len(candidates) + 0.5) / 0.5)
    hits = sorted(Ranker().score(terms, candidates), key=lambda hit: -hit.score)
    return answerability_features(terms, hits, rarity, unseen)


def fit_retrieval(data: DataFolder, directory: Path | None = None) -> Path:
    """Write retrieval.json; prints what is refused out of fold. Raises ValueError without the set."""
    documents = data.rows("kb_stackfaq/corpus.jsonl")
    queries = data.rows("kb_stackfaq/dev/queries.jsonl")
    if documents is None or queries is None:
        raise ValueError("kb_stackfaq is not in the data folder")
    index = MemoryIndex(documents)
    rows: list[dict[str, float]] = []
    embedder().embed([part for row in queries for part in parts_of(str(row["text"]))])
    for query in queries:
        text, own = str(query["text"]), frozenset(strings(query["relevant"]))
        rows.append(features_of(text, index.nearest(text)))
        rows.append(features_of(text, index.nearest(text, own)))
    names = list(rows[0])
    x = np.array([[row[name] for name in names] for row in rows])
    y = np.tile([1, 0], len(queries))
    groups = np.repeat(np.arange(len(queries)) % 5, 2)
    folds = [(np.flatnonzero(groups != fold), np.flatnonzero(groups == fold)) for fold in range(5)]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000))
    probability = cross_val_predict(model, x, y, cv=folds, method="predict_proba")[:, 1]
    limit = np.quantile(probability[y == 1], 0.10)
    refused = float((probability[y == 0] < limit).mean())
    for threshold in (0.2, 0.25, 0.3, 0.4, 0.5, 0.6):
        kept_out = float((probability[y == 0] < threshold).mean())
        lost = float((probability[y == 1] < threshold).mean())
        print(f"from {threshold}: {kept_out:.1%} without an article refused, {lost:.1%} with one")
    print(f"out of fold, 10 % of the answerable refused: {refused:.1%} of the others refused")
    model.fit(x, y)
    scaler, regression = model[0], model[1]
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    path = (directory or WORDS_FILE.parent) / WORDS_FILE.name
    stored = {
        "fitted_on": FITTED_ON,
        "intercept": round(intercept, 3),
        "weights": {
            name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)
        },
    }
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    return path
