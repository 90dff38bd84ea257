"""What was freed goes back to the system although small things lie between that are still in use."""

from __future__ import annotations

import sys

import psutil
import pytest

from deployments.freed_memory import give_back

BLOCK = 64 * 1024
"""Below what malloc asks the system for, and gives back, on its own."""
BLOCKS = 2000


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is known to keep it")
def test_freed_blocks_between_used_ones_go_back_to_the_system() -> None:
    process = psutil.Process()
    blocks = [bytearray(BLOCK) for _ in range(BLOCKS)]
    used = [block for number, block in enumerate(blocks) if number % 8 == 0]
    blocks.clear()
    held = process.memory_info().rss
    give_back()
    given_back = held - process.memory_info().rss
    assert given_back > BLOCK * BLOCKS * 3 / 4
    assert sum(len(block) for block in used) == BLOCK * BLOCKS / 8
