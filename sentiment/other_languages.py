"""Tells anger from calm in languages other than English, by word stems and the mid-layer pooling.

One logistic regression serves them all: most of what it reads is how a message is worded, not what it is about.
It does not tell content from neutral, so it scores no message above 0.6.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from domain.encoders import Encoder
from domain.languages import guess_language
from domain.words import stem

WEIGHTS_FILE = "other_languages.npz"
BUCKETS = 1 << 13
MARKS = 3

Floats = npt.NDArray[np.float32]

_TOKEN = re.compile(r"[^\W\d_]+|!+")
_READ_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class OtherLanguagesModel:
    """Weights of [mid-layer pooling | marks | stem buckets]; the knots map their sum to the 0..1 scale."""

    pooled: Floats
    marks: Floats
    stems: Floats
    bias: float
    raw_knots: Floats
    score_knots: Floats
    encoder: Encoder
    """The encoder whose encodings it takes."""
    version: str

    @classmethod
    def load(cls, directory: Path) -> OtherLanguagesModel:
        """Load the weights of `directory`. Raises ValueError for other features."""
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        encoder = Encoder(str(weights["model"]), int(weights["dimension"]))
        shapes = {name: weights[name].shape for name in ("pooled", "marks", "stems")}
        if shapes != {"pooled": (encoder.dimension,), "marks": (MARKS,), "stems": (BUCKETS,)}:
            raise ValueError(f"{WEIGHTS_FILE} was fitted on another set of features")
        return cls(
            pooled=weights["pooled"].astype(np.float32),
            marks=weights["marks"].astype(np.float32),
            stems=weights["stems"].astype(np.float32),
            bias=float(weights["bias"]),
            raw_knots=weights["raw_knots"].astype(np.float32),
            score_knots=weights["score_knots"].astype(np.float32),
            encoder=encoder,
            version=str(weights["version"]),
        )

    def save(self, directory: Path) -> Path:
        """Write the weights and return the path of their file."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            pooled=self.pooled,
            marks=self.marks,
            stems=self.stems.astype(np.float16),
            bias=np.float32(self.bias),
            raw_knots=self.raw_knots,
            score_knots=self.score_knots,
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
            version=np.array(self.version),
        )
        return path

    def score(self, texts: Sequence[str], encodings: Floats) -> Floats:
        """Return 0 (angry) .. 0.5 (neutral) .. 0.6 for each text; `encodings` are domain.ports.Encodings."""
        width = self.encoder.dimension
        raw = encodings[:, width:] @ self.pooled + self.bias
        for row, text in enumerate(texts):
            buckets, values = stem_buckets(text)
            raw[row] += self.stems[buckets] @ values + mark_features(text) @ self.marks
        return np.asarray(np.interp(raw, self.raw_knots, self.score_knots), dtype=np.float32)


def stem_buckets(text: str) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the hash buckets of stems and pairs of stems, as a vector of unit length.

    Question marks are left out: a question may be angry, and a report calm.
    """
    language = guess_language(text)
    found = [
        word if word.startswith("!") else stem(word, language)
        for word in _TOKEN.findall(text[:_READ_CHARS].lower())
    ]
    grams = set(found) | {f"{first} {second}" for first, second in pairwise(found)}
    buckets = np.array(sorted({crc32(gram.encode()) % BUCKETS for gram in grams}), dtype=np.int64)
    return buckets, np.full(len(buckets), max(1, len(buckets)) ** -0.5, dtype=np.float32)


def mark_features(text: str) -> Floats:
    """Return exclamation marks, length and the share of shouted words, about 0..1 each."""
    words = text[:_READ_CHARS].split()
    shouted = sum(1 for word in words if len(word) > 2 and word.isupper())
    return np.array(
        [
            min(3, text.count("!")) / 3,
            np.log1p(len(words)) / 4,
            shouted / max(1, len(words)),
        ],
        dtype=np.float32,
    )
