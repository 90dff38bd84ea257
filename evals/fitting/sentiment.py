"""Fits the sentiment model: regression and network, then a calibration on folds that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from sklearn.linear_model import Ridge

from domain.encoders import Encoder
from embeddings.model import Encodings
from evals.fitting.network import Network, fit_network
from evals.fitting.sentiment_rows import VALENCE_PARTS, SentimentRow
from sentiment.features import BUCKETS, LEXICON_FEATURES, lexicon_features, word_buckets
from sentiment.model import NETWORK_SHARE, SentimentModel

FOLDS = 5
REGULARISATION = 1.0
VECTOR_SCALE = 2.5
MID_LAYER_SCALE = 2.5
"""Of mid-layer poolings, centred and with a mean square length of 1, as vectors have."""
LEXICON_SCALE = 0.5
NETWORK_SCALE = 2.0
"""The network's inputs are larger by this than the regression's, whose penalty depends on their size."""
WORD_SCALE = 0.5
ANGRY = 0.3
NEUTRAL = 0.5
CALM_FROM = 0.33
"""Problem reports in a calm tone are labelled from here on; what is below is angry or bitter."""
CALM_UNDER_ANGRY = 0.01
"""Share of calm customers' messages that the calibration lets fall under 0.3."""
QUESTIONS_UNDER_NEUTRAL = 0.38
"""Share of plain questions that it lets fall under 0.5: so many look like the start of a complaint."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scaling:
    """(encoding - shift) * scale, which centres the mid-layer pooling and gives it the vector's size."""

    shift: Floats
    scale: Floats

    @classmethod
    def of(cls, encodings: Encodings) -> Scaling:
        width = encodings.shape[1] // 2
        pooled = encodings[:, width:].astype(np.float64)
        spread = np.sqrt(((pooled - pooled.mean(0)) ** 2).sum(1).mean())
        return cls(
            np.concatenate([np.zeros(width), pooled.mean(0)]),
            np.repeat([VECTOR_SCALE, MID_LAYER_SCALE / spread], width),
        )


def design_matrix(
    texts: Sequence[str], encodings: Encodings, scaling: Scaling
) -> sparse.csr_matrix:
    """Vector, mid-layer pooling, lexicon features and word buckets of each text, side by side."""
    dense = np.hstack(
        [
            (encodings - scaling.shift) * scaling.scale,
            np.stack([lexicon_features(text) for text in texts]) * LEXICON_SCALE,
        ]
    )
    found = [word_buckets(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in found])])
    words = sparse.csr_matrix(
        (
            np.concatenate([values for _, values in found]) * WORD_SCALE,
            np.concatenate([b for b, _ in found]),
            starts,
        ),
        shape=(len(texts), BUCKETS),
    )
    return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(dense), words]))


def fit_ridge(matrix: sparse.csr_matrix, scores: Floats, weights: Floats) -> Ridge:
    model = Ridge(alpha=REGULARISATION, solver="sparse_cg", tol=1e-3)
    model.fit(matrix, scores, sample_weight=weights)
    return model


@dataclass(frozen=True, slots=True)
class Fitted:
    """Regression and network, fitted on the same rows of a design matrix."""

    ridge: Ridge
    network: Network

    def predict(self, matrix: sparse.csr_matrix) -> Floats:
        return np.asarray(
            NETWORK_SHARE * self.network.predict(_network_inputs(matrix))
            + (1 - NETWORK_SHARE) * self.ridge.predict(matrix)
        )


def fit_both(matrix: sparse.csr_matrix, scores: Floats, weights: Floats) -> Fitted:
    return Fitted(
        fit_ridge(matrix, scores, weights),
        fit_network(_network_inputs(matrix), scores, weights),
    )


def _network_inputs(matrix: sparse.csr_matrix) -> npt.NDArray[np.float32]:
    return np.asarray(matrix[:, :-BUCKETS].toarray() * NETWORK_SCALE, dtype=np.float32)


