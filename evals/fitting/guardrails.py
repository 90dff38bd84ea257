"""Fits the guardrail classifier: a logistic regression a class, weighted so that no source drowns another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from agent.guardrails.classifier import Classifier
from agent.guardrails.features import BUCKETS, ngram_buckets, pattern_vector
from agent.guardrails.patterns import match_all
from agent.guardrails.text import normalise
from agent.guardrails.vocabulary import CLASSES
from domain.encoders import Encoder
from embeddings.model import Vectors
from evals.fitting.guardrail_rows import TrainingRow

REGULARISATION = 3.0
EMBEDDING_SCALE = 3.0
"""Vectors have unit length over 384 entries; scaled so that the penalty treats them like the n-grams."""
CALIBRATION_FOLDS = 5

Floats = npt.NDArray[np.float64]


def design_matrix(texts: Sequence[str], vectors: Vectors) -> sparse.csr_matrix:
    """Embedding, pattern features and n-gram buckets of each text, side by side."""
    patterns, values, columns, starts = [], [], [], [0]
    for text in texts:
        clean = normalise(text)
        patterns.append(pattern_vector([match for _, match in match_all(clean)]))
        buckets, weights = ngram_buckets(clean)
        columns.append(buckets)
        values.append(weights)
        starts.append(starts[-1] + len(buckets))
    ngrams = sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), starts), shape=(len(texts), BUCKETS)
    )
    dense = np.hstack([vectors * EMBEDDING_SCALE, np.stack(patterns)])
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(dense), ngrams]))


def balanced_weights(sources: Sequence[str], labels: Floats, importance: Floats) -> Floats:
    """Weights that grow with the square root of a group's size, a group being (source, label)."""
    groups = list(zip(sources, labels > 0, strict=True))
    sizes = Counter(groups)
    weights = np.array(
        [scale / np.sqrt(sizes[group]) for group, scale in zip(groups, importance, strict=True)]
    )
    return np.asarray(weights / weights.mean())


def _fit_logistic(matrix: sparse.csr_matrix, labels: Floats, weights: Floats) -> LogisticRegression:
    model = LogisticRegression(C=REGULARISATION, max_iter=400)
    model.fit(matrix, labels, sample_weight=weights)
    return model


def _calibrate(
    matrix: sparse.csr_matrix, labels: Floats, weights: Floats, groups: Floats
) -> tuple[float, float]:
    """Platt's scale and shift from logits of folds that the model has not seen."""
    logits = np.zeros(len(labels))
    for fold in range(CALIBRATION_FOLDS):
        held = groups % CALIBRATION_FOLDS == fold
        logits[held] = _fit_logistic(
            matrix[~held], labels[~held], weights[~held]
        ).decision_function(matrix[held])
    platt = LogisticRegression(C=1e6).fit(logits[:, None], labels, sample_weight=weights)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def fit_guardrails(
    rows: Sequence[TrainingRow], vectors: Vectors, encoder: Encoder, version: str
) -> Classifier:
    """The classifier of `rows` with the `vectors` that `encoder` made of their texts."""
    matrix = design_matrix([row.text for row in rows], vectors)
    sources = np.array([row.source for row in rows])
    labels = np.stack([row.labels for row in rows])
    importance = np.array([row.weight for row in rows])
    numbers: dict[str, int] = {}
    groups = np.array([numbers.setdefault(normalise(row.text), len(numbers)) for row in rows])
    coefficients, biases, scales, shifts = [], [], [], []
    for column in range(len(CLASSES)):
        known = ~np.isnan(labels[:, column])
        target = labels[known, column]
        weights = balanced_weights(list(sources[known]), target, importance[known])
        model = _fit_logistic(matrix[known], target, weights)
        scale, shift = _calibrate(matrix[known], target, weights, groups[known])
        coefficients.append(model.coef_[0])
        biases.append(model.intercept_[0])
        scales.append(scale)
        shifts.append(shift)
    stacked = np.stack(coefficients).astype(np.float32)
    width = vectors.shape[1]
    return Classifier(
        embedding=stacked[:, :width] * EMBEDDING_SCALE,
        patterns=stacked[:, width : stacked.shape[1] - BUCKETS],
        ngrams=stacked[:, stacked.shape[1] - BUCKETS :],
        bias=np.array(biases, dtype=np.float32),
        scale=np.array(scales, dtype=np.float32),
        shift=np.array(shifts, dtype=np.float32),
        encoder=encoder,
        version=version,
    )
