"""Chores that are done again and again, with pauses that may change while they last."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from domain.errors import SupportError

log = logging.getLogger(__name__)


class Chores:
    """`pause_s` is asked before each pause and whenever `pauses_changed` says so."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def pauses_changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def repeat(
        self, chore: Callable[[], Awaitable[None]], pause_s: Callable[[], float]
    ) -> None:
        """Until cancelled: a chore that fails is told in the log and tried again after its pause."""
        while True:
            try:
                await chore()
            except SupportError as error:
                log.warning("a chore waits: %s", error)
            except Exception:
                log.exception("a chore failed")
            await self._pause(pause_s)

    async def _pause(self, pause_s: Callable[[], float]) -> None:
        began = time.monotonic()
        while (left := pause_s() - (time.monotonic() - began)) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return
