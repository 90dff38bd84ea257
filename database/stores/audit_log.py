"""Appends who did what to the audit log."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
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
            _SQL["add"], actor, action, subject_kind, subject_id, dict(detail or {})
        )
