"""Runs work only while this replica holds the leader's advisory lock."""

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
"""Raises StoreUnavailable once the lock is lost; call it before any act reserved to the leader."""


class Leader:
    """Competes for the lock, which is released with its connection so that another replica can lead."""

    def __init__(self, pool: Pool, key: int, work: Callable[[StillLeads], Awaitable[None]]) -> None:
        """`work` runs until it raises; then the lock is released."""
        self._pool = pool
        self._key = key
        self._work = work
        self.is_leading = False

    async def run(self) -> None:
        """Lead whenever the lock is free, until cancelled."""
        while True:
            try:
                async with lead(self._pool, self._key) as still_leads:
                    self.is_leading = True
                    await self._work(still_leads)
            except SupportError as error:
                log.warning("released the leader's lock: %s", error)
            except Exception:
                log.exception("the leader's work failed and is started again")
            finally:
                self.is_leading = False
            await asyncio.sleep(_REST.total_seconds())
