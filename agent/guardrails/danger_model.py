"""Senses danger in words that no phrase holds, by one softmax regression over encoding and n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.guardrails.features import ngram_buckets
from agent.guardrails.text import normalise
from domain.danger import DangerKind
from domain.encoders import Encoder
from domain.words import fold

WEIGHTS_FILE = "danger.npz"
BUCKETS = 1 << 13
ORDINARY = "ordinary"
"""The class of everything that is no danger; the others are the kinds."""

Floats = npt.NDArray[np.float32]


def danger_ngrams(text: str) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the buckets of words and of parts of words, without accents, and their values."""
    buckets, values = ngram_buckets(fold(normalise(text)))
    return buckets & (BUCKETS - 1), values


@dataclass(frozen=True, slots=True)
class DangerModel:
    """Weights [inputs, classes] of the encoding and of the n-gram buckets."""

    encoding: Floats
    ngrams: Floats
    bias: Floats
    threshold: float
    """The probability of all kinds together from which a message counts as danger."""
    classes: tuple[str, ...]
    encoder: Encoder
    """The encoder whose encodings it takes."""

    @classmethod
    def load(cls, directory: Path) -> DangerModel:
        """Load what `python -m evals.fit danger` wrote. Raises FileNotFoundError, or ValueError for other features."""
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        encoder = Encoder(str(weights["model"]), int(weights["dimension"]))
        classes = tuple(str(name) for name in weights["classes"])
        found = {name: weights[name].shape for name in ("encoding", "ngrams")}
        inputs = {"encoding": 2 * encoder.dimension, "ngrams": BUCKETS}
        if found != {name: (size, len(classes)) for name, size in inputs.items()}:
            raise ValueError(f"{WEIGHTS_FILE} was fitted on another set of features")
        return cls(
            weights["encoding"].astype(np.float32),
            weights["ngrams"].astype(np.float32),
            weights["bias"].astype(np.float32),
            float(weights["threshold"]),
            classes,
            encoder,
        )

    def save(self, directory: Path) -> Path:
        """Write the weights in half precision and return their file."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            encoding=self.encoding.astype(np.float16),
            ngrams=self.ngrams.astype(np.float16),
            bias=self.bias,
            threshold=np.float32(self.threshold),
            classes=np.array(self.classes),
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
        )
        return path

    def sense(self, text: str, encoding: Floats) -> DangerKind | None:
        """Return the danger that a text tells of, `encoding` being its row of domain.ports.Encodings; pure."""
        buckets, values = danger_ngrams(text)
        return self.decide(encoding @ self.encoding + values @ self.ngrams[buckets] + self.bias)

    def decide(self, logits: Floats) -> DangerKind | None:
        """Return the danger of one row of logits."""
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        ordinary = self.classes.index(ORDINARY)
        if 1.0 - float(shares[ordinary]) < self.threshold:
            return None
        shares[ordinary] = 0.0
        return DangerKind(self.classes[int(shares.argmax())])
