"""Answers requests from standard input in a process that may be killed: `python -m sandbox.child module:function`."""

from __future__ import annotations

import importlib
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from typing import IO

from domain.errors import Malformed
from sandbox.frames import read, write

_MAX_MEMORY_BYTES = 3 * 1024**3
"""A file of the largest size takes a tenth; libraries reserve more than they use."""


def serve(function: Callable[[object], object], requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer (request, CPU seconds) with the function's result, Malformed, or an error's name, until the end.

    Linux ends the process as soon as a request takes more CPU time: a signal handler of Python's would wait for
    the call that takes so long.
    """
    write(answers, pickle.dumps("ready"))
    while True:
        try:
            request, cpu_seconds = pickle.loads(read(requests))  # noqa: S301 (our own parent)
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer: tuple[object, Malformed | str | None]
        try:
            answer = function(request), None
        except Malformed as error:
            answer = None, error
        except Exception as error:  # noqa: BLE001 (the parent decides what is tried next)
            answer = None, type(error).__name__
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(answers, pickle.dumps(answer))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = sys.stdout.buffer
    sys.stdout = sys.stderr  # What a library prints must not mix with the answers.
    module, _, name = sys.argv[1].partition(":")
    serve(getattr(importlib.import_module(module), name), sys.stdin.buffer, stream)
