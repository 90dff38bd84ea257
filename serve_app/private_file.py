"""Writes files that hold secrets: whole or not at all, readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path


def open_private(path: str, flags: int) -> int:
    """Open a file that only its owner reads; the `opener` of `open`."""
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)
    return handle


def write_private(path: Path, text: str) -> None:
    """Write beside `path` and rename, so that no reader and no full disk ever sees half a file.

    Raises:
        OSError: Nothing was changed, but for a file `path` with the ending `.new`.
    """
    unfinished = path.with_name(path.name + ".new")
    with open(unfinished, "w", encoding="utf-8", opener=open_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Else a power cut could undo the rename of a file that others already rely on.
        os.fsync(folder)
    finally:
        os.close(folder)
