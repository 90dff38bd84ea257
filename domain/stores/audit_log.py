"""Declares what the use cases read and write of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.desk import AuditEntry


class AuditLog(Protocol):
    """Records who did what to which subject."""

    async def add(
        self,
        actor: str,
        action: str,
        subject_kind: str,
        subject_id: str,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Append an entry; `subject_kind` and `subject_id` name the row that was changed.

        The actor's account is stored beside the name where the actor is who makes the current call.
        """
        ...

    async def page(
        self,
        *,
        before: int | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject_id: str | None = None,
        limit: int,
    ) -> list[AuditEntry]:
        """Return entries, the newest first, older than the entry `before`."""
        ...
