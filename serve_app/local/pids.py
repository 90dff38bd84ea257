"""Identifies processes by pid and start time, so that only processes we started are stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import psutil

START_TIME_TOLERANCE_S = 2.0
_MARK = "SERVER_OF_RUN_DIR"


class PidFile:
    """A file with a process's pid and start time, which a reused pid does not match."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, pid: int) -> None:
        """Record the process.

        Raises:
            psutil.NoSuchProcess: It has already ended.
        """
        entry = {"pid": pid, "started": psutil.Process(pid).create_time()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(entry))
        temporary.replace(self.path)

    def find(self) -> psutil.Process | None:
        """Return the process if it still lives, else None."""
        try:
            entry = json.loads(self.path.read_text())
            process = psutil.Process(entry["pid"])
            same = abs(process.create_time() - entry["started"]) < START_TIME_TOLERANCE_S
            alive = same and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    def remove(self) -> None:
        """Delete the file. Idempotent."""
        self.path.unlink(missing_ok=True)


def mark_of(run_dir: Path) -> dict[str, str]:
    """Return the variable that servers get whose pid files are in `run_dir`; their children inherit it."""
    return {_MARK: str(run_dir.resolve())}


def find_strays(run_dir: Path) -> list[psutil.Process]:
    """Return processes of servers of `run_dir`, also of one whose starter was killed before it wrote the pid file.

    Neither this process nor one that it descends from is among them.
    """
    mark = mark_of(run_dir)[_MARK]
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid not in own and process.environ().get(_MARK) == mark:
                found.append(process)
    return found


def stop_tree(
    process: psutil.Process, grace: timedelta, stop_signal: signal.Signals = signal.SIGTERM
) -> None:
    """Send the signal to the process and, after `grace`, SIGKILL to it and its children if they still live."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    psutil.wait_procs([process], timeout=grace.total_seconds())
    end_all(family)


def end_all(processes: Iterable[psutil.Process]) -> None:
    """Send SIGKILL and wait until the processes have ended."""
    left = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            left.append(process)
    psutil.wait_procs(left, timeout=5)
