"""How far each Gmail mailbox was read."""

from __future__ import annotations

from datetime import datetime

from database.queries import load_queries
from database.session import Session

_SQL = load_queries("mailboxes")


class PostgresMailboxes:
    """`Mailboxes` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def lock(self, address: str) -> tuple[int | None, datetime | None]:
        await self._session.run(_SQL["add"], address)
        row = await self._session.row(_SQL["lock"], address)
        return (row["history_id"], row["watch_expires_at"]) if row is not None else (None, None)

    async def save(
        self, address: str, *, history_id: int | None, watch_expires_at: datetime | None
    ) -> None:
        await self._session.run(_SQL["save"], address, history_id, watch_expires_at)

    async def watch_expires_at(self, address: str) -> datetime | None:
        expires: datetime | None = await self._session.value(_SQL["watch_expires_at"], address)
        return expires
