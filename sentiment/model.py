"""Scores sentiment by a ridge regression and a small neural network, calibrated to 0..1.

The regression's inputs are encoding, lexicon features and word pairs; the network has no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.encoders import Encoder
from domain.languages import Language, guess_language
from sentiment.features import BUCKETS, LEXICON_FEATURES, lexicon_features, word_buckets
from sentiment.other_languages import WEIGHTS_FILE as OTHERS_FILE
from sentiment.other_languages import OtherLanguagesModel

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
WEIGHTS_FILE = "sentiment.npz"
NETWORK_SHARE = 2 / 3

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SentimentModel:
    """The regression's weights for [encoding | lexicon | word buckets], the network's for the first two.

    The knots map the raw value of both together to the 0..1 scale.

    Under 0.3 a message is clearly angry, from 0.3 to 0.5 unhappy, 0.5 is neutral; docs and
    evals/results have the reliability curve.
    """

    encoding: Floats
    lexicon: Floats
    words: Floats
    bias: float
    hidden: Floats
    """[encoding + lexicon, units]"""
    hidden_bias: Floats
    output: Floats
    output_bias: float
    raw_knots: Floats
    score_knots: Floats
    encoder: Encoder
    """The encoder whose encodings it takes."""
    version: str
    others: OtherLanguagesModel | None = None
    """Scores other languages than English; without it these weights score every language."""

    @classmethod
    def load(cls, directory: Path | None = None) -> SentimentModel:
        """Load the shipped weights or those of `directory`. Raises ValueError for other features."""
        directory = directory or WEIGHTS_DIRECTORY
        with np.load(directory / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        if not {"model", "dimension"} <= weights.keys():
            raise ValueError(f"{WEIGHTS_FILE} does not name its encoder: fit it anew")
        encoder = Encoder(str(weights["model"]), int(weights["dimension"]))
        if (
            weights["reading"].shape != (2 * encoder.dimension,)
            or weights["lexicon"].shape != (LEXICON_FEATURES,)
            or weights["words"].shape != (BUCKETS,)
        ):
            raise ValueError(f"{WEIGHTS_FILE} was fitted on another set of features")
        has_others = (directory / OTHERS_FILE).is_file()
        others = OtherLanguagesModel.load(directory) if has_others else None
        if others is not None and others.encoder != encoder:
            raise ValueError(f"{OTHERS_FILE} and {WEIGHTS_FILE} were fitted on different encoders")
        return cls(
            encoding=weights["reading"].astype(np.float32),
            lexicon=weights["lexicon"].astype(np.float32),
            words=weights["words"].astype(np.float32),
            bias=float(weights["bias"]),
            hidden=weights["hidden"].astype(np.float32),
            hidden_bias=weights["hidden_bias"].astype(np.float32),
            output=weights["output"].astype(np.float32),
            output_bias=float(weights["output_bias"]),
            raw_knots=weights["raw_knots"].astype(np.float32),
            score_knots=weights["score_knots"].astype(np.float32),
            encoder=encoder,
            version=str(weights["version"]),
            others=others,
        )

    def save(self, directory: Path) -> Path:
        """Write the weights file into `directory` and return its path."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            reading=self.encoding,
            lexicon=self.lexicon,
            words=self.words.astype(np.float16),
            bias=np.float32(self.bias),
            hidden=self.hidden.astype(np.float16),
            hidden_bias=self.hidden_bias,
            output=self.output,
            output_bias=np.float32(self.output_bias),
            raw_knots=self.raw_knots,
            score_knots=self.score_knots,
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
            version=np.array(self.version),
        )
        return path

    def raw(self, texts: Sequence[str], encodings: Floats) -> Floats:
        """Return the value of regression and network before calibration."""
        dense = np.hstack([encodings, np.stack([lexicon_features(text) for text in texts])])
        regression = dense @ np.concatenate([self.encoding, self.lexicon]) + self.bias
        for row, text in enumerate(texts):
            buckets, weights = word_buckets(text)
            regression[row] += self.words[buckets] @ weights
        units = np.maximum(dense @ self.hidden + self.hidden_bias, 0.0)
        network = units @ self.output + self.output_bias
        return np.asarray(
            NETWORK_SHARE * network + (1 - NETWORK_SHARE) * regression, dtype=np.float32
        )

    def score(self, texts: Sequence[str], encodings: Floats) -> Floats:
        """Return a score each, 0 (very negative) .. 0.5 (neutral) .. 1 (positive), by domain.ports.Encodings."""
        if len(texts) == 0:
            return np.zeros(0, dtype=np.float32)
        scores = np.interp(self.raw(texts, encodings), self.raw_knots, self.score_knots)
        if self.others is not None:
            rows = [
                at for at, text in enumerate(texts) if guess_language(text) is not Language.ENGLISH
            ]
            if rows:
                scores[rows] = self.others.score([texts[at] for at in rows], encodings[rows])
        return np.asarray(scores, dtype=np.float32)
