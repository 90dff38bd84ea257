"""Declares what the use cases read and write of mailboxes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.records import MailboxMark


class Mailboxes(Protocol):
    """How far each mailbox was read, and until when Gmail pushes its changes."""

    async def lock(self, address: str) -> MailboxMark:
        """How far a mailbox was read, the row made if new and held until the commit."""
        ...

    async def save_mark(self, address: str, mark: MailboxMark) -> None:
        """Of a locked mailbox. A history id and `synced_at` never move back; None leaves them."""
        ...

    async def save_watch(self, address: str, expires_at: datetime) -> None:
        """Store when the watch on a mailbox ends."""
        ...

    async def watch_expires_at(self, address: str) -> datetime | None:
        """Return when the watch ends; None where there never was one."""
        ...
