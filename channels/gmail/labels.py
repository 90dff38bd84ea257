"""Labels mails in Gmail with what became of them; a label that can't be put fails nothing."""

from __future__ import annotations

import asyncio
import logging

from channels.gmail.api import GmailApi
from domain.errors import ProviderRejected, ProviderUnavailable

log = logging.getLogger(__name__)


class Labels:
    """The mailbox's labels by name; ids are cached until one is gone."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api
        self._ids: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def put(self, name: str, message_id: str) -> bool:
        """Put a label on a message, making it if it is missing; log a failure and return False."""
        try:
            try:
                await self._api.add_labels(message_id, [await self._find(name)])
            except ProviderRejected:
                # Another replica made the label at the same time (409), or somebody deleted it (400, 404).
                self._ids.pop(name, None)
                await self._api.add_labels(message_id, [await self._find(name)])
        except (ProviderUnavailable, ProviderRejected) as error:
            self._ids.pop(name, None)
            log.warning("label %s not put on message %s: %s", name, message_id, error)
            return False
        return True

    async def _find(self, name: str) -> str:
        async with self._lock:
            if name not in self._ids:
                self._ids = {
                    str(label["name"]): str(label["id"]) for label in await self._api.list_labels()
                }
            if name not in self._ids:
                self._ids[name] = str((await self._api.create_label(name))["id"])
            return self._ids[name]
