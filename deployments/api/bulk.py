"""Serves acts on many conversations at once, and their undo."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from deployments.api.context import Agent, Context
from deployments.api.desk_schemas import BulkDone, BulkRequest, Refusal
from deployments.api.errors import DESK_ERRORS
from domain.errors import Malformed
from pipeline import bulk

router = APIRouter(prefix="/staff/bulk", tags=["staff"], responses=DESK_ERRORS)


@router.post("", response_model=BulkDone)
async def act_on_many(body: BulkRequest, context: Context, caller: Agent) -> BulkDone:
    """Do one thing to up to 100 conversations; one that refuses keeps no other from it."""
    if body.to is not None and body.to not in await context.keys.names():
        raise Malformed("no such colleague", {"to": "is not the name of anybody of staff"})
    order = bulk.BulkOrder(body.act, body.to, body.tag, body.priority, body.until, body.note)
    return _view(await bulk.act_on(context.open_uow, body.ids, order, caller.name))


@router.post("/{undo_id}/undo", response_model=BulkDone)
async def undo_many(undo_id: UUID, context: Context, caller: Agent) -> BulkDone:
    """Undo a bulk act wherever nothing else happened since; 409 if it is already undone."""
    return _view(await bulk.undo(context.open_uow, undo_id, caller.name))


def _view(result: bulk.BulkResult) -> BulkDone:
    return BulkDone(
        undo_id=result.undo_id,
        done=list(result.done),
        refused=[Refusal(id=each, why=why) for each, why in result.refused.items()],
    )
