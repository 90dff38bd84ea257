"""Keeps the logs of earlier runs for whoever looks into a crash, within bounds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from serve_app.local.keys import make_private_folder

MOST_BYTES = 16 * 1024 * 1024
"""Of a server's log; a longer one is put aside at the next start."""
_RAY_BYTES = 64 * 1024 * 1024
_RAY_FILE_BYTES = 4 * 1024 * 1024
"""The end of a file: a crash is told of there."""
_RAY_RUNS = 2


def put_aside_long(log: Path, most_bytes: int = MOST_BYTES) -> None:
    """Rename a log that has grown long to `….1`, which replaces the former one. Idempotent."""
    try:
        is_long = log.stat().st_size > most_bytes
    except FileNotFoundError:
        return
    if is_long:
        log.replace(log.with_name(f"{log.name}.1"))


def keep_ray_logs(temp_dir: Path, log_dir: Path) -> None:
    """Copy the logs of Ray's last session to `ray.1` in `log_dir`; `ray.2` holds those of the run before.

    Ray's folder is emptied at every start. Of each file the end is kept, the newest files first, until there are
    enough bytes. Links, and a folder of another account, are left alone.
    """
    sessions = [
        folder
        for folder in temp_dir.glob("session_*")
        if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
    ]
    if not sessions:
        return
    logs = max(sessions, key=lambda folder: folder.stat().st_mtime) / "logs"
    files = [path for path in logs.rglob("*") if path.is_file() and not path.is_symlink()]
    if not files:
        return
    for number in range(_RAY_RUNS, 0, -1):
        kept = log_dir / f"ray.{number}"
        if number == _RAY_RUNS:
            shutil.rmtree(kept, ignore_errors=True)
        elif kept.exists():
            kept.rename(log_dir / f"ray.{number + 1}")
    left = _RAY_BYTES
    for path in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        target = log_dir / "ray.1" / path.relative_to(logs)
        make_private_folder(target.parent)
        left -= _copy_end(path, target, min(left, _RAY_FILE_BYTES))
        if left <= 0:
            break


def _copy_end(path: Path, target: Path, most_bytes: int) -> int:
    """Copy at most the last `most_bytes` of a file; return how many."""
    with path.open("rb") as log, target.open("wb") as kept:
        log.seek(max(0, path.stat().st_size - most_bytes))
        return kept.write(log.read(most_bytes))
