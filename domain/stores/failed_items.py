"""Declares what the use cases read and write of failed items of batches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol


class FailedItems(Protocol):
    """Items of a batch that failed; `job` names the loop that they belong to."""

    async def attempts(self, job: str, items: Collection[str]) -> dict[str, int]:
        """Of those items that failed and were not forgotten since."""
        ...

    async def due(self, job: str, limit: int) -> list[str]:
        """To be tried again now; what is put aside is not."""
        ...

    async def save(
        self, job: str, item: str, attempts: int, delay: timedelta | None, cause: str
    ) -> None:
        """Try it again after `delay`; None puts it aside."""
        ...

    async def forget(self, job: str, items: Collection[str]) -> None:
        """Delete the attempts of items that succeeded."""
        ...

    async def retry_now(self, job: str, item: str) -> bool:
        """Begin again with an item that was put aside; False where there is none."""
        ...
