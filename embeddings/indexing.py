"""Moves passages' vectors towards the mean of their article.

A question often names the article's topic and asks for a passage of it: on five sets of human
questions these vectors find the right article more often.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from embeddings.model import Vectors

ARTICLE_SHARE = 1.0
"""Weight of the article's mean vector beside the passage's own."""


def article_vectors(
    vectors: Vectors, article_ids: Sequence[Hashable], article_share: float = ARTICLE_SHARE
) -> Vectors:
    """Return unit vectors [n, dimension] for `vectors` of passages; `article_ids` name each one's article.

    The vector of an article's only passage stays as it is.
    """
    numbers: dict[Hashable, int] = {}
    owners = np.array(
        [numbers.setdefault(article_id, len(numbers)) for article_id in article_ids], dtype=np.int64
    )
    if owners.size == 0:
        return vectors
    sums = np.zeros((len(numbers), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, vectors)
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    blended = vectors + article_share * means[owners]
    return np.asarray(blended / np.linalg.norm(blended, axis=1, keepdims=True), dtype=np.float32)
