"""Scores a message by one logistic regression a class, over vector, patterns and n-grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.guardrails.features import BUCKETS, ngram_buckets, pattern_vector
from agent.guardrails.patterns import FEATURES, PatternMatch
from agent.guardrails.vocabulary import CLASSES
from domain.encoders import Encoder

WEIGHTS_FILE = "guardrails.npz"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights [classes, inputs] for the embedding, the patterns and the n-gram buckets.

    `scale` and `shift` are the calibration: probability = sigmoid(scale * logit + shift).
    """

    embedding: Floats
    patterns: Floats
    ngrams: Floats
    bias: Floats
    scale: Floats
    shift: Floats
    encoder: Encoder
    version: str

    @classmethod
    def load(cls, directory: Path) -> Classifier:
        """Load the weights. Raises FileNotFoundError, or ValueError for another feature layout."""
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        if not {"model", "dimension"} <= weights.keys():
            raise ValueError(f"{WEIGHTS_FILE} does not name its encoder: fit it anew")
        encoder = Encoder(str(weights.pop("model")), int(weights.pop("dimension")))
        expected = {
            "embedding": (len(CLASSES), encoder.dimension),
            "patterns": (len(CLASSES), FEATURES),
            "ngrams": (len(CLASSES), BUCKETS),
        }
        for name, shape in expected.items():
            if weights[name].shape != shape:
                raise ValueError(
                    f"{WEIGHTS_FILE}: {name} has shape {weights[name].shape}, expected {shape}"
                )
        version = str(weights.pop("version"))
        return cls(
            **{name: np.asarray(value, dtype=np.float32) for name, value in weights.items()},
            encoder=encoder,
            version=version,
        )

    def save(self, directory: Path) -> Path:
        """Write the weights in half precision, which moves no probability by more than 0.002."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            embedding=self.embedding.astype(np.float16),
            patterns=self.patterns.astype(np.float16),
            ngrams=self.ngrams.astype(np.float16),
            bias=self.bias,
            scale=self.scale,
            shift=self.shift,
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
            version=np.array(self.version),
        )
        return path

    def logits(self, text: str, vector: Floats, matches: Sequence[PatternMatch]) -> Floats:
        """Return the raw scores [classes] of a normalised text."""
        buckets, values = ngram_buckets(text)
        return np.asarray(
            self.embedding @ vector
            + self.patterns @ pattern_vector(matches)
            + self.ngrams[:, buckets] @ values
            + self.bias,
            dtype=np.float32,
        )

    def probabilities(self, text: str, vector: Floats, matches: Sequence[PatternMatch]) -> Floats:
        """Return the classes' calibrated probabilities, in the order of CLASSES."""
        scaled = self.scale * self.logits(text, vector, matches) + self.shift
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scaled, -30.0, 30.0))), dtype=np.float32)
