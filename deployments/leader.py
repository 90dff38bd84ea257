"""Runs work only while this replica holds a lease, which ends by time if the replica stands still."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from domain.errors import StoreUnavailable, SupportError
from domain.leases import Lease
from domain.stores import OpenUnitOfWork

log = logging.getLogger(__name__)

_LEASE_FOR = timedelta(seconds=10)
_RENEW_EVERY = timedelta(seconds=2)
_LOOK_EVERY = timedelta(seconds=1)


class Leader:
    """Competes for a lease. At most one replica's transactions that require the lease can commit."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        name: str,
        work: Callable[[Lease], Awaitable[None]],
        *,
        lease_for: timedelta = _LEASE_FOR,
        renew_every: timedelta = _RENEW_EVERY,
    ) -> None:
        """`work` runs until it raises or the lease is lost; then the lease is released."""
        self._open_uow = open_uow
        self._name = name
        self._work = work
        self._lease_for = lease_for
        self._renew_every = renew_every
        self.is_leading = False

    async def run(self) -> None:
        """Lead whenever the lease is free, until cancelled."""
        while True:
            try:
                lease = await self._acquire()
                if lease is not None:
                    await self._lead(lease)
            except SupportError as error:
                log.warning("does not lead: %s", error)
            except Exception:
                log.exception("the leader's work failed and is started again")
            await asyncio.sleep(_LOOK_EVERY.total_seconds())

    async def is_anybody_leading(self) -> bool:
        """Return whether this or another replica holds the lease. Raises StoreUnavailable."""
        async with self._open_uow() as uow:
            return await uow.leases.is_held(self._name)

    async def _acquire(self) -> Lease | None:
        holder = f"{socket.gethostname()} process {os.getpid()}"
        async with self._open_uow() as uow:
            lease = await uow.leases.acquire(self._name, holder, self._lease_for)
            await uow.commit()
        return lease

    async def _lead(self, lease: Lease) -> None:
        log.info("leads with token %d", lease.token)
        self.is_leading = True
        tasks = {
            asyncio.create_task(self._keep(lease)),
            asyncio.ensure_future(self._work(lease)),
        }
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                await task
        finally:
            self.is_leading = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(SupportError):
                await self._release(lease)

    async def _keep(self, lease: Lease) -> None:
        """Renew the lease until it is lost. Raises LeaseLost, or StoreUnavailable after its whole time."""
        renewed_at = time.monotonic()
        while True:
            await asyncio.sleep(self._renew_every.total_seconds())
            asked_at = time.monotonic()
            try:
                async with self._open_uow() as uow:
                    await uow.leases.renew(lease, self._lease_for)
                    await uow.commit()
                renewed_at = asked_at
            except StoreUnavailable as error:
                if time.monotonic() - renewed_at >= self._lease_for.total_seconds():
                    raise
                log.warning("the lease is not renewed yet: %s", error)

    async def _release(self, lease: Lease) -> None:
        async with self._open_uow() as uow:
            await uow.leases.release(lease)
            await uow.commit()
