"""Linux's way to say that a thread may be interrupted at once, which Python has no call for."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

TURN_NS = 100_000
"""The shortest that Linux takes; its own turns are more than ten times as long."""
_SCHED_OTHER = 0
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""size, policy, flags, nice, priority, runtime, deadline, period: sched_setattr(2)."""


def take_short_turns(thread_id: int, niceness: int) -> None:
    """Gives a thread of our own this niceness, and turns of a tenth of a millisecond.

    Niceness says who gets how much in the long run, a turn's length how long a process that wakes has to
    wait for whoever runs. Linux heeds it from 6.12 on (EEVDF's custom slices) and ignores it before.
    Raises OSError where the system knows no such call.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None:
        raise OSError("sched_setattr has no known number on this machine")
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, _SCHED_OTHER, 0, niceness, 0, TURN_NS, 0, 0)
    if ctypes.CDLL(None, use_errno=True).syscall(number, thread_id, attributes, 0):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
