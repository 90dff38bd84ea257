"""Declares what the use cases read and write of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class AuditLog(Protocol):
    async def add(
        self,
        actor: str,
        action: str,
        subject_kind: str,
        subject_id: str,
        detail: Mapping[str, object] | None = None,
    ) -> None: ...
