"""Declares what the stages read and write of leases."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from domain.leases import Lease


class Leases(Protocol):
    """A lease ends by time, so a holder that stands still or dies is replaced."""

    async def acquire(self, name: str, holder: str, duration: timedelta) -> Lease | None:
        """Take the lease; None while somebody holds it. `holder` names the process for people."""
        ...

    async def renew(self, lease: Lease, duration: timedelta) -> None:
        """Hold it for `duration` from now. Raises LeaseLost if another process has taken it."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give it up, so that the next one need not wait for its end."""
        ...

    async def require(self, lease: Lease) -> None:
        """Keep others from taking it until this transaction ends.

        Call it in each transaction that marks what only the holder may mark. Raises LeaseLost if another
        process has taken it.
        """
        ...

    async def is_held(self, name: str) -> bool:
        """Return whether somebody holds it now."""
        ...
