"""Runs `python -m tests.chaos.nursery`: forks the stages' processes and forks them again when they die.

It has imported everything before, so that a killed stage is back within a second, as a replica is
whose image is warm. It reads SETTINGS_FILE and ends with its children at SIGTERM.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import agent.agent  # noqa: F401 - for the children, who need it at once
from deployments.settings import Settings, read_settings
from serve_app.local.pids import PidFile
from tests.chaos.stages import STAGES, models, run_stage

RESTART_AFTER_S = 0.3
_PR_SET_PDEATHSIG = 1


def main() -> None:
    settings = read_settings(Path(os.environ["SETTINGS_FILE"]))
    models()
    nursery = _Nursery(settings)
    signal.signal(signal.SIGTERM, nursery.end)
    nursery.run()


class _Nursery:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: dict[int, str] = {}
        self._is_ending = False

    def run(self) -> None:
        for name in STAGES:
            self._fork(name)
        while not self._is_ending:
            try:
                pid, _ = os.waitpid(-1, 0)
            except (ChildProcessError, InterruptedError):
                continue
            name = self._children.pop(pid, None)
            if name is not None and not self._is_ending:
                time.sleep(RESTART_AFTER_S)
                self._fork(name)

    def end(self, _number: int, _frame: object) -> None:
        self._is_ending = True
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        sys.exit(0)

    def _fork(self, name: str) -> None:
        pid = os.fork()
        if pid:
            self._children[pid] = name
            PidFile(self._settings.data_dir / "run" / f"stage-{name}.pid").write(pid)
            return
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            log = self._settings.data_dir / "logs" / f"stage-{name}.log"
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(handle, 1)
            os.dup2(handle, 2)
            run_stage(name, self._settings)
            status = 0
        finally:
            # Not sys.exit: the parent's handlers and threads are none of the child's business.
            sys.stderr.flush()
            os._exit(status)


if __name__ == "__main__":
    main()
