"""Who accepts goes before who works off."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_STEPS_BACK = """
import os, threading
from deployments.replica import step_back

resting = threading.Event()
threading.Thread(target=resting.wait, daemon=True).start()
step_back()
step_back()
threading.Thread(target=resting.wait, daemon=True).start()
threads = [int(name) for name in os.listdir("/proc/self/task")]
print(len(threads), {os.getpriority(os.PRIO_PROCESS, one) for one in threads})
"""


def test_a_stage_that_steps_back_does_so_with_every_thread_it_has_and_gets() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", _STEPS_BACK], capture_output=True, text=True, check=True
    ).stdout.split(maxsplit=1)
    assert int(seen[0]) >= 3
    assert seen[1].strip() == f"{ {max(10, os.getpriority(os.PRIO_PROCESS, 0))} }"


_TURNS = """
import ctypes, os, struct, threading
from deployments.replica import step_back

threading.Thread(target=threading.Event().wait, daemon=True).start()
step_back()
for name in os.listdir("/proc/self/task"):
    attributes = ctypes.create_string_buffer(48)
    assert ctypes.CDLL(None).syscall(NUMBER, int(name), attributes, 48, 0) == 0
    print(struct.unpack("=IIQiIQQQ", attributes.raw)[5])
"""
_SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}.get(platform.machine())


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


@pytest.mark.skipif(
    sys.platform != "linux" or _SCHED_GETATTR is None or _kernel() < (6, 12),
    reason="turns of one's own length need Linux 6.12",
)
def test_a_stage_that_steps_back_is_interrupted_at_once() -> None:
    code = _TURNS.replace("NUMBER", str(_SCHED_GETATTR))
    turns = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(turns) >= 2
    assert set(turns) == {"100000"}


def test_a_stage_looks_for_garbage_after_tens_of_thousands_of_new_objects() -> None:
    code = "import gc; from deployments.replica import settle_in; settle_in(); print(*gc.get_threshold())"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(seen.stdout.split()[0]) >= 10_000
