"""Draws the report's plots: precision and recall, confusion and the reliability of the sentiment score."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import matplotlib
import numpy as np

from agent.guardrails.vocabulary import CLASSES
from evals.datasets import DataFolder
from evals.encoders import embedder, load_guardrails, load_sentiment

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes

BINS = 12


def draw_plots(data: DataFolder, folder: Path, parts: Collection[str]) -> None:
    """Write the PNG files of the parts whose sets are present."""
    folder.mkdir(parents=True, exist_ok=True)
    if "guardrails" in parts:
        _draw_guardrails(data, folder)
    if "sentiment" in parts:
        _draw_reliability(data, folder)


def _draw_guardrails(data: DataFolder, folder: Path) -> None:
    rows = data.rows("guardrail_derived/dev/guardrail.jsonl")
    if rows is None:
        return
    rows = [row for row in rows if row["expect"] != "ambiguous"]
    texts = [str(row["text"]) for row in rows]
    guardrails = load_guardrails()
    vectors = embedder().embed(texts)
    scores = np.array(
        [
            [score for score, _ in guardrails.scores(t, v).values()]
            for t, v in zip(texts, vectors, strict=True)
        ]
    )
    wanted = [
        set(str(row["cls"]).split("+")) if row["expect"] == "escalate" else set() for row in rows
    ]
    figure, (curve, table) = pyplot.subplots(1, 2, figsize=(11, 4.5))
    confusion = np.zeros((len(CLASSES) + 1, 2), dtype=int)
    for column, reason in enumerate(CLASSES):
        name = reason.value.removesuffix("_request")
        truth = np.array([name in names for names in wanted])
        predicted = scores[:, column] >= guardrails.settings.threshold(reason)
        confusion[column] = (int((truth & predicted).sum()), int((truth & ~predicted).sum()))
        if truth.any():
            order = np.argsort(-scores[:, column], kind="stable")
            hits = np.cumsum(truth[order])
            curve.plot(hits / truth.sum(), hits / np.arange(1, len(hits) + 1), label=name)
    thresholds = np.array([guardrails.settings.threshold(reason) for reason in CLASSES])
    escalated = (scores >= thresholds).any(axis=1)
    clean = np.array([not names for names in wanted])
    confusion[-1] = (int((clean & escalated).sum()), int((clean & ~escalated).sum()))
    curve.set(
        xlabel="recall", ylabel="precision", xlim=(0.5, 1.01), ylim=(0.5, 1.01), title="Guardrails"
    )
    curve.legend()
    labels = [reason.value for reason in CLASSES] + ["nothing to escalate"]
    table.axis("off")
    table.table(
        cellText=confusion.tolist(),
        rowLabels=labels,
        colLabels=["escalated", "let through"],
        loc="center",
        colWidths=[0.25, 0.25],
    )
    figure.tight_layout()
    figure.savefig(folder / "guardrails.png", dpi=90)
    pyplot.close(figure)


def _draw_reliability(data: DataFolder, folder: Path) -> None:
    """Plot mean human valence by score on rated sentences, and the share of angry tweets by score."""
    figure, axis = pyplot.subplots(figsize=(6, 4.5))
    model = load_sentiment()
    edges = np.linspace(0, 1, BINS + 1)
    for part in ("tweets", "amazonReviewSnippets"):
        rows = data.rows(f"sentiment_vader_gt/dev/{part}.jsonl")
        if rows is not None:
            texts = [str(row["text"]) for row in rows]
            scores = model.score(texts, embedder().encode(texts))
            human = np.array([float(str(row["score01"])) for row in rows])
            _plot_bins(axis, scores, human, edges, f"human valence, {part}")
    rows = data.rows("sentiment_airline/dev/tweets.jsonl")
    if rows is not None:
        rows = [row for row in rows if float(str(row["confidence"])) >= 0.65]
        texts = [str(row["text"]) for row in rows]
        scores = model.score(texts, embedder().encode(texts))
        _plot_bins(
            axis,
            scores,
            np.array([row["label"] != "negative" for row in rows], dtype=float),
            edges,
            "share not negative, airline",
        )
    axis.plot([0, 1], [0, 1], color="grey", linewidth=0.7)
    axis.set(xlabel="score", ylabel="observed", title="Reliability of the sentiment score")
    axis.legend()
    figure.tight_layout()
    figure.savefig(folder / "sentiment_reliability.png", dpi=90)
    pyplot.close(figure)


def _plot_bins(
    axis: Axes, scores: np.ndarray, observed: np.ndarray, edges: np.ndarray, label: str
) -> None:
    which = np.clip(np.digitize(scores, edges) - 1, 0, BINS - 1)
    filled = [number for number in range(BINS) if (which == number).sum() >= 10]
    axis.plot(
        [scores[which == number].mean() for number in filled],
        [observed[which == number].mean() for number in filled],
        marker="o",
        label=label,
    )
