"""Reads the dialogue act of a message by one softmax regression over encoding, n-grams and shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from agent.acts.features import BUCKETS, SHAPE, act_ngrams, read_part, shape_features
from domain.acts import SEARCHING, AboutUs, ActReading, DialogueAct
from domain.encoders import Encoder

WEIGHTS_FILE = "acts.npz"
WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
_OF_ABOUT_US = f"{DialogueAct.ABOUT_US}."
"""Before what is asked about us, in the name of a class."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ActModel:
    """Weights [inputs, classes] of [encoding | shape] and of the n-gram buckets.

    A class is an act, or `about_us.` and what is asked. Probabilities are those of the softmax at `temperature`,
    which calibrates them.
    """

    encoding: Floats
    shape: Floats
    ngrams: Floats
    bias: Floats
    temperature: float
    threshold: float
    """Below this probability no act counts that ends a turn without a search."""
    classes: tuple[str, ...]
    encoder: Encoder
    """The encoder whose encodings it takes."""
    version: str

    @classmethod
    def load(cls, directory: Path | None = None) -> ActModel:
        """Load the shipped weights or those of `directory`. Raises ValueError for other features."""
        with np.load((directory or WEIGHTS_DIRECTORY) / WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = {name: stored[name] for name in stored.files}
        encoder = Encoder(str(weights["model"]), int(weights["dimension"]))
        classes = tuple(str(name) for name in weights["classes"])
        found = {name: weights[name].shape for name in ("encoding", "shape", "ngrams")}
        inputs = {"encoding": 2 * encoder.dimension, "shape": SHAPE, "ngrams": BUCKETS}
        if found != {name: (size, len(classes)) for name, size in inputs.items()}:
            raise ValueError(f"{WEIGHTS_FILE} was fitted on another set of features")
        return cls(
            weights["encoding"].astype(np.float32),
            weights["shape"].astype(np.float32),
            weights["ngrams"].astype(np.float32),
            weights["bias"].astype(np.float32),
            float(weights["temperature"]),
            float(weights["threshold"]),
            classes,
            encoder,
            str(weights["version"]),
        )

    def save(self, directory: Path) -> Path:
        """Write the weights in half precision and return their file."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / WEIGHTS_FILE
        np.savez_compressed(
            path,
            encoding=self.encoding.astype(np.float16),
            shape=self.shape.astype(np.float16),
            ngrams=self.ngrams.astype(np.float16),
            bias=self.bias,
            temperature=np.float32(self.temperature),
            threshold=np.float32(self.threshold),
            classes=np.array(self.classes),
            model=np.array(self.encoder.model),
            dimension=np.array(self.encoder.dimension),
            version=np.array(self.version),
        )
        return path

    def read(self, text: str, encoding: npt.NDArray[np.float32]) -> ActReading:
        """Return the act of a text, `encoding` being its row of domain.ports.Encodings; pure, under a millisecond."""
        text = read_part(text)
        buckets, values = act_ngrams(text)
        logits = (
            encoding @ self.encoding
            + shape_features(text) @ self.shape
            + values @ self.ngrams[buckets]
            + self.bias
        )
        return self.decide(logits)

    def decide(self, logits: Floats) -> ActReading:
        """Return the reading of one row of logits."""
        scaled = logits / self.temperature
        shares = np.exp(scaled - scaled.max())
        shares /= shares.sum()
        by_act: dict[DialogueAct, float] = {}
        about: dict[AboutUs, float] = {}
        for name, share in zip(self.classes, shares, strict=True):
            act, asked = split_class(name)
            by_act[act] = by_act.get(act, 0.0) + float(share)
            if asked is not None:
                about[asked] = float(share)
        best = max(by_act, key=by_act.__getitem__)
        return ActReading(
            best,
            by_act[best],
            max(about, key=about.__getitem__) if best is DialogueAct.ABOUT_US else None,
            is_sure=best in SEARCHING or by_act[best] >= self.threshold,
        )

    def read_many(self, texts: Sequence[str], encodings: Floats) -> list[ActReading]:
        """`read` for each text with its row."""
        return [self.read(text, row) for text, row in zip(texts, encodings, strict=True)]


def split_class(name: str) -> tuple[DialogueAct, AboutUs | None]:
    """Return the act that a class belongs to, and what it asks about us."""
    if name.startswith(_OF_ABOUT_US):
        return DialogueAct.ABOUT_US, AboutUs(name.removeprefix(_OF_ABOUT_US))
    return DialogueAct(name), None
