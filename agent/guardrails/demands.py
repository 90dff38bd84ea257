"""Tells a demand (an offer, a discount, a threat to sue) from a question that an article may answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.guardrails.features import ngram_buckets
from agent.guardrails.text import normalise
from domain.encoders import Encoder
from domain.tickets import EscalationReason

WEIGHTS_FILE = "demands.npz"
LIMITS = (EscalationReason.PRICING, EscalationReason.LEGAL)
"""The limits that a profile may set to `articles`."""
DEMAND_FROM = 0.4
"""Below a half, since a demand that is answered costs more than a question that a person gets."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Demands:
    """Weights [limits, inputs] for the embedding and the n-gram buckets; the logit of a demand."""

    embedding: Floats
    ngrams: Floats
    bias: Floats
    encoder: Encoder

    @classmethod
    def load(cls, directory: Path) -> Demands:
        """Read the weights that `python -m evals.fit demands` wrote. Raises FileNotFoundError."""
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as stored:
            return cls(
                stored["embedding"].astype(np.float32),
                stored["ngrams"].astype(np.float32),
                stored["bias"].astype(np.float32),
                Encoder(str(stored["model"]), int(stored["dimension"])),
            )

    def save(self, directory: Path) -> Path:
        """Write the weights in half precision and return their file."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            embedding=self.embedding.astype(np.float16),
            ngrams=self.ngrams.astype(np.float16),
            bias=self.bias,
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
        )
        return path

    def probability(self, limit: EscalationReason, text: str, vector: Floats) -> float:
        """Return how likely a text that touches `limit` demands something of a person."""
        row = LIMITS.index(limit)
        buckets, values = ngram_buckets(normalise(text))
        logit = float(
            self.embedding[row] @ vector + self.ngrams[row, buckets] @ values + self.bias[row]
        )
        return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))

    def is_demand(self, limit: EscalationReason, text: str, vector: Floats) -> bool:
        """Whether only a person may answer a text that touches `limit`."""
        return self.probability(limit, text, vector) >= DEMAND_FROM
