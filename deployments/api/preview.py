"""Shows staff what a reply will look like on the customer's channel."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from channels.registry import preview
from deployments.api.context import Agent, Context
from deployments.api.desk_schemas import ReplyText
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody

router = APIRouter(
    prefix="/staff",
    tags=["staff"],
    responses={400: {"model": FieldErrorBody}, **STAFF_ERRORS, 404: {"model": ErrorBody}},
)


class ReplyPreview(BaseModel):
    """A reply as its reader will see it."""

    parts: list[str]
    """The text of each message that is sent; one, except where the channel limits its length."""
    html: str | None
    """Where the reader sees HTML; safe to show."""


@router.post("/conversations/{conversation_id}/preview", response_model=ReplyPreview)
async def preview_reply(
    conversation_id: UUID, body: ReplyText, context: Context, _caller: Agent
) -> ReplyPreview:
    """Show a reply in the form of the conversation's channel. Sends and stores nothing."""
    async with context.open_uow() as uow:
        conversation = await uow.conversations.get(conversation_id)
        config = await uow.channel_configs.get(conversation.channel)
    shown = await asyncio.to_thread(preview, body.content, config)
    return ReplyPreview(parts=list(shown.parts), html=shown.html)
