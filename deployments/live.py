"""Notifies open pages of changed conversations: one LISTEN per replica, fanned out to the followers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

from database.stores.desk_feed import read_presence
from domain.desk import Presence


class Console:
    """An open staff console: `woken` is set when it should read again; presences are told once."""

    def __init__(self, woken: asyncio.Event) -> None:
        self.woken = woken
        self.presences: dict[tuple[UUID, str], Presence] = {}
        """By conversation and person; the reader takes them out."""

    def tell(self, presence: Presence) -> None:
        """Keep the person's newest presence for the reader."""
        self.presences[presence.conversation_id, presence.name] = presence
        self.woken.set()


class ConversationChanges:
    """Passes on notifications: conversations' ids, presences, or "" if some may have been missed."""

    def __init__(self, notifications: AsyncIterator[str]) -> None:
        self._notifications = notifications
        self._followers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._consoles: set[Console] = set()

    async def run(self) -> None:
        """Pass notifications on until cancelled."""
        async for notification in self._notifications:
            presence = read_presence(notification)
            if presence is not None:
                for console in self._consoles:
                    console.tell(presence)
                continue
            if notification:
                followers = self._followers.get(notification, set())
            else:
                followers = {event for events in self._followers.values() for event in events}
            for event in followers:
                event.set()
            for console in self._consoles:
                console.woken.set()

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

    @contextmanager
    def follow_all(self, woken: asyncio.Event) -> Iterator[Console]:
        """Set `woken` whenever any conversation may have changed, while the block runs."""
        console = Console(woken)
        self._consoles.add(console)
        try:
            yield console
        finally:
            self._consoles.discard(console)
