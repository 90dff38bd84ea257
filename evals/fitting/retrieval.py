"""Fits the ranker's answerability: questions with their article present against the same with it taken out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from embeddings.chunking import chunk_markdown
from embeddings.retrieval import (
    WORDS_FILE,
    Candidate,
    Ranker,
    answerability_features,
    content_terms,
    rarity_of,
)
from evals.datasets import DataFolder, read_rows, strings
from evals.tasks.retrieval import MemoryIndex
from evals.tasks.task import Row, embedder
from pipeline.search import parts_of

FITTED_ON = (
    "kb_stackfaq and product_questions: each question with its article present and taken out"
)
OWN_WEIGHT = 0.3
CONTEXT = Path(__file__).parents[2] / "context"
OWN_QUESTIONS = Path(__file__).parents[1] / "data" / "handwritten" / "product_questions.jsonl"

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]
Set = tuple[list[dict[str, float]], Array]


def features_of(query: str, candidates: Sequence[Candidate]) -> dict[str, float]:
    """What the ranker looks at, in its own order of the candidates."""
    terms, rarity = content_terms(query), rarity_of(candidates)
    hits = sorted(Ranker().score(terms, candidates, rarity), key=lambda hit: -hit.score)
    return answerability_features(terms, hits, rarity)


def fit_retrieval(data: DataFolder, directory: Path | None = None) -> Path:
    """Write retrieval.json; prints what is refused out of fold. Raises ValueError without the set.

    Each question counts twice, with its article present and with it taken out; `OWN_WEIGHT` of the
    whole weight is the product's own questions, which are shorter than those of the forum.
    """
    sets = {"stackfaq": _forum(data), "product": _product()}
    names = list(next(iter(sets.values()))[0][0])
    x = {
        name: np.array([[row[one] for one in names] for row in rows])
        for name, (rows, _) in sets.items()
    }
    y = {name: labels for name, (_, labels) in sets.items()}
    weight = {
        name: np.full(
            len(y[name]),
            (OWN_WEIGHT if name == "product" else 1 - OWN_WEIGHT)
            * len(y["stackfaq"])
            / len(y[name]),
        )
        for name in sets
    }
    _print_out_of_fold(x, y, weight)
    scaler, regression = _fit(
        np.vstack([*x.values()]), np.concatenate([*y.values()]), np.concatenate([*weight.values()])
    )
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


def _forum(data: DataFolder) -> Set:
    documents = data.rows("kb_stackfaq/corpus.jsonl")
    queries = data.rows("kb_stackfaq/dev/queries.jsonl")
    if documents is None or queries is None:
        raise ValueError("kb_stackfaq is not in the data folder")
    asked = [(str(row["text"]), frozenset(strings(row["relevant"]))) for row in queries]
    return _with_and_without(documents, asked)


def _product() -> Set:
    articles = chunk_markdown((CONTEXT / "product-docs.md").read_text(encoding="utf-8"))
    documents: list[Row] = [
        {
            "doc_id": one.title,
            "title": one.title,
            "text": "\n\n".join(chunk.text for chunk in one.chunks),
        }
        for one in articles
    ]
    asked = [
        (str(row["text"]), frozenset({str(row["article"])})) for row in read_rows(OWN_QUESTIONS)
    ]
    return _with_and_without(documents, asked)


def _with_and_without(documents: Sequence[Row], asked: Sequence[tuple[str, frozenset[str]]]) -> Set:
    index = MemoryIndex(documents)
    embedder().embed([part for text, _ in asked for part in parts_of(text)])
    rows = []
    for text, own in asked:
        rows.append(features_of(text, index.nearest(text)))
        rows.append(features_of(text, index.nearest(text, own)))
    return rows, np.tile([1, 0], len(asked))


def _fit(x: Array, y: Array, weight: Array) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    regression = LogisticRegression(C=1.0, max_iter=2000)
    return scaler, regression.fit(scaler.transform(x), y, sample_weight=weight)


def _print_out_of_fold(x: Arrays, y: Arrays, weight: Arrays) -> None:
    """Five folds by question, both of its rows in the same one."""
    fold_of = {name: np.repeat(np.arange(len(y[name]) // 2) % 5, 2) for name in y}
    probability = {name: np.zeros(len(y[name])) for name in y}
    for fold in range(5):
        kept = {name: fold_of[name] != fold for name in y}
        scaler, regression = _fit(
            *(np.concatenate([arrays[name][kept[name]] for name in y]) for arrays in (x, y, weight))
        )
        for name in y:
            held = ~kept[name]
            probability[name][held] = regression.predict_proba(scaler.transform(x[name][held]))[
                :, 1
            ]
    for name, found in probability.items():
        present, absent = found[y[name] == 1], found[y[name] == 0]
        limit = np.quantile(present, 0.10)
        print(
            f"{name}, 10 % of the answerable refused: {(absent < limit).mean():.1%} of the others refused"
        )
        for threshold in (0.3, 0.35, 0.38, 0.4, 0.42, 0.45, 0.5):
            print(
                f"  from {threshold}: {(absent < threshold).mean():.1%} without an article refused,"
                f" {(present < threshold).mean():.1%} with one"
            )
