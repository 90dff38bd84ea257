"""Declares what the use cases read and write of staff accounts and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from domain.principals import Role
from domain.staff_accounts import Identity, SealedKey, StaffAccount, StaffSession


class StaffAccounts(Protocol):
    """Who may call the staff API. A withdrawn account stays, since the audit log names it."""

    async def list(self, *, withdrawn: bool = False) -> Sequence[StaffAccount]:
        """Return the accounts in force, or the withdrawn ones, by name."""
        ...

    async def lock(self, account_id: UUID) -> StaffAccount:
        """Return an account, held until the commit. Raises NotFound."""
        ...

    async def add(
        self, name: str, email: str | None, role: Role, key: SealedKey, author: str
    ) -> StaffAccount:
        """Add an account with a key. Raises Conflict if one in force has the name, in whatever case."""
        ...

    async def by_subject(self, issuer: str, subject: str) -> StaffAccount | None:
        """Return whom the identity provider vouches for, withdrawn or not, held until the commit."""
        ...

    async def admit(self, identity: Identity, name: str, role: Role) -> StaffAccount:
        """Add the account of a first sign-in. Raises Conflict if another one has the name or was faster."""
        ...

    async def renew(self, account_id: UUID, email: str | None, role: Role) -> StaffAccount:
        """Take over what the newest sign-in said."""
        ...

    async def by_key(self, lookup: str) -> tuple[StaffAccount, SealedKey] | None:
        """Return the account in force whose key has this public part."""
        ...

    async def note_seen(self, account_id: UUID) -> bool:
        """Keep that its owner calls, once a minute; tell whether anything was written."""
        ...

    async def set_key(self, account_id: UUID, key: SealedKey) -> None:
        """Replace the key; the former one opens nothing from the commit on."""
        ...

    async def set_role(self, account_id: UUID, role: Role) -> StaffAccount:
        """Change the role, from the next call on."""
        ...

    async def withdraw(self, account_id: UUID) -> None:
        """End an account; its key opens nothing from the commit on. Idempotent."""
        ...

    async def reinstate(self, account: StaffAccount) -> None:
        """Let a withdrawn one in again. Raises Conflict if its name was given away meanwhile."""
        ...

    async def lock_administrators(self) -> Sequence[UUID]:
        """Return the administrators' accounts in force that have a key, held until the commit."""
        ...


class StaffSessions(Protocol):
    """The sessions of the console. One that is over stays for a while: its cookie is no guess."""

    async def start(
        self,
        token_digest: bytes,
        lasts: timedelta,
        *,
        account_id: UUID | None = None,
        key_proof: bytes | None = None,
    ) -> None:
        """Store a session of an account, or of a key of the settings."""
        ...

    async def find(self, token_digest: bytes, idle: timedelta) -> StaffSession | None:
        """Return a session; it is open unless it ended, was idle for too long or lost its account."""
        ...

    async def note_seen(self, token_digest: bytes) -> bool:
        """Keep that it is in use, once a minute; tell whether anything was written."""
        ...

    async def end(self, token_digest: bytes) -> None:
        """End one session. Idempotent."""
        ...

    async def end_of(self, account_id: UUID) -> None:
        """End every session of an account."""
        ...

    async def forget_old(self) -> None:
        """Delete sessions that were over a week ago."""
        ...
