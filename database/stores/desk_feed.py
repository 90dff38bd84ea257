"""Reads the events that open consoles follow, in the order of their commits."""

from __future__ import annotations

import json
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.desk import DeskEvent, DeskEvents, EventKind, Presence
from domain.stores import DeskFeed

_SQL = load_queries("desk_feed")
_PRESENCE = "presence:"
"""How notifications begin that tell of somebody; others are conversations' ids."""


class PostgresDeskFeed(DeskFeed):
    """`DeskFeed` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def latest(self) -> int:
        place: int = await self._session.value(_SQL["latest"])
        return place

    @override
    async def after(self, place: int, limit: int) -> DeskEvents | None:
        if not await self._session.value(_SQL["is_known"], place):
            return None
        rows = await self._session.rows(_SQL["after"], place, limit)
        events = [
            DeskEvent(row["place"], EventKind(row["kind"]), row["conversation_id"]) for row in rows
        ]
        last = events[-1].place if events else place
        return DeskEvents(events, await self._session.value(_SQL["are_more"], last))

    @override
    async def announce(self, presence: Presence) -> None:
        await self._session.value(_SQL["announce"], presence_text(presence))

    @override
    async def purge(self) -> None:
        await self._session.run(_SQL["purge"])


def presence_text(presence: Presence) -> str:
    """Return the notification that tells of a presence."""
    body = [str(presence.conversation_id), presence.name, presence.is_writing]
    return _PRESENCE + json.dumps(body)


def read_presence(notification: str) -> Presence | None:
    """Return the presence that a notification tells of; None for any other notification."""
    if not notification.startswith(_PRESENCE):
        return None
    conversation_id, name, is_writing = json.loads(notification.removeprefix(_PRESENCE))
    return Presence(UUID(conversation_id), name, is_writing)
