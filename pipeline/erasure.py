"""Erases a customer, and waits for what was under way at that moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domain.records import UnderWay
from domain.stores import OpenUnitOfWork
from pipeline.attempts import SILENT_AFTER

log = logging.getLogger(__name__)

WAITED_FOR = timedelta(seconds=10)
"""Longer than most sends take, shorter than a caller's patience."""
_PAUSE_S = 0.1


async def erase(
    open_uow: OpenUnitOfWork, customer_id: UUID, staff: str, wait_for: timedelta = WAITED_FOR
) -> Sequence[UnderWay]:
    """Erase all personal data of the customer. Idempotent. Raises NotFound.

    Nothing that has not begun goes out any more. What had begun can't be recalled: it stores nothing about the
    customer, and is waited for at most `wait_for`.

    Returns:
        What has not ended by then.
    """
    async with open_uow() as uow:
        erased = await uow.customers.erase(customer_id)
        await uow.audit.add(staff, "erase", "customer", str(customer_id))
        await uow.commit()
    deadline = time.monotonic() + wait_for.total_seconds()
    while left := await _under_way(open_uow, erased):
        if time.monotonic() >= deadline:
            log.warning("customer %s is erased; %d acts go on", customer_id, len(left))
            break
        await asyncio.sleep(_PAUSE_S)
    return left


async def _under_way(open_uow: OpenUnitOfWork, erased: Sequence[UUID]) -> Sequence[UnderWay]:
    async with open_uow() as uow:
        return await uow.customers.under_way(erased, SILENT_AFTER)
