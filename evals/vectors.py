"""Encodings of texts that were read before, kept in a file: a second evaluation takes seconds, not minutes."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np

from embeddings.model import Encodings, Vectors

KEPT = Path(__file__).parent.parent / ".local" / "evals"
KEY_BYTES = 16
TEXTS_A_BLOCK = 512
"""Kept as soon as they are read, so that a run that is cut off goes on where it was."""


class Model(Protocol):
    model_id: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Encodings: ...


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:KEY_BYTES]


class RememberingEmbedder:
    """A model's own readings, each text read once; what is in the file is never changed, only added to.

    The file's name holds the model and what computes it, the text of its module among that: another one starts afresh.
    """

    def __init__(self, model: Model, folder: Path = KEPT) -> None:
        self._model = model
        self.model_id = model.model_id
        self.dimension = model.dimension
        code = hashlib.sha256(Path(inspect.getfile(type(model))).read_bytes()).hexdigest()[:8]
        name = f"{model.model_id.replace('/', '_')}-{version('torch')}-{code}"
        self._path = folder / f"{name}.readings"
        self._record = np.dtype(
            [("key", f"V{KEY_BYTES}"), ("reading", "<f4", (2 * self.dimension,))]
        )
        self._known: dict[bytes, np.ndarray] = self._read()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit-length float32 vectors [n, dimension], in the order of `texts`."""
        return self.encode(texts)[:, : self.dimension]

    def encode(self, texts: Sequence[str]) -> Encodings:
        """The vectors, and behind each the text's tone, [n, 2 * dimension]."""
        if not texts:
            return np.zeros((0, 2 * self.dimension), dtype=np.float32)
        keys = [_key(text) for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        new = list(fresh)
        for start in range(0, len(new), TEXTS_A_BLOCK):
            block = new[start : start + TEXTS_A_BLOCK]
            self._add(block, self._model.encode([fresh[key] for key in block]))
        return np.stack([self._known[key] for key in keys])

    def _add(self, keys: Sequence[bytes], encodings: Encodings) -> None:
        records = np.zeros(len(keys), dtype=self._record)
        records["key"] = np.frombuffer(b"".join(keys), dtype=f"V{KEY_BYTES}")
        records["reading"] = encodings
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(records.tobytes())
        self._known.update(zip(keys, encodings, strict=True))

    def _read(self) -> dict[bytes, np.ndarray]:
        """An end that was cut off in the middle of a record takes the whole file out of use."""
        if not self._path.is_file():
            return {}
        if self._path.stat().st_size % self._record.itemsize:
            self._path.unlink()
            return {}
        records = np.fromfile(self._path, dtype=self._record)
        return {
            key.tobytes(): reading
            for key, reading in zip(records["key"], records["reading"], strict=True)
        }
