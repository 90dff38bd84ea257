"""Exports and erases a customer's personal data."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody

router = APIRouter(
    prefix="/customers",
    tags=["customers"],
    responses={
        400: {"model": FieldErrorBody},
        **STAFF_ERRORS,
        404: {"model": ErrorBody},
    },
)


@router.get("/{customer_id}/export")
async def export_customer(customer_id: UUID, context: Context, caller: Admin) -> JSONResponse:
    """Export everything that is stored about the customer."""
    async with context.open_uow() as uow:
        data = await uow.customers.export(customer_id)
        await uow.audit.add(caller.name, "export", "customer", str(customer_id))
        await uow.commit()
    return JSONResponse(dict(data))


@router.delete("/{customer_id}", status_code=204)
async def erase_customer(customer_id: UUID, context: Context, caller: Admin) -> Response:
    """Remove the customer's texts and identifiers from every table; counts stay."""
    async with context.open_uow() as uow:
        await uow.customers.erase(customer_id)
        await uow.audit.add(caller.name, "erase", "customer", str(customer_id))
        await uow.commit()
    return Response(status_code=204)
