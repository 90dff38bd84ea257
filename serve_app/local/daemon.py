"""Starts, finds again by its pid file, restarts and stops a server process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil

from domain.errors import ConfigurationError
from serve_app.local.keys import make_private_folder
from serve_app.local.old_logs import put_aside_long
from serve_app.local.pids import PidFile, mark_of, stop_tree
from serve_app.private_file import open_private

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server; `user` is the system account it runs under, None for ours."""

    command: Sequence[str]
    env: Mapping[str, str] | None = None
    user: str | None = None


@dataclass(slots=True)
class Daemon:
    """A server in a session of its own, so that Ctrl-C reaches only the foreground process."""

    name: str
    launch: Callable[[], Launch]
    """Called before every start: prepares the data directory and returns the command line."""
    is_ready: Callable[[], bool]
    log_path: Path
    pid_file: PidFile
    stop_signal: signal.Signals = signal.SIGTERM
    grace: timedelta = timedelta(seconds=10)
    start_timeout: timedelta = timedelta(seconds=60)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def is_running(self) -> bool:
        """Whether the process lives, also one started by an earlier run."""
        if self._child is not None:
            return self._child.poll() is None
        return self.pid_file.find() is not None

    def start(self) -> None:
        """Start the server, also again after it ended, and wait until it is ready.

        Raises:
            ConfigurationError: It ended or was not ready in time; the error holds the end of its log.
        """
        if self._child is not None:
            self._child.wait()
        launch = self.launch()
        mark = mark_of(self.pid_file.path.parent)
        make_private_folder(self.log_path.parent)
        put_aside_long(self.log_path)
        with open(self.log_path, "ab", opener=open_private) as output:
            self._child = subprocess.Popen(  # noqa: S603
                launch.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**(os.environ if launch.env is None else launch.env), **mark},
                user=launch.user,
                group=launch.user,
                extra_groups=[] if launch.user else None,
                cwd="/",
                start_new_session=True,
            )
        try:
            self.pid_file.write(self._child.pid)
        except psutil.NoSuchProcess:
            log.debug("%s ended immediately", self.name)
        self._wait_ready(self._child)

    def _wait_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.start_timeout.total_seconds()
        while not self.is_ready():
            if child.poll() is not None:
                raise ConfigurationError(
                    f"{self.name} ended with {child.returncode} while starting:\n{self.last_lines()}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise ConfigurationError(
                    f"{self.name} was not ready after {self.start_timeout.seconds} s:\n"
                    f"{self.last_lines()}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server, also one left by an earlier run: the stop signal, then SIGKILL after `grace`."""
        process = self.pid_file.find()
        if process is not None:
            stop_tree(process, self.grace, self.stop_signal)
        if self._child is not None:
            self._child.wait()
            self._child = None
        self.pid_file.remove()

    def last_lines(self, count: int = 15) -> str:
        """Return the end of the log, indented."""
        if not self.log_path.exists():
            return ""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-count:])
