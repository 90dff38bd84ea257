"""Serves the records that could not be processed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import Done
from deployments.api.context import Agent, Context, Viewer
from deployments.api.dead_letter_schemas import DeadLetters, DeadLetterView, DiscardReason
from deployments.api.errors import DESK_ERRORS
from domain.records import DeadLetter, DeadLetterState
from pipeline import dead_letter

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)


@router.get("/dead-letters", response_model=DeadLetters)
async def read_dead_letters(
    context: Context,
    _caller: Viewer,
    state: DeadLetterState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeadLetters:
    """List records that could not be processed, the oldest first, with their raw values."""
    async with context.open_uow() as uow:
        letters = await uow.dead_letters.list(state, limit)
    return DeadLetters(dead_letters=[_dead_letter_view(letter) for letter in letters])


@router.get("/dead-letters/{dead_letter_id}", response_model=DeadLetterView)
async def read_dead_letter(
    dead_letter_id: UUID, context: Context, _caller: Viewer
) -> DeadLetterView:
    """Return one record that could not be processed."""
    async with context.open_uow() as uow:
        return _dead_letter_view(await uow.dead_letters.get(dead_letter_id))


@router.post("/dead-letters/{dead_letter_id}/replay", response_model=Done)
async def replay(dead_letter_id: UUID, context: Context, caller: Agent) -> Done:
    """Queue the dead letter's message again. A second replay changes nothing."""
    await dead_letter.replay(context.open_uow, dead_letter_id, caller.name)
    return Done()


@router.post("/dead-letters/{dead_letter_id}/discard", response_model=Done)
async def discard(
    dead_letter_id: UUID, body: DiscardReason, context: Context, caller: Agent
) -> Done:
    """Close the dead letter without another try, for a stated reason."""
    await dead_letter.discard(context.open_uow, dead_letter_id, caller.name, body.reason)
    return Done()


def _dead_letter_view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=letter.id,
        topic=letter.topic,
        cause=letter.cause,
        attempts=letter.attempts,
        payload=letter.value.decode("utf-8", "backslashreplace"),
        created_at=letter.created_at,
        state=letter.state,
    )
