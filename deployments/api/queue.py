"""Serves the staff queue: views, order, search and pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from deployments.api.bodies import shown_assurance, sla_view
from deployments.api.context import Context, Viewer
from deployments.api.cursors import pack, unpack
from deployments.api.errors import DESK_ERRORS
from deployments.api.queue_schemas import Queue, QueueCounts, QueueLine
from domain.channels import Channel
from domain.conversation_state import State
from domain.records import Owner, QueueCursor, QueueSort, QueueView
from domain.tickets import EscalationReason, TicketStatus
from pipeline.sentiment_labels import label_of

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)

_LARGEST_RANK = 2**31 - 1


@router.get("/conversations", response_model=Queue)
async def read_queue(
    context: Context,
    caller: Viewer,
    view: QueueView = QueueView.ALL,
    sort: QueueSort = QueueSort.URGENT,
    q: Annotated[str, Query(max_length=200)] = "",
    owner: Owner | None = None,
    status: TicketStatus | None = None,
    channel: Channel | None = None,
    reason: EscalationReason | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> Queue:
    """List conversations: in the order `urgent` those whose turn is a person's first, the most urgent on top.

    `waiting` are those whose turn is a person's, `mine` those that the caller owns, `unassigned` those that
    wait for anybody; none of the three holds what is snoozed. `mentioned` are those whose notes name the caller.
    `next_cursor` leads to the next page; every conversation can be reached, spam in its own view. `q` finds what
    holds each of its words: as (the beginning of) a ticket's number, an address, a name or a word of subject and
    messages, or as the end of a phone number. No view is counted further than 1000.
    """
    async with context.open_uow() as uow:
        entries = await uow.conversations.queue(
            viewer=caller.name,
            view=view,
            sort=sort,
            words=q.strip(),
            owner=owner,
            status=status,
            channel=channel,
            reason=reason,
            tag=tag,
            after=_cursor_of(cursor),
            limit=limit + 1,
        )
        counts = await uow.conversations.counts(caller.name)
        clocks = await uow.answer_clocks.of([entry.id for entry in entries])
    limits = context.agent_config().sentiment
    page, more = entries[:limit], entries[limit:]
    return Queue(
        viewer=caller.name,
        counts=QueueCounts.model_validate(counts, from_attributes=True),
        next_cursor=_cursor(page[-1].place) if more else None,
        conversations=[
            QueueLine(
                id=entry.id,
                ticket_id=entry.ticket_number,
                customer_name=entry.customer_name,
                assurance=shown_assurance(entry.assurance),
                channel=entry.channel,
                status=entry.status,
                owner=entry.owner,
                owner_name=entry.owner_name,
                reason=entry.reason,
                priority=entry.priority,
                subject=entry.subject,
                last_message_at=entry.last_message_at,
                oldest_unanswered_at=entry.oldest_unanswered_at,
                sentiment=entry.sentiment,
                sentiment_label=label_of(entry.sentiment, limits),
                state=State(entry.stage, entry.owner_name).shown,
                next_move=State(entry.stage, entry.owner_name).next_move,
                turn_since=entry.turn_since,
                sla=sla_view(clocks.get(entry.id)),
                unread=entry.unread,
                tags=list(entry.tags),
                snoozed_until=entry.snoozed_until,
                is_mentioned=entry.is_mentioned,
                is_spam=entry.is_spam,
            )
            for entry in page
        ],
    )


def _cursor(place: QueueCursor) -> str:
    return pack(place.rank, place.at.isoformat(), str(place.id))


def _cursor_of(text: str | None) -> QueueCursor | None:
    return None if text is None else unpack(text, _place)


def _place(rank: int, at: str, conversation_id: str) -> QueueCursor:
    if abs(int(rank)) > _LARGEST_RANK:
        raise ValueError("no place of a list")
    return QueueCursor(int(rank), datetime.fromisoformat(at).astimezone(UTC), UUID(conversation_id))
