"""Works while this replica holds the leader's lock, and waits for it otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

from database.leadership import lead
from database.pool import Pool
from domain.errors import SupportError

log = logging.getLogger(__name__)

_REST = timedelta(milliseconds=500)

StillLeads: TypeAlias = Callable[[], Awaitable[None]]
"""Raises StoreUnavailable once the lock is lost: to be called before what only the leader may do."""


class Leader:
    """The lock dies with its connection, so that another replica leads when this one does not."""

    def __init__(self, pool: Pool, key: int, work: Callable[[StillLeads], Awaitable[None]]) -> None:
        """`work` runs until it raises, which gives the lock back."""
        self._pool = pool
        self._key = key
        self._work = work
        self.is_leading = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with lead(self._pool, self._key) as still_leads:
                    self.is_leading = True
                    await self._work(still_leads)
            except SupportError as error:
                log.warning("the leader's lock is given back: %s", error)
            except Exception:
                log.exception("the leader starts over")
            finally:
                self.is_leading = False
            await asyncio.sleep(_REST.total_seconds())
