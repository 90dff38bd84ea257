"""Serves what people were told of: the list, the acknowledgement and the replay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from deployments.api.bodies import Done
from deployments.api.context import Admin, Agent, Context
from deployments.api.cursors import pack, unpack
from deployments.api.errors import STAFF_ERRORS, ConflictBody, ErrorBody, FieldErrorBody
from domain.notifications import EventType, Notice, NoticeState
from pipeline.notify import acknowledge_notification, replay_notification

router = APIRouter(
    prefix="/notifications",
    tags=["notifications"],
    responses={400: {"model": FieldErrorBody}, **STAFF_ERRORS},
)


class NotificationView(BaseModel):
    """A notification; its id is the `webhook-id` of every attempt."""

    id: UUID
    event_id: UUID
    type: EventType
    route: str
    step: int
    """0 for the first one of an event by this route; each later one follows because nobody acted."""
    state: NoticeState
    conversation_id: UUID | None
    data: dict[str, Any]
    attempts: int
    due_at: datetime
    """When it is sent, or tried again."""
    sent_at: datetime | None
    last_error: str | None
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    """Who acknowledged it, took the conversation or answered in it."""


class Notifications(BaseModel):
    """Notifications, the newest first."""

    notifications: list[NotificationView]
    next_cursor: str | None


@router.get("", response_model=Notifications)
async def list_notifications(
    context: Context,
    _caller: Agent,
    only_open: bool = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Notifications:
    """List what was told by the routes of the company profile; `only_open` is what still asks for an act."""
    async with context.open_uow() as uow:
        found = await uow.notifications.page(
            after=_place_of(cursor), only_open=only_open, limit=limit + 1
        )
    page, more = found[:limit], found[limit:]
    return Notifications(
        notifications=[_view(notice) for notice in page],
        next_cursor=_cursor(page[-1]) if more else None,
    )


@router.post(
    "/{notification_id}/ack", response_model=NotificationView, responses={404: {"model": ErrorBody}}
)
async def acknowledge(notification_id: UUID, context: Context, caller: Agent) -> NotificationView:
    """Say that somebody has seen it: no route repeats what it tells. A second time changes nothing."""
    return _view(await acknowledge_notification(context.open_uow, notification_id, caller.name))


@router.post(
    "/{notification_id}/replay",
    response_model=Done,
    responses={404: {"model": ErrorBody}, 409: {"model": ConflictBody}},
)
async def replay(notification_id: UUID, context: Context, caller: Admin) -> Done:
    """Send it again under the same `webhook-id`, whatever became of it. 409 while it is being sent."""
    await replay_notification(context.open_uow, notification_id, caller.name)
    return Done()


def _view(notice: Notice) -> NotificationView:
    return NotificationView.model_validate(notice, from_attributes=True)


def _cursor(notice: Notice) -> str:
    return pack(notice.created_at.isoformat(), str(notice.id))


def _place_of(cursor: str | None) -> tuple[datetime, UUID] | None:
    return None if cursor is None else unpack(cursor, _place)


def _place(at: str, notification_id: str) -> tuple[datetime, UUID]:
    return datetime.fromisoformat(at).astimezone(UTC), UUID(notification_id)
