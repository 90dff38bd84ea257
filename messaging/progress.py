"""Tracks the finished offsets of a partition, so that a commit never skips an unfinished record."""

from __future__ import annotations

import asyncio


class PartitionProgress:
    """The progress of one partition until `give_up`; records may finish in any order."""

    def __init__(self) -> None:
        self._unfinished: dict[int, None] = {}
        self._next: int | None = None
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.is_owned = True
        self.committed: int | None = None
        """The offset that the broker has stored; at first the offset at which it told us to begin."""

    def __len__(self) -> int:
        return len(self._unfinished)

    @property
    def next_offset(self) -> int | None:
        """The offset after the newest that was read; None before the first."""
        return self._next

    @property
    def committable(self) -> int | None:
        """The offset of the first unfinished record, or else the next offset; None before the first."""
        return next(iter(self._unfinished), self._next)

    def begin(self, offset: int) -> None:
        """Note a record as unfinished. Offsets rise, with gaps for compacted and control records."""
        if self.committed is None:
            self.committed = offset
        self._unfinished[offset] = None
        self._next = offset + 1

    def finish(self, offset: int) -> None:
        """Note a record as finished."""
        self._unfinished.pop(offset, None)

    def give_up(self) -> None:
        """Start and commit nothing more: another consumer may own the partition."""
        self.is_owned = False

    def enter(self) -> None:
        """Count an attempt that starts."""
        self._running += 1
        self._quiet.clear()

    def leave(self) -> None:
        """Count an attempt that ended."""
        self._running -= 1
        if not self._running:
            self._quiet.set()

    async def wait_quiet(self) -> None:
        """Wait until no attempt at a record of the partition runs."""
        await self._quiet.wait()
