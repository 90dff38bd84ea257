"""Joins the identifiers that a provider attests for one sender, before the message is stored."""

from __future__ import annotations

from domain.errors import NotFound
from domain.messages import InboundMessage
from domain.stores import OpenUnitOfWork

_ACTOR = "system"


async def join_attested(open_uow: OpenUnitOfWork, inbound: InboundMessage) -> None:
    """Make the sender's other identifiers the same customer's; nothing is written where they already are.

    In transactions of its own: linking may merge two customers, and who receives a message never waits for a
    second customer while it holds one. Idempotent. Raises StoreUnavailable.
    """
    for other in inbound.also:
        async with open_uow() as uow:
            customer = await uow.customers.resolve(inbound.sender, inbound.sender_name)
            try:
                known = await uow.customers.find(other)
            except NotFound:
                known = None
            await uow.commit()
        if known is not None and known.id == customer.id:
            continue
        async with open_uow() as uow:
            await uow.customers.link(customer.id, other, _ACTOR)
            await uow.commit()
