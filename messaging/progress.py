"""Which offsets of one partition are finished, so that a commit never skips one that is not."""

from __future__ import annotations

import asyncio


class PartitionProgress:
    """Lives as long as this consumer owns the partition; `give_up` ends that.

    Records finish in any order. `committable` is the offset of the first one that is not finished,
    which is what Kafka wants committed: the next one to read.
    """

    def __init__(self) -> None:
        self._unfinished: dict[int, None] = {}
        self._next: int | None = None
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.is_owned = True
        self.committed: int | None = None
        """What the broker knows already: the first offset read is where it told us to begin."""

    def __len__(self) -> int:
        return len(self._unfinished)

    @property
    def next_offset(self) -> int | None:
        """One after the newest offset seen; None before the first."""
        return self._next

    @property
    def committable(self) -> int | None:
        return next(iter(self._unfinished), self._next)

    def begin(self, offset: int) -> None:
        """Offsets come in rising order; gaps (compacted or control records) do not hold anything up."""
        if self.committed is None:
            self.committed = offset
        self._unfinished[offset] = None
        self._next = offset + 1

    def finish(self, offset: int) -> None:
        self._unfinished.pop(offset, None)

    def give_up(self) -> None:
        """The partition may be someone else's now: nothing more of it is started or committed."""
        self.is_owned = False

    def enter(self) -> None:
        self._running += 1
        self._quiet.clear()

    def leave(self) -> None:
        self._running -= 1
        if not self._running:
            self._quiet.set()

    async def wait_quiet(self) -> None:
        """Until no attempt at any record of the partition is running."""
        await self._quiet.wait()
