"""Fits the dialogue acts on carried examples in several languages, and calibrates them out of folds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.optimize
import scipy.sparse as sparse
from scipy.special import logsumexp

from agent.acts.features import BUCKETS, act_ngrams, read_part, shape_features
from agent.acts.model import ActModel, split_class
from domain.acts import SEARCHING, DialogueAct
from domain.encoders import Encoder
from evals.datasets import HANDWRITTEN, read_rows
from evals.fitting.softmax import fit_softmax
from evals.vectors import RememberingEmbedder

EXAMPLES = HANDWRITTEN / "acts"
FOLDS = 5
INVERSE_REGULARISATION = 3.0
VECTOR_SCALE = 3.0
POOLED_SCALE = 1.5
"""Of the middle layer, which keeps how a thing is said."""
SHAPE_SCALE = 1.5
NGRAM_SCALE = 5.0
QUESTIONS_TAKEN_FOR_ELSE = 0.03
"""Share of questions that the threshold lets an act end which looks nothing up."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its class: an act, or `about_us.` and what is asked."""

    text: str
    name: str
    language: str


def read_examples(folder: Path = EXAMPLES) -> Iterator[Example]:
    """Read the files of all languages, and plain questions written for other models.

    Raises ValueError, which names the file and line, for an unknown section.
    """
    for file in sorted(folder.glob("*.txt")):
        name = ""
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if not line or line.startswith("# "):
                continue
            if line.startswith("[") and line.endswith("]"):
                name = line[1:-1]
                try:
                    split_class(name)
                except ValueError as error:
                    raise ValueError(f"{file.name}, line {number}: {error}") from None
                continue
            yield Example(line, name, file.stem)
    question = DialogueAct.QUESTION.value
    for row in read_rows(HANDWRITTEN / "product_questions.jsonl"):
        yield Example(str(row["text"]), question, "en")
    for row in read_rows(HANDWRITTEN / "sentiment_languages.jsonl"):
        if row["half"] == "fit" and row["kind"] in ("question", "report"):
            yield Example(str(row["text"]), question, str(row["language"]))


def fit_acts(
    examples: Sequence[Example], embedder: RememberingEmbedder, encoder: Encoder, version: str
) -> ActModel:
    """Fit the weights, then the temperature and the threshold on what the folds did not see."""
    texts = [example.text for example in examples]
    classes = tuple(sorted({example.name for example in examples}))
    targets = np.array([classes.index(example.name) for example in examples])
    inputs = _Inputs.of(texts, embedder, encoder)
    held = np.zeros((len(texts), len(classes)), dtype=np.float32)
    folds = np.array([crc32(text.encode()) % FOLDS for text in texts])
    for fold in range(FOLDS):
        seen = folds != fold
        fitted = inputs.rows(seen).fit(targets[seen], len(classes))
        held[~seen] = inputs.rows(~seen).logits(fitted)
    temperature = _temperature(held, targets)
    encoding, shape, ngrams, bias = inputs.unscaled(inputs.fit(targets, len(classes)))
    model = ActModel(encoding, shape, ngrams, bias, temperature, 0.0, classes, encoder, version)
    threshold = _threshold(model, held, [split_class(example.name)[0] for example in examples])
    return ActModel(
        encoding, shape, ngrams, bias, temperature, threshold, classes, encoder, version
    )


Fitted = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The design matrix: scaled encodings and shape, and n-grams. `middle` is taken from the pooled half."""

    dense: Floats
    grams: sparse.csr_matrix
    middle: Floats
    spread: float

    @classmethod
    def of(cls, texts: Sequence[str], embedder: RememberingEmbedder, encoder: Encoder) -> _Inputs:
        encodings = embedder.encode(texts)
        width = encoder.dimension
        middle = encodings[:, width:].mean(0)
        pooled = encodings[:, width:] - middle
        spread = float(np.sqrt((pooled**2).sum(1).mean()))
        shape = np.stack([shape_features(read_part(text)) for text in texts])
        dense = np.hstack(
            [
                encodings[:, :width] * VECTOR_SCALE,
                pooled * (POOLED_SCALE / spread),
                shape * SHAPE_SCALE,
            ]
        )
        found = [act_ngrams(read_part(text)) for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in found])])
        grams = sparse.csr_matrix(
            (
                np.concatenate([values for _, values in found]) * np.float32(NGRAM_SCALE),
                np.concatenate([buckets for buckets, _ in found]),
                starts,
            ),
            shape=(len(texts), BUCKETS),
        )
        return cls(dense.astype(np.float32), grams, middle, spread)

    def rows(self, chosen: npt.NDArray[np.bool_]) -> _Inputs:
        return _Inputs(self.dense[chosen], self.grams[chosen], self.middle, self.spread)

    def fit(self, targets: npt.NDArray[np.int64], classes: int) -> Fitted:
        counts = np.bincount(targets, minlength=classes)
        # Between each example counting alike and each class counting alike.
        weights = np.sqrt(len(targets) / classes / np.maximum(counts, 1))[targets]
        return fit_softmax(
            self.dense,
            self.grams,
            targets,
            classes,
            weights.astype(np.float32),
            INVERSE_REGULARISATION,
        )

    def logits(self, fitted: Fitted) -> Floats:
        dense, grams, bias = fitted
        return np.asarray(self.dense @ dense + self.grams @ grams + bias, dtype=np.float32)

    def unscaled(self, fitted: Fitted) -> tuple[Floats, Floats, Floats, Floats]:
        """Move what was done to the inputs into the weights: of the encoding, the shape, the n-grams; and the bias."""
        dense, grams, bias = fitted
        width = len(self.middle)
        vector = dense[:width] * VECTOR_SCALE
        pooled = dense[width : 2 * width] * (POOLED_SCALE / self.spread)
        return (
            np.concatenate([vector, pooled]),
            dense[2 * width :] * SHAPE_SCALE,
            grams * NGRAM_SCALE,
            bias - self.middle @ pooled,
        )


def _temperature(logits: Floats, targets: npt.NDArray[np.int64]) -> float:
    """Return the temperature at which the held-out rows are the most likely."""
    own = np.arange(len(targets))

    def surprise(temperature: float) -> float:
        scaled = logits / temperature
        return float((logsumexp(scaled, axis=1) - scaled[own, targets]).mean())

    found = scipy.optimize.minimize_scalar(surprise, bounds=(0.2, 5.0), method="bounded")
    return float(found.x)


def _threshold(model: ActModel, logits: Floats, acts: Sequence[DialogueAct]) -> float:
    """Return the least probability at which hardly any message that needs a search is ended without one."""
    wrong = sorted(
        (
            reading.probability
            for act, row in zip(acts, logits, strict=True)
            if act in SEARCHING and (reading := model.decide(row)).act not in SEARCHING
        ),
        reverse=True,
    )
    allowed = int(QUESTIONS_TAKEN_FOR_ELSE * sum(act in SEARCHING for act in acts))
    return round(wrong[allowed] + 0.005, 3) if len(wrong) > allowed else 0.0
