"""Memory that Python and torch gave up goes back to the system, which malloc alone leaves it to."""

from __future__ import annotations

import ctypes
import threading
import time

PAUSE_S = 30.0


def give_back() -> None:
    """Milliseconds, other threads go on. Nothing happens where the C library knows no such call.

    malloc gives back only what lies at the end of its heaps. torch asks for aligned blocks, of another
    size for each batch, and glibc up to 2.37 hardly ever puts one into the hole that an earlier one left
    (its bug 14581): an embedding replica holds on to 100 MB after a few thousand messages, a tenth of it in use.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_giving_back() -> None:
    """Every half minute from now on, for as long as the process lasts."""
    threading.Thread(target=_repeat, name="freed memory", daemon=True).start()


def _repeat() -> None:
    while True:
        time.sleep(PAUSE_S)
        give_back()
