"""The sentiment model: a ridge regression on embedding, lexicon and word pairs, calibrated to 0..1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sentiment.features import BUCKETS, LEXICON_FEATURES, lexicon_features, word_buckets

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
WEIGHTS_FILE = "sentiment.npz"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """Weights for [embedding | lexicon | word buckets]; the knots map the raw value to the 0..1 scale.

    Under 0.3 a message is clearly angry, from 0.3 to 0.5 unhappy, 0.5 is neutral; docs and
    evals/results hold the reliability curve.
    """

    embedding: Floats
    lexicon: Floats
    words: Floats
    bias: float
    raw_knots: Floats
    score_knots: Floats
    version: str

    @classmethod
    def load(cls, directory: Path | None = None) -> SentimentModel:
        """The shipped weights or those of `directory`; ValueError when they belong to other features."""
        with np.load((directory or WEIGHTS_DIRECTORY) / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        if weights["lexicon"].shape != (LEXICON_FEATURES,) or weights["words"].shape != (BUCKETS,):
            raise ValueError(f"{WEIGHTS_FILE} was fitted on another set of features")
        return cls(
            embedding=weights["embedding"].astype(np.float32),
            lexicon=weights["lexicon"].astype(np.float32),
            words=weights["words"].astype(np.float32),
            bias=float(weights["bias"]),
            raw_knots=weights["raw_knots"].astype(np.float32),
            score_knots=weights["score_knots"].astype(np.float32),
            version=str(weights["version"]),
        )

    def save(self, directory: Path) -> Path:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            embedding=self.embedding,
            lexicon=self.lexicon,
            words=self.words.astype(np.float16),
            bias=np.float32(self.bias),
            raw_knots=self.raw_knots,
            score_knots=self.score_knots,
            version=np.array(self.version),
        )
        return path

    def raw(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """The regression's own values, before calibration."""
        values = np.empty(len(texts), dtype=np.float32)
        for row, text in enumerate(texts):
            buckets, weights = word_buckets(text)
            values[row] = lexicon_features(text) @ self.lexicon + self.words[buckets] @ weights
        return np.asarray(values + vectors @ self.embedding + self.bias, dtype=np.float32)

    def score(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """0 (very negative) .. 0.5 (neutral) .. 1 (positive), one a text; `vectors` are their unit embeddings."""
        if len(texts) == 0:
            return np.zeros(0, dtype=np.float32)
        return np.asarray(
            np.interp(self.raw(texts, vectors), self.raw_knots, self.score_knots), dtype=np.float32
        )
