"""What a scoring task is: rows and options in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from embeddings.int8 import Int8Embedder
from evals.vectors import RememberingEmbedder

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Options:
    """`weights` replaces the shipped ones; `corpus` is what retrieval searches."""

    weights: Path | None = None
    corpus: Path | None = None


class Task(Protocol):
    def __call__(self, rows: Sequence[Row], options: Options, /) -> Iterable[Row]: ...


@lru_cache(maxsize=1)
def embedder() -> RememberingEmbedder:
    """The embedding deployment's model, loaded once a process; it remembers what it embedded."""
    return RememberingEmbedder(Int8Embedder())
