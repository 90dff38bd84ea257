"""Appends who did what to the audit log, and reads it."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from database.text import storable
from domain.desk import AuditEntry
from domain.principals import account_of
from domain.stores import AuditLog

_SQL = load_queries("audit_log")


class PostgresAuditLog(AuditLog):
    """`AuditLog` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def add(
        self,
        actor: str,
        action: str,
        subject_kind: str,
        subject_id: str,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        await self._session.run(
            _SQL["add"],
            actor,
            action,
            subject_kind,
            subject_id,
            dict(detail or {}),
            account_of(actor),
        )

    @override
    async def page(
        self,
        *,
        before: int | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject_id: str | None = None,
        limit: int,
    ) -> list[AuditEntry]:
        rows = await self._session.rows(
            _SQL["page"], before, storable(actor), storable(action), storable(subject_id), limit
        )
        return [
            AuditEntry(
                row["id"],
                row["actor"],
                row["action"],
                row["subject_kind"],
                row["subject_id"],
                row["detail"],
                row["created_at"],
                row["actor_id"],
            )
            for row in rows
        ]
