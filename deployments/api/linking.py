"""Serves the linking of customers' identifiers, and the undo of merges."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from deployments.api.bodies import Done
from deployments.api.context import Agent, Context
from deployments.api.errors import DESK_ERRORS
from deployments.api.linking_schemas import Linked, LinkedIdentifier, Merged, OtherCustomer
from domain.errors import Malformed
from domain.identifiers import Assurance, identify_email, identify_phone

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)


@router.post("/customers/{customer_id}/identifiers", status_code=201, response_model=Linked)
async def link_identifier(
    customer_id: UUID, body: LinkedIdentifier, context: Context, caller: Agent
) -> Linked:
    """Add an e-mail address or phone that staff verified; if another customer has it, merge the two."""
    identify = identify_email if body.kind == "email" else identify_phone
    try:
        identifier = identify(body.value, Assurance.VERIFIED)
    except Malformed as error:
        raise Malformed(str(error), {"value": " ".join(error.fields.values())}) from error
    async with context.open_uow() as uow:
        kept = await uow.customers.link(customer_id, identifier, caller.name)
        await uow.commit()
    return Linked(customer_id=kept)


@router.post("/customers/{customer_id}/merge", status_code=201, response_model=Merged)
async def merge_customers(
    customer_id: UUID, body: OtherCustomer, context: Context, caller: Agent
) -> Merged:
    """Merge two customers whom staff know to be one person.

    What was only claimed stays claimed: nobody sees more of the other's words than before.
    """
    async with context.open_uow() as uow:
        merge_id = await uow.customers.merge(customer_id, body.customer_id, caller.name)
        kept = await uow.customers.get(customer_id)
        await uow.commit()
    return Merged(merge_id=merge_id, customer_id=kept.id)


@router.post("/merges/{merge_id}/undo", response_model=Done)
async def undo_merge(merge_id: UUID, context: Context, caller: Agent) -> Done:
    """Undo a merge of two customers: every row that it moved goes back."""
    async with context.open_uow() as uow:
        await uow.customers.undo_merge(merge_id, caller.name)
        await uow.commit()
    return Done()
