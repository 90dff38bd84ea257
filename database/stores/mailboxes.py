"""Stores how far each Gmail mailbox was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.errors import Conflict, NotFound
from domain.records import MailboxMark, MailboxRow, MailboxState
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
            _SQL["save_mark"],
            address,
            mark.history_id,
            mark.read_from,
            mark.synced_at,
            mark.cursor,
        )

    @override
    async def save_state(self, address: str, error: str | None) -> None:
        await self._session.run(_SQL["save_state"], address, storable(error))

    @override
    async def state(self, address: str) -> MailboxState:
        row = await self._session.row(_SQL["state"], address)
        return MailboxState() if row is None else MailboxState(**dict(row))

    @override
    async def list(self) -> Sequence[MailboxRow]:
        return [_mailbox(row) for row in await self._session.rows(_SQL["list"])]

    @override
    async def add(
        self, address: str, kind: str, settings: Mapping[str, str], secret: str, author: str
    ) -> MailboxRow:
        row = await self._session.row(_SQL["insert"], address, kind, dict(settings), secret, author)
        if row is None:
            raise Conflict(f"there is a mailbox {address} already")
        return _mailbox(row)

    @override
    async def delete(self, mailbox_id: UUID) -> MailboxRow:
        row = await self._session.row(_SQL["delete"], mailbox_id)
        if row is None:
            raise NotFound("no such mailbox")
        return _mailbox(row)

    @override
    async def save_watch(self, address: str, expires_at: datetime) -> None:
        await self._session.run(_SQL["save_watch"], address, expires_at)

    @override
    async def watch_expires_at(self, address: str) -> datetime | None:
        expires: datetime | None = await self._session.value(_SQL["watch_expires_at"], address)
        return expires


def _mailbox(row: asyncpg.Record) -> MailboxRow:
    return MailboxRow(
        id=row["id"],
        address=row["address"],
        kind=row["kind"],
        settings=row["settings"],
        secret=row["secret"],
        created_at=row["created_at"],
    )
