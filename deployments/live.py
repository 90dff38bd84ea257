"""Notifies open pages of new messages: one LISTEN per replica, fanned out to the followers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID


class ConversationChanges:
    """Passes on notifications, which are conversation ids, or "" if some may have been missed."""

    def __init__(self, notifications: AsyncIterator[str]) -> None:
        self._notifications = notifications
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Pass notifications on until cancelled."""
        async for conversation_id in self._notifications:
            if conversation_id:
                followers = self._followers.get(conversation_id, set())
            else:
                followers = {event for events in self._followers.values() for event in events}
            for event in followers:
                event.set()

    @contextmanager
    def follow(self, conversation_id: UUID, woken: asyncio.Event) -> Iterator[None]:
        """Set `woken` whenever the conversation may have changed, while the block runs."""
        key = str(conversation_id)
        self._followers[key].add(woken)
        try:
            yield
        finally:
            self._followers[key].discard(woken)
            if not self._followers[key]:
                del self._followers[key]
