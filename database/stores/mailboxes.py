"""Stores how far each Gmail mailbox was read."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.records import MailboxMark
from domain.stores import Mailboxes

_SQL = load_queries("mailboxes")


class PostgresMailboxes(Mailboxes):
    """`Mailboxes` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def lock(self, address: str) -> MailboxMark:
        await self._session.run(_SQL["add"], address)
        row = await self._session.row(_SQL["lock"], address)
        return MailboxMark() if row is None else MailboxMark(**dict(row))

    @override
    async def save_mark(self, address: str, mark: MailboxMark) -> None:
        await self._session.run(
            _SQL["save_mark"], address, mark.history_id, mark.read_from, mark.synced_at
        )

    @override
    async def save_watch(self, address: str, expires_at: datetime) -> None:
        await self._session.run(_SQL["save_watch"], address, expires_at)

    @override
    async def watch_expires_at(self, address: str) -> datetime | None:
        expires: datetime | None = await self._session.value(_SQL["watch_expires_at"], address)
        return expires
