"""Declares what the use cases read and write of mailboxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.records import MailboxMark, MailboxRow, MailboxState


class Mailboxes(Protocol):
    """How far each mailbox was read, and until when Gmail pushes its changes."""

    async def lock(self, address: str) -> MailboxMark:
        """How far a mailbox was read, the row made if new and held until the commit."""
        ...

    async def save_mark(self, address: str, mark: MailboxMark) -> None:
        """Of a locked mailbox. A history id and `synced_at` never move back; None leaves them."""
        ...

    async def save_state(self, address: str, error: str | None) -> None:
        """Keep that a mailbox could not be read, or without an error that it was."""
        ...

    async def state(self, address: str) -> MailboxState:
        """Return how reading a mailbox went."""
        ...

    async def list(self) -> Sequence[MailboxRow]:
        """Return the mailboxes beside the one of the settings, in the order in which they were added."""
        ...

    async def add(
        self, address: str, kind: str, settings: Mapping[str, str], secret: str, author: str
    ) -> MailboxRow:
        """Add a mailbox. Raises Conflict if there is one of this address."""
        ...

    async def delete(self, mailbox_id: UUID) -> MailboxRow:
        """Remove a mailbox with its position, and return it. Raises NotFound."""
        ...

    async def save_watch(self, address: str, expires_at: datetime) -> None:
        """Store when the watch on a mailbox ends."""
        ...

    async def watch_expires_at(self, address: str) -> datetime | None:
        """Return when the watch ends; None where there never was one."""
        ...
