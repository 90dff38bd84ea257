"""Stores staff accounts and the sessions of the console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.errors import Conflict, NotFound
from domain.principals import Role
from domain.staff_accounts import Identity, SealedKey, StaffAccount, StaffSession
from domain.stores import StaffAccounts, StaffSessions

_SQL = load_queries("staff_accounts")


class PostgresStaffAccounts(StaffAccounts):
    """`StaffAccounts` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def list(self, *, withdrawn: bool = False) -> Sequence[StaffAccount]:
        return [_account(row) for row in await self._session.rows(_SQL["list"], withdrawn)]

    @override
    async def lock(self, account_id: UUID) -> StaffAccount:
        return _found(await self._session.row(_SQL["lock"], account_id))

    @override
    async def add(
        self, name: str, email: str | None, role: Role, key: SealedKey, author: str
    ) -> StaffAccount:
        row = await self._session.row(
            _SQL["add"], name, email, role.value, key.lookup, key.salt, key.digest, author
        )
        if row is None:
            raise Conflict(f"there is an account {name} already")
        return _account(row)

    @override
    async def by_subject(self, issuer: str, subject: str) -> StaffAccount | None:
        row = await self._session.row(_SQL["by_subject"], issuer, subject)
        return None if row is None else _account(row)

    @override
    async def admit(self, identity: Identity, name: str, role: Role) -> StaffAccount:
        with _name_is_free(name):
            row = await self._session.row(
                _SQL["admit"], identity.issuer, identity.subject, name, identity.email, role.value
            )
        return _found(row)

    @override
    async def renew(self, account_id: UUID, email: str | None, role: Role) -> StaffAccount:
        return _found(await self._session.row(_SQL["renew"], account_id, email, role.value))

    @override
    async def by_key(self, lookup: str) -> tuple[StaffAccount, SealedKey] | None:
        row = await self._session.row(_SQL["by_key"], lookup)
        if row is None:
            return None
        return _account(row), SealedKey(row["key_lookup"], row["key_salt"], row["key_digest"])

    @override
    async def note_seen(self, account_id: UUID) -> bool:
        return await self._session.run(_SQL["note_account_seen"], account_id) > 0

    @override
    async def set_key(self, account_id: UUID, key: SealedKey) -> None:
        await self._session.run(_SQL["set_key"], account_id, key.lookup, key.salt, key.digest)

    @override
    async def set_role(self, account_id: UUID, role: Role) -> StaffAccount:
        return _found(await self._session.row(_SQL["set_role"], account_id, role.value))

    @override
    async def withdraw(self, account_id: UUID) -> None:
        await self._session.run(_SQL["withdraw"], account_id)

    @override
    async def reinstate(self, account: StaffAccount) -> None:
        with _name_is_free(account.name):
            await self._session.run(_SQL["reinstate"], account.id)

    @override
    async def lock_administrators(self) -> Sequence[UUID]:
        return [row["id"] for row in await self._session.rows(_SQL["lock_administrators"])]


class PostgresStaffSessions(StaffSessions):
    """`StaffSessions` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def start(
        self,
        token_digest: bytes,
        lasts: timedelta,
        *,
        account_id: UUID | None = None,
        key_proof: bytes | None = None,
    ) -> None:
        await self._session.run(_SQL["start_session"], token_digest, account_id, key_proof, lasts)

    @override
    async def find(self, token_digest: bytes, idle: timedelta) -> StaffSession | None:
        row = await self._session.row(_SQL["find_session"], token_digest, idle)
        if row is None:
            return None
        account = _account(row) if row["account_id"] is not None else None
        return StaffSession(row["is_open"], account, row["key_proof"])

    @override
    async def note_seen(self, token_digest: bytes) -> bool:
        return await self._session.run(_SQL["note_session_seen"], token_digest) > 0

    @override
    async def end(self, token_digest: bytes) -> None:
        await self._session.run(_SQL["end_session"], token_digest)

    @override
    async def end_of(self, account_id: UUID) -> None:
        await self._session.run(_SQL["end_sessions_of"], account_id)

    @override
    async def forget_old(self) -> None:
        await self._session.run(_SQL["forget_old_sessions"])


@contextmanager
def _name_is_free(name: str) -> Iterator[None]:
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"there is an account {name} already") from error


def _found(row: asyncpg.Record | None) -> StaffAccount:
    if row is None:
        raise NotFound("no such account")
    return _account(row)


def _account(row: asyncpg.Record) -> StaffAccount:
    return StaffAccount(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        issuer=row["issuer"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        withdrawn_at=row["withdrawn_at"],
    )
