"""Reads labelled sets from the folder EVAL_DATA, by default from evals/data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Row = Mapping[str, object]

CARRIED_DATA = Path(__file__).parent / "data"
HANDWRITTEN = CARRIED_DATA / "handwritten"


def data_root() -> Path:
    """Return EVAL_DATA if it is set, else the sets in the repository."""
    return Path(os.environ.get("EVAL_DATA") or CARRIED_DATA)


def read_rows(path: Path) -> list[dict[str, object]]:
    """Read every JSON line of a file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def strings(value: object) -> list[str]:
    """Return the texts of a JSON list without its nulls; none for a null. Raises TypeError for others."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"a list of texts is wanted, not {type(value).__name__}")
    return [str(text) for text in value if text is not None]


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Sets as folders under a root; a missing set gives None, so that a caller can skip it."""

    root: Path

    def rows(self, relative: str) -> list[dict[str, object]] | None:
        path = self.root / relative
        return read_rows(path) if path.is_file() else None

    def present(self, relatives: Sequence[str]) -> Iterator[str]:
        for relative in relatives:
            if (self.root / relative).is_file():
                yield relative
