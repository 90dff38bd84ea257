"""Asks a child process that is started with the first request, and anew after one that it did not survive."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import timedelta
from threading import Timer

from domain.errors import Malformed, ProviderUnavailable
from sandbox.frames import read, write

_WITHIN = timedelta(seconds=60)
"""By the clock, on a machine however busy, for a start or an answer; a request's own limit is CPU time."""


class GaveUp(Exception):
    """A request was not answered; its text names what ended it."""


class ChildProcess:
    """One child that runs `function` ("module:name") on each request. Not thread-safe."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: object, cpu_time: timedelta) -> object:
        """Return the function's answer. Blocks.

        Raises:
            Malformed: The function raised it.
            GaveUp: The function raised something else, took too long or ended the process.
            ProviderUnavailable: The process does not start.
        """
        process = self._process or self._start()
        try:
            answer, error = _exchange(process, (request, cpu_time.total_seconds()))
        except (EOFError, OSError) as ended:
            self.end()
            raise GaveUp(type(ended).__name__) from ended
        if isinstance(error, Malformed):
            raise error
        if error is not None:
            raise GaveUp(str(error))
        return answer

    def end(self) -> None:
        """End the process; the next request starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the child without any of our variables: it reads what strangers wrote."""
        path = os.pathsep.join(entry or os.curdir for entry in sys.path)
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "sandbox.child", self._function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": path},
        )
        try:
            _exchange(self._process, None)
        except (EOFError, OSError) as error:
            self.end()
            raise ProviderUnavailable("the process that reads files does not start") from error
        return self._process


def _exchange(process: subprocess.Popen[bytes], request: object) -> tuple[object, object]:
    """Raises EOFError or OSError if the process ends, or is ended because it takes too long."""
    if process.stdin is None or process.stdout is None:
        raise EOFError
    deadline = Timer(_WITHIN.total_seconds(), process.kill)
    deadline.start()
    try:
        if request is not None:
            write(process.stdin, pickle.dumps(request))
        answer = pickle.loads(read(process.stdout))  # noqa: S301 (our own child)
    finally:
        deadline.cancel()
    return answer if isinstance(answer, tuple) else (answer, None)
