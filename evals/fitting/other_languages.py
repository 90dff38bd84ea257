"""Fits the sentiment of languages other than English on hand-written messages, half of which it never sees."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from domain.encoders import Encoder
from embeddings.model import Encodings
from evals.datasets import HANDWRITTEN, Row, read_rows
from sentiment.other_languages import BUCKETS, OtherLanguagesModel, mark_features, stem_buckets

ANGRY = "angry"
QUESTION = "question"
FOLDS = 5
INVERSE_REGULARISATION = 10.0
POOLED_SCALE = 1.0
STEM_SCALE = 2.0
CALM_UNDER_ANGRY = 0.02
"""Share of calm messages that the calibration lets fall under 0.3."""
QUESTIONS_UNDER_NEUTRAL = 0.38
"""Share of plain questions that it lets fall under 0.5, as in English."""
MOST = 0.6

Floats = npt.NDArray[np.float64]


def language_rows(half: str) -> list[Row]:
    """Read one half of the messages, `fit` or `held`; they are about different trades."""
    rows = read_rows(HANDWRITTEN / "sentiment_languages.jsonl")
    return [row for row in rows if row["half"] == half]


def fit_other_languages(
    rows: Sequence[Row], encodings: Encodings, encoder: Encoder, version: str
) -> OtherLanguagesModel:
    """Fit the model of `rows` with the encodings that `encoder` made of their texts."""
    texts = [str(row["text"]) for row in rows]
    is_angry = np.array([row["kind"] == ANGRY for row in rows])
    pooled = encodings[:, encoder.dimension :].astype(np.float64)
    middle = pooled.mean(0)
    scale = POOLED_SCALE / np.sqrt(((pooled - middle) ** 2).sum(1).mean())
    matrix = _design_matrix(texts, (pooled - middle) * scale)
    raw_knots, score_knots = _calibrate(_out_of_fold(matrix, is_angry, rows), rows)
    fitted = _fit(matrix, is_angry)
    weights = -fitted.coef_[0]
    width = encoder.dimension
    # What the fit did to its inputs moves into weights and bias; the raw value grows with calm.
    own = weights[:width] * scale
    return OtherLanguagesModel(
        pooled=own.astype(np.float32),
        marks=weights[width:-BUCKETS].astype(np.float32),
        stems=(weights[-BUCKETS:] * STEM_SCALE).astype(np.float32),
        bias=float(-fitted.intercept_[0] - middle @ own),
        raw_knots=raw_knots.astype(np.float32),
        score_knots=score_knots.astype(np.float32),
        encoder=encoder,
        version=version,
    )


def _design_matrix(texts: Sequence[str], pooled: Floats) -> sparse.csr_matrix:
    found = [stem_buckets(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in found])])
    stems = sparse.csr_matrix(
        (
            np.concatenate([values for _, values in found]) * STEM_SCALE,
            np.concatenate([buckets for buckets, _ in found]),
            starts,
        ),
        shape=(len(texts), BUCKETS),
    )
    marks = np.stack([mark_features(text) for text in texts])
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(np.hstack([pooled, marks])), stems]))


def _fit(matrix: sparse.csr_matrix, is_angry: npt.NDArray[np.bool_]) -> LogisticRegression:
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=3_000, class_weight="balanced")
    model.fit(matrix, is_angry)
    return model


def _out_of_fold(
    matrix: sparse.csr_matrix, is_angry: npt.NDArray[np.bool_], rows: Sequence[Row]
) -> Floats:
    """Score each row by a model that saw neither it nor its translations."""
    meanings = [str(row["id"]).partition("-")[2] for row in rows]
    folds = np.array([crc32(meaning.encode()) % FOLDS for meaning in meanings])
    raw = np.zeros(len(rows))
    for fold in range(FOLDS):
        held = folds == fold
        raw[held] = -_fit(matrix[~held], is_angry[~held]).decision_function(matrix[held])
    return raw


def _calibrate(raw: Floats, rows: Sequence[Row]) -> tuple[Floats, Floats]:
    """Return the knots of a monotone map: 0.3 ends the lowest fiftieth of the calm messages."""
    kinds = np.array([row["kind"] for row in rows])
    angry = float(np.quantile(raw[kinds != ANGRY], CALM_UNDER_ANGRY))
    neutral = float(np.quantile(raw[kinds == QUESTION], QUESTIONS_UNDER_NEUTRAL))
    slope = 0.2 / (neutral - angry)
    return (
        np.array([angry - 0.3 / slope, angry, neutral, neutral + (MOST - 0.5) / slope]),
        np.array([0.0, 0.3, 0.5, MOST]),
    )
