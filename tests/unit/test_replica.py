"""Who accepts goes before who works off."""

from __future__ import annotations

import os
import subprocess
import sys

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