def out_of_fold(matrix: sparse.csr_matrix, rows: Sequence[SentimentRow]) -> Floats:
    """Each row's raw value from a model that saw no row of its document."""
    scores = np.array([row.score for row in rows])
    weights = _weights(rows)
    folds = np.array([crc32(row.group.encode()) % FOLDS for row in rows])
    raw = np.zeros(len(rows))
    for fold in range(FOLDS):
        held = folds == fold
        if held.any():
            fitted = fit_both(matrix[~held], scores[~held], weights[~held])
            raw[held] = fitted.predict(matrix[held])
    return raw


def calibrate(raw: Floats, rows: Sequence[SentimentRow]) -> tuple[Floats, Floats]:
    """Knots of a monotone map, set on customers' messages alone.

    0.3 is where the lowest hundredth of the calm ones ends, 0.5 splits plain questions from most complaints.
    """
    scores = np.array([row.score for row in rows])
    is_customer = np.array([row.source.startswith(("intents_", "handwritten")) for row in rows])
    is_question = is_customer & (scores == NEUTRAL)
    is_calm = is_customer & (scores >= CALM_FROM)
    neutral = float(np.quantile(raw[is_question], QUESTIONS_UNDER_NEUTRAL))
    angry = float(np.quantile(raw[is_calm], CALM_UNDER_ANGRY))
    angry = min(angry, neutral - 0.02)
    slope = (NEUTRAL - ANGRY) / (neutral - angry)
    furious = angry - ANGRY / slope
    delighted = neutral + (1 - NEUTRAL) / max(1.0, min(slope, 1.6))
    return np.array([furious, angry, neutral, delighted]), np.array([0.0, ANGRY, NEUTRAL, 1.0])


def print_correlations(raw: Floats, rows: Sequence[SentimentRow]) -> None:
    """What to expect on new texts of the human valences' sources; on the fitted ones the figures flatter."""
    scores = np.array([row.score for row in rows])
    for part in VALENCE_PARTS:
        of_part = np.array([row.source == part for row in rows])
        if of_part.any():
            correlation = np.corrcoef(raw[of_part], scores[of_part])[0, 1]
            print(f"out of fold, {part}: correlation {correlation:.3f}")


def _weights(rows: Sequence[SentimentRow]) -> Floats:
    weights = np.array([row.weight for row in rows])
    return np.asarray(weights / weights.mean())


def fit_sentiment(
    rows: Sequence[SentimentRow], encodings: Encodings, encoder: Encoder, version: str
) -> SentimentModel:
    """The model of `rows` with the encodings that `encoder` made of their texts."""
    scaling = Scaling.of(encodings)
    matrix = design_matrix([row.text for row in rows], encodings, scaling)
    raw = out_of_fold(matrix, rows)
    print_correlations(raw, rows)
    raw_knots, score_knots = calibrate(raw, rows)
    fitted = fit_both(matrix, np.array([row.score for row in rows]), _weights(rows))
    weights = np.asarray(fitted.ridge.coef_, dtype=np.float32)
    width = encodings.shape[1]
    # What the fit did to its inputs moves into the weights and biases.
    encoding = weights[:width] * scaling.scale
    scales = np.concatenate([scaling.scale, np.full(LEXICON_FEATURES, LEXICON_SCALE)])
    hidden = fitted.network.hidden * NETWORK_SCALE * scales[:, None]
    return SentimentModel(
        encoding=encoding.astype(np.float32),
        lexicon=weights[width : width + LEXICON_FEATURES] * LEXICON_SCALE,
        words=weights[width + LEXICON_FEATURES :] * WORD_SCALE,
        bias=float(fitted.ridge.intercept_ - scaling.shift @ encoding),
        hidden=hidden.astype(np.float32),
        hidden_bias=(fitted.network.hidden_bias - scaling.shift @ hidden[:width]).astype(
            np.float32
        ),
        output=fitted.network.output,
        output_bias=fitted.network.output_bias,
        raw_knots=raw_knots.astype(np.float32),
        score_knots=score_knots.astype(np.float32),
        encoder=encoder,
        version=version,
    )
