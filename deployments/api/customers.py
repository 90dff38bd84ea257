"""Exports and erases a customer's personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody
from domain.channels import Channel
from pipeline.erasure import erase

router = APIRouter(
    prefix="/customers",
    tags=["customers"],
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
    },
)


class StillUnderWay(BaseModel):
    """Work that had begun before the erasure; it stores nothing about the customer any more."""

    kind: Literal["turn", "reply"] = Field(
        description="A turn of the agent, or the sending of a reply."
    )
    channel: Channel
    until: datetime | None = Field(
        description="Of a sending without an answer: until when the provider may still deliver it."
    )


class Erased(BaseModel):
    """The customer is erased, and this was under way and has not ended."""

    under_way: list[StillUnderWay]


@router.get("/{customer_id}/export")
async def export_customer(customer_id: UUID, context: Context, caller: Admin) -> JSONResponse:
    """Export everything that is stored about the customer."""
    async with context.open_uow() as uow:
        data = await uow.customers.export(customer_id)
        await uow.audit.add(caller.name, "export", "customer", str(customer_id))
        await uow.commit()
    return JSONResponse(dict(data))


@router.delete(
    "/{customer_id}",
    status_code=204,
    responses={200: {"model": Erased, "description": "Erased; something was under way"}},
)
async def erase_customer(customer_id: UUID, context: Context, caller: Admin) -> Response:
    """Remove the customer's texts and identifiers from every table; counts stay.

    Waits some seconds for turns and sends that are under way: 204 once they have ended, 200 with those that have not.
    """
    left = await erase(context.open_uow, customer_id, caller.name)
    if not left:
        return Response(status_code=204)
    body = Erased(
        under_way=[
            StillUnderWay(kind=each.kind, channel=each.channel, until=each.until) for each in left
        ]
    )
    return JSONResponse(body.model_dump(mode="json"))
