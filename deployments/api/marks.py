"""Serves what staff mark: tags, snoozes, priority, spam and blocked senders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import Done
from deployments.api.context import Agent, Context, Viewer
from deployments.api.desk_schemas import (
    Blocked,
    BlockedSenders,
    BlockedSenderView,
    NewPriority,
    Snooze,
    Tags,
)
from deployments.api.errors import DESK_ERRORS
from domain.identifiers import Assurance, Identifier, IdentifierKind
from pipeline import marks

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)


@router.get("/tags", response_model=Tags)
async def read_tags(context: Context, _caller: Viewer) -> Tags:
    """List every tag in use, the most used first."""
    async with context.open_uow() as uow:
        return Tags(tags=await uow.marks.tags())


@router.post("/conversations/{conversation_id}/tags", response_model=Tags)
async def tag(conversation_id: UUID, body: Tags, context: Context, caller: Agent) -> Tags:
    """Replace the conversation's tags; returns them as stored, in lower case and each once."""
    return Tags(tags=await marks.tag(context.open_uow, conversation_id, caller.name, body.tags))


@router.post("/conversations/{conversation_id}/snooze", response_model=Done)
async def snooze(conversation_id: UUID, body: Snooze, context: Context, caller: Agent) -> Done:
    """Let it wait for nobody until then, or until the customer writes; null wakes it."""
    await marks.snooze(
        context.open_uow, conversation_id, caller.name, body.until, datetime.now(UTC)
    )
    return Done()


@router.post("/conversations/{conversation_id}/priority", response_model=Done)
async def prioritise(
    conversation_id: UUID, body: NewPriority, context: Context, caller: Agent
) -> Done:
    """Set the ticket's priority, higher or lower."""
    await marks.prioritise(context.open_uow, conversation_id, caller.name, body.priority)
    return Done()


@router.post("/conversations/{conversation_id}/spam", response_model=Done)
async def mark_spam(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Resolve it as spam: what comes into it later is stored, and gets no turn and no reply."""
    await marks.mark_spam(context.open_uow, conversation_id, caller.name)
    return Done()


@router.post("/conversations/{conversation_id}/not-spam", response_model=Done)
async def unmark_spam(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Take the mark away and open the conversation again for the caller."""
    await marks.unmark_spam(context.open_uow, conversation_id, caller.name)
    return Done()


@router.post("/conversations/{conversation_id}/block", response_model=Blocked)
async def block(conversation_id: UUID, context: Context, caller: Agent) -> Blocked:
    """Block its sender and mark it as spam. A sender who only claims an address is blocked as a claimant."""
    sender = await marks.block_sender(context.open_uow, conversation_id, caller.name)
    return Blocked(kind=sender.kind.value, value=sender.value, is_proven=sender.assurance.is_proven)


@router.get("/blocked", response_model=BlockedSenders)
async def read_blocked(context: Context, _caller: Viewer) -> BlockedSenders:
    """List the blocked senders, the newest first."""
    async with context.open_uow() as uow:
        blocked = await uow.marks.blocked()
    return BlockedSenders(
        blocked=[
            BlockedSenderView.model_validate(sender, from_attributes=True) for sender in blocked
        ]
    )


@router.delete("/blocked", response_model=Done)
async def unblock(
    context: Context,
    caller: Agent,
    kind: Literal["email", "phone", "whatsapp"],
    value: Annotated[str, Query(min_length=1, max_length=700)],
) -> Done:
    """Let a sender's messages get turns again."""
    sender = Identifier(IdentifierKind(kind), value, Assurance.CLAIMED)
    await marks.unblock(context.open_uow, sender, caller.name)
    return Done()
