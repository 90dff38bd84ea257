"""Pid files that name a process beyond doubt, so that only what we started is ever stopped."""

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


class PidFile:
    """A process id together with its start time: a pid that was given to another is not ours."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, pid: int) -> None:
        """Raises psutil.NoSuchProcess if it ended already."""
        entry = {"pid": pid, "started": psutil.Process(pid).create_time()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(entry))
        temporary.replace(self.path)

    def find(self) -> psutil.Process | None:
        """The process if it still lives, None otherwise."""
        try:
            entry = json.loads(self.path.read_text())
            process = psutil.Process(entry["pid"])
            same = abs(process.create_time() - entry["started"]) < START_TIME_TOLERANCE_S
            alive = same and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def stop_tree(
    process: psutil.Process, grace: timedelta, stop_signal: signal.Signals = signal.SIGTERM
) -> None:
    """The signal to the process, and after `grace` SIGKILL to what is left of it and its children."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    psutil.wait_procs([process], timeout=grace.total_seconds())
    end_all(family)


def end_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL, and wait until they are gone."""
    left = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            left.append(process)
    psutil.wait_procs(left, timeout=5)
