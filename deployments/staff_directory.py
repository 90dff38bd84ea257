"""Finds staff by key or session: keys of the settings in memory, accounts in the database at every call."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import SecretStr
from typing_extensions import override

from domain.errors import SessionOver
from domain.ports import StaffDirectory
from domain.principals import Principal, Role
from domain.staff_accounts import SessionLimits, digest_of, prove
from domain.stores import OpenUnitOfWork
from pipeline.staff_accounts import end_session, find_by_key, start_session


class SettingsKeys:
    """The keys of STAFF_API_KEYS: each opens everything, as an administrator."""

    def __init__(self, keys: Mapping[str, SecretStr]) -> None:
        # A session is bound to the key's digest, so that no key is held in clear.
        self._digests = {name: _digest(key.get_secret_value()) for name, key in keys.items()}

    @property
    def names(self) -> list[str]:
        """Names of the keys."""
        return sorted(self._digests)

    def find(self, key: str) -> Principal | None:
        """Return the key's owner; compares with every key, so that timing reveals nothing."""
        digest = _digest(key)
        found = None
        for name, known in self._digests.items():
            if hmac.compare_digest(digest, known):
                found = Principal(name, Role.ADMIN)
        return found

    def binding(self, name: str) -> str:
        """Return what binds a session to the key of this name."""
        return self._digests[name].hex()

    def owner_of(self, token: str, proof: bytes) -> Principal | None:
        """Return the owner of the key to which a session is bound, if the settings still have it."""
        for name in self._digests:
            if hmac.compare_digest(prove(token, self.binding(name)), proof):
                return Principal(name, Role.ADMIN)
        return None


class Staff(StaffDirectory):
    """domain.ports.StaffDirectory over the settings and the database; starts and ends sessions.

    Nothing is remembered between two calls: a key that is rotated, a role that is changed and an account that is
    withdrawn are so in every replica at once.
    """

    def __init__(
        self, keys: Mapping[str, SecretStr], open_uow: OpenUnitOfWork, has_provider: bool = False
    ) -> None:
        self._keys = SettingsKeys(keys)
        self._open_uow = open_uow
        self.limits = SessionLimits()
        self.others_administer = bool(keys) or has_provider
        """Whether somebody can administer without any account that has a key."""

    @property
    def reserved_names(self) -> list[str]:
        """Names that no account may have."""
        return self._keys.names

    @override
    async def names(self) -> list[str]:
        async with self._open_uow() as uow:
            accounts = await uow.staff_accounts.list()
        working = [one.name for one in accounts if one.role.includes(Role.AGENT)]
        return sorted([*self._keys.names, *working], key=str.lower)

    @override
    async def find(self, key: str) -> Principal | None:
        found = self._keys.find(key)
        if found is not None:
            return found
        account = await find_by_key(self._open_uow, key)
        return account.principal if account is not None else None

    @override
    async def find_session(self, token: str) -> Principal | None:
        async with self._open_uow() as uow:
            session = await uow.staff_sessions.find(digest_of(token), self.limits.idle)
            if session is None:
                return None
            if not session.is_open:
                raise SessionOver("the session is over")
            if session.account is not None:
                principal = session.account.principal
                was_noted = await uow.staff_accounts.note_seen(session.account.id)
            else:
                owner = self._keys.owner_of(token, session.key_proof or b"")
                if owner is None:
                    raise SessionOver("the key of the session is gone")
                principal, was_noted = owner, False
            if await uow.staff_sessions.note_seen(digest_of(token)) or was_noted:
                await uow.commit()
        return principal

    async def start_session(self, principal: Principal) -> str:
        """Start a session and return its token."""
        binding = self._keys.binding(principal.name) if principal.account_id is None else None
        return await start_session(self._open_uow, principal, self.limits, binding)

    async def end_session(self, token: str, principal: Principal) -> None:
        """End a session. Idempotent."""
        await end_session(self._open_uow, token, principal)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
