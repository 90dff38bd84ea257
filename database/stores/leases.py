"""Stores who holds a lease, until when, and with which token."""

from __future__ import annotations

from datetime import timedelta

from typing_extensions import override

from database.queries import load_queries
from database.session import Session
from domain.errors import LeaseLost
from domain.leases import Lease
from domain.stores import Leases

_SQL = load_queries("leases")


class PostgresLeases(Leases):
    """`Leases` on PostgreSQL."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def acquire(self, name: str, holder: str, duration: timedelta) -> Lease | None:
        token = await self._session.value(_SQL["acquire"], name, holder, duration)
        return Lease(name, int(token)) if token is not None else None

    @override
    async def renew(self, lease: Lease, duration: timedelta) -> None:
        if not await self._session.run(_SQL["renew"], lease.name, lease.token, duration):
            raise LeaseLost(lease.name)

    @override
    async def release(self, lease: Lease) -> None:
        await self._session.run(_SQL["release"], lease.name, lease.token)

    @override
    async def require(self, lease: Lease) -> None:
        if await self._session.value(_SQL["require"], lease.name, lease.token) is None:
            raise LeaseLost(lease.name)

    @override
    async def is_held(self, name: str) -> bool:
        return bool(await self._session.value(_SQL["is_held"], name))
