"""Serves what staff do in a conversation: take, assign, note, reply, resolve and reopen it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header

from deployments.api.bodies import Done
from deployments.api.context import Agent, Context, Viewer
from deployments.api.desk_schemas import (
    Assignment,
    Begun,
    NewConversation,
    NewNote,
    Noted,
    People,
    ResolutionNote,
    StaffReply,
    Taken,
    TakeOver,
)
from deployments.api.errors import DESK_ERRORS
from domain.errors import Malformed
from pipeline import staff
from pipeline.begin import begin, recipient_of
from pipeline.macros import filled

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)


@router.post("/conversations/{conversation_id}/take", response_model=Taken)
async def take(
    conversation_id: UUID, context: Context, caller: Agent, body: TakeOver | None = None
) -> Taken:
    """Take the conversation; from then on the agent is silent. 409 names its present owner."""
    note = body.note if body is not None else None
    await staff.take(context.open_uow, conversation_id, caller.name, note)
    return Taken(owner_name=caller.name)


@router.post("/conversations/{conversation_id}/assign", response_model=Taken)
async def assign(conversation_id: UUID, body: Assignment, context: Context, caller: Agent) -> Taken:
    """Give the conversation to a colleague, whoever owns it now."""
    if body.to not in await context.keys.names():
        raise Malformed("no such colleague", {"to": "is not the name of anybody of staff"})
    await staff.assign(context.open_uow, conversation_id, caller.name, body.to, body.note)
    return Taken(owner_name=body.to)


@router.post("/conversations/{conversation_id}/reopen", response_model=Taken)
async def reopen(conversation_id: UUID, context: Context, caller: Agent) -> Taken:
    """Open a resolved conversation again; the caller owns it. 409 unless it is resolved."""
    await staff.reopen(context.open_uow, conversation_id, caller.name)
    return Taken(owner_name=caller.name)


@router.post("/conversations/{conversation_id}/notes", status_code=201, response_model=Noted)
async def add_note(conversation_id: UUID, body: NewNote, context: Context, caller: Agent) -> Noted:
    """Write a note that only staff see; whoever it names with @ is told in their view `mentioned`."""
    people = await context.keys.names()
    mentions = await staff.add_note(
        context.open_uow, conversation_id, caller.name, body.content, people
    )
    return Noted(mentions=mentions)


@router.post("/conversations/{conversation_id}/seen", response_model=Done)
async def see(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Mark it as read by its owner, or by anybody while nobody owns it; for others nothing changes."""
    await staff.see(context.open_uow, conversation_id, caller.name)
    return Done()


@router.get("/people", response_model=People)
async def read_people(context: Context, _caller: Viewer) -> People:
    """List the staff by name."""
    return People(people=await context.keys.names())


@router.post("/conversations/{conversation_id}/release", response_model=Done)
async def release(conversation_id: UUID, context: Context, caller: Agent) -> Done:
    """Give the conversation back to the agent."""
    await staff.release(context.open_uow, conversation_id, caller.name)
    return Done()


@router.post("/conversations/{conversation_id}/reply", status_code=201, response_model=Done)
async def reply(
    conversation_id: UUID,
    body: StaffReply,
    context: Context,
    caller: Agent,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Done:
    """Answer on the customer's channel, with own words or a macro; take the conversation first.

    A repeat with the same `Idempotency-Key` and the same content is not sent again.
    """
    content = body.content
    if body.macro is not None:
        async with context.open_uow() as uow:
            macro = await uow.macros.get(body.macro)
            conversation = await uow.conversations.get(conversation_id)
            content = content or await filled(uow, macro, conversation, caller.name)
    await staff.reply(
        context.open_uow, conversation_id, caller.name, content or "", idempotency_key, body.macro
    )
    return Done()


@router.post("/conversations", status_code=201, response_model=Begun)
async def begin_conversation(body: NewConversation, context: Context, caller: Agent) -> Begun:
    """Write first, by mail or WhatsApp; the caller owns the conversation.

    WhatsApp takes a first message only as a template of the company profile: 409 where there is none.
    """
    if body.channel not in context.intakes:
        raise Malformed("the channel is off", {"channel": "is not enabled"})
    recipient = recipient_of(body.channel, body.to)
    conversation = await begin(
        context.open_uow,
        body.channel,
        recipient,
        caller.name,
        name=body.name,
        subject=body.subject,
        content=body.content,
    )
    return Begun(conversation_id=conversation.id)


@router.post("/conversations/{conversation_id}/resolve", response_model=Done)
async def resolve(
    conversation_id: UUID, body: ResolutionNote, context: Context, caller: Agent
) -> Done:
    """Resolve the ticket and close the conversation, with a note on what helped."""
    await staff.resolve(context.open_uow, conversation_id, caller.name, body.note)
    return Done()


@router.post("/conversations/{conversation_id}/messages/{message_id}/retry", response_model=Done)
async def retry_delivery(
    conversation_id: UUID, message_id: UUID, context: Context, caller: Agent
) -> Done:
    """Send a reply's undelivered parts again. 409 while it is being delivered or once it has arrived."""
    await staff.retry_delivery(context.open_uow, conversation_id, message_id, caller.name)
    return Done()
