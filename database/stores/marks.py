"""Stores what staff mark on conversations, and blocked senders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.desk import BlockedSender
from domain.identifiers import Identifier
from domain.stores import Marks

_SQL = load_queries("marks")


class PostgresMarks(Marks):
    """`Marks` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def set_tags(self, conversation_id: UUID, tags: Sequence[str]) -> None:
        await self._session.run(_SQL["set_tags"], conversation_id, [storable(tag) for tag in tags])

    @override
    async def tags(self) -> list[str]:
        return [row["tag"] for row in await self._session.rows(_SQL["tags"])]

    @override
    async def snooze(self, conversation_id: UUID, until: datetime | None) -> None:
        await self._session.run(_SQL["snooze"], conversation_id, until)

    @override
    async def due(self, limit: int) -> list[UUID]:
        return [row["id"] for row in await self._session.rows(_SQL["due"], limit)]

    @override
    async def set_spam(self, conversation_id: UUID, is_spam: bool) -> None:
        await self._session.run(_SQL["set_spam"], conversation_id, is_spam)

    @override
    async def mention(self, conversation_id: UUID, people: Collection[str], author: str) -> None:
        await self._session.run(_SQL["mention"], conversation_id, list(people), author)

    @override
    async def see_mentions(self, conversation_id: UUID, person: str) -> None:
        await self._session.run(_SQL["see_mentions"], conversation_id, person)

    @override
    async def block(self, sender: Identifier, by: str) -> None:
        await self._session.run(
            _SQL["block"], sender.kind, sender.value, sender.assurance.is_proven, by
        )

    @override
    async def unblock(self, sender: Identifier) -> bool:
        return await self._session.run(_SQL["unblock"], sender.kind, sender.value) > 0

    @override
    async def blocked(self) -> list[BlockedSender]:
        rows = await self._session.rows(_SQL["blocked"])
        return [
            BlockedSender(
                row["kind"], row["value"], row["is_proven"], row["blocked_by"], row["created_at"]
            )
            for row in rows
        ]

    @override
    async def blocked_among(self, senders: Collection[Identifier]) -> set[Identifier]:
        asked = list(senders)
        rows = await self._session.rows(
            _SQL["blocked_among"],
            [sender.kind for sender in asked],
            [sender.value for sender in asked],
            [sender.assurance.is_proven for sender in asked],
        )
        return {asked[row["place"] - 1] for row in rows}
