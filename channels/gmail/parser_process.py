"""Parses the mails that arrive on standard input: run by `parsing.MailParser`, in a process that may be killed."""

from __future__ import annotations

import pickle
import resource
import signal
import struct
import sys
from typing import IO

from channels.gmail.parse import parse_message
from domain.errors import Malformed

_LENGTH = struct.Struct(">Q")
"""In front of every message in both directions."""
_MAX_MEMORY_BYTES = 3 * 1024**3
"""A mail of the largest size takes a tenth; libraries reserve more than they use."""


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer (resource, own addresses, max bytes, CPU seconds) with a message, None or an error, until the end.

    Linux ends the process at once where one mail takes more CPU time: a signal handler of Python's would
    wait for the call that takes so long.
    """
    write(answers, pickle.dumps("ready"))
    while True:
        try:
            request = pickle.loads(read(requests))  # noqa: S301 (our own parent)
        except EOFError:
            return
        mail, own_addresses, max_bytes, cpu_seconds = request
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer: object
        try:
            answer = parse_message(mail, own_addresses, max_bytes)
        except Malformed as error:
            answer = error
        except Exception as error:  # noqa: BLE001 (whatever it is, less of this mail is read next)
            answer = type(error).__name__
        signal.setitimer(signal.ITIMER_PROF, 0)
        write(answers, pickle.dumps(answer))


def write(stream: IO[bytes], data: bytes) -> None:
    """Write `data` behind its length, so that `read` knows where it ends."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read(stream: IO[bytes]) -> bytes:
    """Raises EOFError at the end of the stream."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints is no answer
    serve(sys.stdin.buffer, stream)
