"""Fits the ranker's answerability: questions with their article present against the same with it taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from domain.encoders import Encoder
from embeddings.chunking import chunk_markdown
from embeddings.retrieval import (
    WEIGHTS_DIRECTORY,
    Candidate,
    Comparison,
    RankerSettings,
    save_settings,
)
from evals.datasets import DataFolder, read_rows, strings
from evals.encoders import load_ranker, retrieval_embedder, retrieval_encoder
from evals.tasks.retrieval import MemoryIndex
from evals.tasks.task import Row
from pipeline.search import parts_of

FITTED_ON = (
    "kb_stackfaq and product_questions: each question with its article present and taken out"
)
OWN_WEIGHT = 0.3
FEATURES = (
    "title_mean",
    "title_lift",
    "title_own",
    "top",
    "margin",
    "spread",
    "coverage",
    "unseen_words",
    "length",
)
WORD_FEATURES = ("coverage",)
"""Alone: with the question's length beside it, a long question is answerable without a word in common."""
WORDS_REFUSE = 0.85
"""Share of questions without an article that words alone refuse, as the weights of an encoder do."""
CONTEXT = Path(__file__).parents[2] / "context"
OWN_QUESTIONS = Path(__file__).parents[1] / "data" / "handwritten" / "product_questions.jsonl"

Array = NDArray[np.float64]
Arrays = Mapping[str, Array]
Set = tuple[list[dict[str, float]], Array]


def features_of(query: str, candidates: Sequence[Candidate]) -> dict[str, float]:
    """What the ranker looks at, in its own order of the candidates."""
    ranker, comparison = load_ranker(), Comparison(query, candidates)
    return ranker.features(comparison, ranker.ordered(comparison, candidates))


def fit_retrieval(data: DataFolder, directory: Path | None = None) -> Path:
    """Write the weights of the configured retrieval model; prints what is refused out of fold.

    Each question counts twice, with its article present and with it taken out; `OWN_WEIGHT` of the
    whole weight is the product's own questions, which are shorter than those of the forum. Raises
    ValueError without the set.
    """
    sets = _sets(data)
    x, y, weight = _arrays(sets, FEATURES)
    _print_refused(_out_of_fold(x, y, weight), y)
    settings = _settings(x, y, weight, FEATURES, retrieval_encoder())
    return save_settings(settings, FITTED_ON, directory or WEIGHTS_DIRECTORY)


def fit_words(data: DataFolder, directory: Path | None = None) -> Path:
    """Write the weights for encoders without any of their own; prints what is refused out of fold.

    They see words alone. Their intercept is moved until, at the agent's threshold, `WORDS_REFUSE` of
    the forum's questions without an article are refused. Raises ValueError without the set.
    """
    x, y, weight = _arrays(_sets(data), WORD_FEATURES)
    settings = _settings(x, y, weight, WORD_FEATURES, None)
    absent = _out_of_fold(x, y, weight)["stackfaq"][y["stackfaq"] == 0]
    shift = logit(RankerSettings(0.0, {}).answer_from) - logit(np.quantile(absent, WORDS_REFUSE))
    moved = replace(settings, intercept=round(float(settings.intercept + shift), 3))
    _print_refused(
        {name: expit(logit(found) + shift) for name, found in _out_of_fold(x, y, weight).items()},
        y,
    )
    return save_settings(moved, FITTED_ON, directory or WEIGHTS_DIRECTORY)


def _sets(data: DataFolder) -> Mapping[str, Set]:
    return {"stackfaq": _forum(data), "product": _product()}


def _arrays(sets: Mapping[str, Set], names: Sequence[str]) -> tuple[Arrays, Arrays, Arrays]:
    """Features [rows, names], labels and weights of each set."""
    x = {
        name: np.array([[row[feature] for feature in names] for row in rows])
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
    return x, y, weight


def _settings(
    x: Arrays, y: Arrays, weight: Arrays, names: Sequence[str], encoder: Encoder | None
) -> RankerSettings:
    scaler, regression = _fit(
        np.vstack([*x.values()]), np.concatenate([*y.values()]), np.concatenate([*weight.values()])
    )
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - (weights * scaler.mean_).sum())
    return RankerSettings(
        round(intercept, 3),
        {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)},
        encoder,
    )


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
            "doc_id": article.title,
            "title": article.title,
            "text": "\n\n".join(chunk.text for chunk in article.chunks),
        }
        for article in articles
    ]
    asked = [
        (str(row["text"]), frozenset({str(row["article"])})) for row in read_rows(OWN_QUESTIONS)
    ]
    return _with_and_without(documents, asked)


def _with_and_without(documents: Sequence[Row], asked: Sequence[tuple[str, frozenset[str]]]) -> Set:
    index = MemoryIndex(documents)
    retrieval_embedder().embed([part for text, _ in asked for part in parts_of(text)])
    rows = []
    for text, own in asked:
        rows.append(features_of(text, index.nearest(text)))
        rows.append(features_of(text, index.nearest(text, own)))
    return rows, np.tile([1, 0], len(asked))


def _fit(x: Array, y: Array, weight: Array) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(x)
    regression = LogisticRegression(C=1.0, max_iter=2000)
    return scaler, regression.fit(scaler.transform(x), y, sample_weight=weight)


def _out_of_fold(x: Arrays, y: Arrays, weight: Arrays) -> Arrays:
    """Each row's probability by a fit that saw neither row of its question; five folds."""
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
    return probability


def _print_refused(probability: Arrays, y: Arrays) -> None:
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
