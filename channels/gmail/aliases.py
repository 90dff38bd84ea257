"""Knows the addresses that a Gmail mailbox sends from: its own and its aliases."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

from channels.gmail.api import GmailApi
from domain.errors import ProviderRejected

log = logging.getLogger(__name__)

_KEPT = timedelta(hours=1)
"""A new alias counts within this time."""


class Aliases:
    """Asks Gmail once an hour."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api
        self._own = frozenset({api.settings.address.lower()})
        self._known: frozenset[str] | None = None
        self._asked_at = 0.0
        self._lock = asyncio.Lock()

    async def addresses(self) -> frozenset[str]:
        """Return the addresses in lower case. Raises ProviderUnavailable if Gmail has not answered yet."""
        async with self._lock:
            is_old = time.monotonic() - self._asked_at > _KEPT.total_seconds()
            if self._known is None or is_old:
                self._known = await self._ask()
                self._asked_at = time.monotonic()
            return self._known

    async def _ask(self) -> frozenset[str]:
        try:
            listed = await self._api.list_send_as()
        except ProviderRejected as error:
            log.warning(
                "the mailbox's aliases can't be read (%s): only its own address counts", error
            )
            return self._own
        # An alias that waits for its confirmation may be anybody's address.
        confirmed = (
            alias
            for alias in listed
            if alias.get("isPrimary") or alias.get("verificationStatus", "accepted") == "accepted"
        )
        return self._own | {str(alias["sendAsEmail"]).lower() for alias in confirmed}
