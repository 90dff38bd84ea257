"""Types a scoring task: rows and options in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Options:
    """`weights` replaces the shipped ones; `corpus` is what retrieval searches."""

    weights: Path | None = None
    corpus: Path | None = None


class Task(Protocol):
    def __call__(self, rows: Sequence[Row], options: Options, /) -> Iterable[Row]: ...
