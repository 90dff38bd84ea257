"""Fits the model that senses danger on carried examples in seven languages, beside ordinary messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from agent.guardrails.danger_model import BUCKETS, ORDINARY, DangerModel, danger_ngrams
from domain.danger import DangerKind
from domain.encoders import Encoder
from evals.datasets import HANDWRITTEN
from evals.fitting.acts import Example
from evals.fitting.acts import read_examples as read_acts
from evals.fitting.softmax import fit_softmax
from evals.vectors import RememberingEmbedder

EXAMPLES = HANDWRITTEN / "danger"
FOLDS = 5
INVERSE_REGULARISATION = 3.0
VECTOR_SCALE = 5.0
POOLED_SCALE = 3.0
"""Of the middle layer, which keeps how a thing is said."""
NGRAM_SCALE = 5.0
ORDINARY_TAKEN_FOR_DANGER = 0.002
"""Share of everyday messages that the threshold lets pass for danger; those that only sound like it are not counted."""

CLASSES = (ORDINARY, *(kind.value for kind in DangerKind))
Floats = npt.NDArray[np.float32]


def read_examples(folder: Path = EXAMPLES) -> Iterator[Example]:
    """Read the files of all languages. Raises ValueError, which names the file and line, for an unknown section."""
    for file in sorted(folder.glob("*.txt")):
        name = ""
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("["):
                name = line.strip("[]")
                if name not in CLASSES:
                    raise ValueError(f"{file.name}, line {number}: no section is called {name!r}")
            elif line:
                yield Example(line, name, file.stem)


def fit_danger(embedder: RememberingEmbedder, encoder: Encoder) -> DangerModel:
    """Fit the weights, and the threshold on what the folds did not see."""
    own = {example.text: example.name for example in read_examples()}
    everyday = {example.text for example in read_acts()} - own.keys()
    texts = [*own, *sorted(everyday)]
    targets = np.array([CLASSES.index(own.get(text, ORDINARY)) for text in texts])
    width = encoder.dimension
    encodings = embedder.encode(texts)
    middle = encodings[:, width:].mean(0)
    spread = float(np.sqrt(((encodings[:, width:] - middle) ** 2).sum(1).mean()))
    dense = np.hstack(
        [
            encodings[:, :width] * VECTOR_SCALE,
            (encodings[:, width:] - middle) * (POOLED_SCALE / spread),
        ]
    ).astype(np.float32)
    grams = _ngrams(texts)
    held = np.zeros((len(texts), len(CLASSES)), dtype=np.float32)
    folds = np.array([crc32(text.encode()) % FOLDS for text in texts])
    for fold in range(FOLDS):
        seen, unseen = folds != fold, folds == fold
        weights = _fit(dense[seen], grams[seen], targets[seen])
        held[unseen] = dense[unseen] @ weights[0] + grams[unseen] @ weights[1] + weights[2]
    vectors, ngrams, bias = _fit(dense, grams, targets)
    pooled = vectors[width:] * (POOLED_SCALE / spread)
    return DangerModel(
        np.concatenate([vectors[:width] * VECTOR_SCALE, pooled]),
        ngrams * NGRAM_SCALE,
        bias - middle @ pooled,
        _threshold(held[[text in everyday for text in texts]]),
        CLASSES,
        encoder,
    )


def _ngrams(texts: Sequence[str]) -> sparse.csr_matrix:
    found = [danger_ngrams(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in found])])
    return sparse.csr_matrix(
        (
            np.concatenate([values for _, values in found]) * np.float32(NGRAM_SCALE),
            np.concatenate([buckets for buckets, _ in found]),
            starts,
        ),
        shape=(len(texts), BUCKETS),
    )


def _fit(
    dense: Floats, grams: sparse.csr_matrix, targets: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    counts = np.bincount(targets, minlength=len(CLASSES))
    # Between each example counting alike and each class counting alike.
    weights = np.sqrt(len(targets) / len(CLASSES) / counts)[targets]
    return fit_softmax(
        dense,
        grams,
        targets,
        len(CLASSES),
        weights.astype(np.float32),
        INVERSE_REGULARISATION,
    )


def _threshold(logits: Floats) -> float:
    """Return the probability of danger that hardly any everyday message reaches."""
    shares = np.exp(logits - logits.max(1, keepdims=True))
    danger = np.sort(1.0 - shares[:, CLASSES.index(ORDINARY)] / shares.sum(1))[::-1]
    return round(float(danger[int(ORDINARY_TAKEN_FOR_DANGER * len(danger))]) + 0.005, 3)
