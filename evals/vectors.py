"""Caches encodings in a file, so that a second evaluation takes seconds instead of minutes."""

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
"""Written as soon as they are encoded, so that an interrupted run can resume."""


class Model(Protocol):
    model_id: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Encodings: ...


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:KEY_BYTES]


class RememberingEmbedder:
    """Encodes each text once; the file is only appended to.

    The file's name holds the model, torch's version and a hash of the modules beside it, so that a change of any
    begins a new file.
    """

    def __init__(self, model: Model, folder: Path = KEPT) -> None:
        self._model = model
        self.model_id = model.model_id
        self.dimension = model.dimension
        modules = sorted(Path(inspect.getfile(type(model))).parent.glob("*.py"))
        code = hashlib.sha256(b"".join(file.read_bytes() for file in modules)).hexdigest()[:8]
        precision = getattr(model, "precision", "")
        name = f"{model.model_id.replace('/', '_')}-{version('torch')}-{precision}-{code}"
        self._path = folder / f"{name}.readings"
        self._record = np.dtype(
            [("key", f"V{KEY_BYTES}"), ("reading", "<f4", (2 * self.dimension,))]
        )
        self._known: dict[bytes, np.ndarray] = self._read()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return unit-length float32 vectors [n, dimension], in the order of `texts`."""
        return self.encode(texts)[:, : self.dimension]

    def encode(self, texts: Sequence[str]) -> Encodings:
        """Return the vectors, each followed by the mid-layer pooling, [n, 2 * dimension]."""
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
        """Read the file; delete it if its last record is incomplete."""
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
