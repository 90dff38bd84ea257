"""Lets staff read, send and discard the agent's drafts, ask for a suggestion, and see how good drafts are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import Done
from deployments.api.context import Agent, Context, Viewer
from deployments.api.cursors import pack, unpack
from deployments.api.draft_schemas import (
    DraftApproval,
    DraftDiscard,
    DraftQuality,
    DraftSent,
    SuggestionView,
    WaitingDrafts,
    view_figures,
    view_sources,
    view_waiting,
)
from deployments.api.errors import DESK_ERRORS
from domain.channels import Channel
from domain.drafts import DraftCursor
from pipeline import drafts

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)


@router.get("/drafts", response_model=WaitingDrafts)
async def read_drafts(
    context: Context,
    _caller: Viewer,
    channel: Channel | None = None,
    topic: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> WaitingDrafts:
    """List the drafts that may be sent, the one that has waited longest first."""
    async with context.open_uow() as uow:
        lines = await uow.drafts.waiting(
            channel=channel, topic=topic, after=_cursor_of(cursor), limit=limit + 1
        )
        total = await uow.drafts.count_waiting()
    page, more = lines[:limit], lines[limit:]
    return WaitingDrafts(
        drafts=[
            view_waiting(
                line.draft,
                ticket_id=line.ticket_number,
                customer_name=line.customer_name,
                subject=line.subject,
                question=line.question,
            )
            for line in page
        ],
        total=total,
        next_cursor=_cursor(page[-1].draft.created_at, page[-1].draft.id) if more else None,
    )


@router.get("/drafts/quality", response_model=DraftQuality)
async def read_draft_quality(
    context: Context, _caller: Viewer, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> DraftQuality:
    """Tell by channel and topic how many drafts were sent and how much people changed in them.

    A topic whose drafts are nearly all sent unchanged can be set to `auto`.
    """
    async with context.open_uow() as uow:
        figures = await uow.drafts.figures(datetime.now(UTC) - timedelta(days=days))
        profile = await uow.company.current()
    answering = profile.company.answering
    return DraftQuality(
        days=days,
        figures=[view_figures(line, answering.mode(line.channel, line.topic)) for line in figures],
    )


@router.post("/conversations/{conversation_id}/draft/approve", response_model=DraftSent)
async def approve_draft(
    conversation_id: UUID, context: Context, caller: Agent, body: DraftApproval | None = None
) -> DraftSent:
    """Send the draft, or `content` in its place, as the caller's reply.

    It is sent once, however often this is called. 409 once a newer message, a person or a changed article has made
    the draft stale, or somebody has decided about it.
    """
    asked = body or DraftApproval()
    message = await drafts.approve(
        context.open_uow, conversation_id, caller.name, asked.content, asked.draft_id
    )
    return DraftSent(message_id=message.id)


@router.post("/conversations/{conversation_id}/draft/discard", response_model=Done)
async def discard_draft(
    conversation_id: UUID, context: Context, caller: Agent, body: DraftDiscard | None = None
) -> Done:
    """Throw the draft away; the conversation then waits for a person. 409 as for an approval."""
    asked = body or DraftDiscard()
    await drafts.discard(
        context.open_uow,
        conversation_id,
        caller.name,
        asked.reason,
        asked.draft_id,
        context.observe,
    )
    return Done()


@router.post("/conversations/{conversation_id}/suggest", response_model=SuggestionView)
async def suggest_reply(conversation_id: UUID, context: Context, _caller: Agent) -> SuggestionView:
    """Draft a reply to what the customer wrote last, for the caller to edit; nothing is stored or sent.

    Subjects that only a person may answer get no draft, but the closest articles.
    """
    async with context.open_uow() as uow:
        await uow.conversations.get(conversation_id)
    suggestion = await context.suggest(conversation_id)
    return SuggestionView(
        draft=suggestion.text,
        sources=view_sources(suggestion.sources),
        reason=suggestion.reason,
    )


def _cursor(created_at: datetime, draft_id: UUID) -> str:
    return pack(created_at.isoformat(), str(draft_id))


def _cursor_of(text: str | None) -> DraftCursor | None:
    return None if text is None else unpack(text, _place)


def _place(created_at: str, draft_id: str) -> DraftCursor:
    return DraftCursor(datetime.fromisoformat(created_at).astimezone(UTC), UUID(draft_id))
