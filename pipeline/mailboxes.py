"""Adds and removes mailboxes beside the one of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.records import MailboxRow, MailboxState
from domain.stores import OpenUnitOfWork

_STALE = timedelta(minutes=10)


def is_well(state: MailboxState) -> bool:
    """Return whether the newest attempt read the mailbox, some minutes ago at most."""
    if state.failing_since is not None or state.synced_at is None:
        return False
    return datetime.now(UTC) - state.synced_at < _STALE


async def add_mailbox(
    open_uow: OpenUnitOfWork,
    address: str,
    kind: str,
    settings: Mapping[str, str],
    secret: str,
    staff: str,
) -> MailboxRow:
    """Add a mailbox, which is read within seconds. Audited. Raises Conflict if the address has one."""
    async with open_uow() as uow:
        row = await uow.mailboxes.add(address, kind, settings, secret, staff)
        detail = {"address": address, "kind": kind}
        await uow.audit.add(staff, "add", "mailbox", str(row.id), detail)
        await uow.commit()
    return row


async def remove_mailbox(open_uow: OpenUnitOfWork, mailbox_id: UUID, staff: str) -> None:
    """Stop reading a mailbox; what came from it stays. Audited. Raises NotFound."""
    async with open_uow() as uow:
        row = await uow.mailboxes.delete(mailbox_id)
        await uow.audit.add(staff, "remove", "mailbox", str(row.id), {"address": row.address})
        await uow.commit()
