"""Stores which messages told their customers that an AI writes."""

from __future__ import annotations

from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.channels import Channel
from domain.records import StoredMessage
from domain.stores import Disclosures

_SQL = load_queries("disclosures")


class PostgresDisclosures(Disclosures):
    """`Disclosures` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def is_made(self, conversation_id: UUID, channel: Channel) -> bool:
        return bool(await self._session.value(_SQL["is_made"], conversation_id, channel))

    @override
    async def is_made_by(self, message_id: UUID) -> bool:
        return bool(await self._session.value(_SQL["is_made_by"], message_id))

    @override
    async def add(self, message: StoredMessage) -> None:
        await self._session.run(_SQL["add"], message.id, message.conversation_id, message.channel)
