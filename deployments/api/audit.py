"""Serves the audit log: who did what, to what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from deployments.api.context import Admin, Context
from deployments.api.errors import STAFF_ERRORS, FieldErrorBody
from domain.errors import Malformed

router = APIRouter(
    prefix="/staff/audit",
    tags=["staff"],
    responses={400: {"model": FieldErrorBody}, **STAFF_ERRORS},
)


class AuditLine(BaseModel):
    """An act; `subject_kind` and `subject_id` name what was changed."""

    id: int
    actor: str
    actor_id: UUID | None = Field(
        description="The actor's account; null for the system and keys of the settings."
    )
    action: str
    subject_kind: str
    subject_id: str
    detail: dict[str, object]
    created_at: datetime


class AuditPage(BaseModel):
    """A page of the log, the newest first."""

    entries: list[AuditLine]
    next_cursor: str | None


@router.get("", response_model=AuditPage)
async def read_audit(
    context: Context,
    _caller: Admin,
    actor: Annotated[str | None, Query(max_length=200)] = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> AuditPage:
    """List acts, the newest first; `subject` is the id of what was changed."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Malformed("not a cursor of ours", {"cursor": "is not one that we gave"})
    async with context.open_uow() as uow:
        entries = await uow.audit.page(
            before=int(cursor) if cursor else None,
            actor=actor or None,
            action=action or None,
            subject_id=subject or None,
            limit=limit + 1,
        )
    page = entries[:limit]
    return AuditPage(
        entries=[AuditLine.model_validate(entry, from_attributes=True) for entry in page],
        next_cursor=str(page[-1].id) if len(entries) > limit else None,
    )
