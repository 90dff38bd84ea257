"""Fits the classifier that tells demands from questions on prices and law, on carried examples."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from agent.guardrails.demands import LIMITS, Demands
from agent.guardrails.features import BUCKETS, ngram_buckets
from agent.guardrails.text import normalise
from domain.encoders import Encoder
from evals.datasets import HANDWRITTEN, read_rows
from evals.vectors import RememberingEmbedder

EXAMPLES = HANDWRITTEN / "demands.jsonl"
REGULARISATION = 3.0
EMBEDDING_SCALE = 3.0
"""As in the guardrails: the penalty treats vectors like n-grams."""


def fit_demands(embedder: RememberingEmbedder, encoder: Encoder) -> Demands:
    """Fit one logistic regression a limit."""
    embedding, ngrams, bias = [], [], []
    rows = read_rows(EXAMPLES)
    for limit in LIMITS:
        own = [row for row in rows if row["limit"] == limit.value]
        texts = [str(row["text"]) for row in own]
        vectors = embedder.embed(texts)
        grams = sparse.lil_matrix((len(texts), BUCKETS))
        for index, text in enumerate(texts):
            buckets, values = ngram_buckets(normalise(text))
            grams[index, buckets] = values
        matrix = sparse.hstack([sparse.csr_matrix(vectors * EMBEDDING_SCALE), grams]).tocsr()
        model = LogisticRegression(C=REGULARISATION, max_iter=400)
        model.fit(matrix, [bool(row["demand"]) for row in own])
        width = vectors.shape[1]
        embedding.append(model.coef_[0][:width] * EMBEDDING_SCALE)
        ngrams.append(model.coef_[0][width:])
        bias.append(model.intercept_[0])
    return Demands(
        np.array(embedding, dtype=np.float32),
        np.array(ngrams, dtype=np.float32),
        np.array(bias, dtype=np.float32),
        encoder,
    )
