"""Stores what form customers have seen of their answers, and what a mail has told them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.languages import Language
from domain.stores import FormPages

_SQL = load_queries("form_pages")


class PostgresFormPages(FormPages):
    """`FormPages` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def note_seen(self, conversation_id: UUID, polls_within: timedelta) -> None:
        await self._session.run(_SQL["note_seen"], conversation_id, polls_within)

    @override
    async def unseen(self, older_than: timedelta, limit: int) -> list[UUID]:
        rows = await self._session.rows(_SQL["unseen"], older_than, limit)
        return [row["conversation_id"] for row in rows]

    @override
    async def take_told(self, conversation_id: UUID) -> bool:
        return await self._session.value(_SQL["take_told"], conversation_id) is not None

    @override
    async def open_mail(self, customer_id: UUID, subject: str, language: Language | None) -> UUID:
        opened: UUID = await self._session.value(
            _SQL["open_mail"], customer_id, storable(subject), language
        )
        return opened

    @override
    async def mails_today(self, customer_id: UUID) -> int:
        return int(await self._session.value(_SQL["mails_today"], customer_id))
