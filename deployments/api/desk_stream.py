"""Streams what happens in conversations to open staff consoles, and who is at work in which."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from deployments.api.bodies import Done
from deployments.api.context import Agent, ApiContext, Context, Viewer
from deployments.api.desk_schemas import PresenceHere
from deployments.api.errors import DESK_ERRORS, ErrorBody, Unauthorized
from deployments.api.request_room import leave_request_room
from deployments.api.streams import SEPARATOR, EventStream, Stream
from deployments.live import Console
from domain.desk import DeskEvent, DeskEvents, Presence
from domain.errors import SessionOver, Transient
from domain.whole_numbers import whole_number

router = APIRouter(prefix="/staff", tags=["staff"], responses=DESK_ERRORS)
_EVENTS_AT_ONCE = 200
_LOOK_AGAIN = timedelta(seconds=0.5)
"""While events wait for an older transaction to end, which nothing tells of."""


async def staff_place(caller: Viewer, request: Request, context: Context) -> AsyncIterator[Stream]:
    """Hold a place for a stream of the caller until the response has ended.

    By person and not by address, as a whole office may call from one. Raises AtCapacity.
    """
    who = f"staff {caller.name}"
    with context.streams.open(who, who) as stream:
        yield stream


@router.get(
    "/stream",
    response_class=EventSourceResponse,
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "`conversation.changed`, `draft.ready` and `handover`, each with a conversation_id;"
            " `presence`; `ready` at the start; `reset` where events were missed for good",
        },
        503: {
            "model": ErrorBody,
            "description": "Too many streams are open: poll the queue instead",
        },
    },
)
async def follow_desk(
    request: Request,
    context: Context,
    _caller: Viewer,
    stream: Annotated[Stream, Depends(staff_place)],
    last_event_id: Annotated[str | None, Header(max_length=30)] = None,
) -> EventStream:
    """Send server-sent events: what changed, which draft is ready, who was handed over.

    With `Last-Event-ID` a stream goes on after that event, up to a day later; after `reset` read everything anew.
    A stream ends after some minutes; its last line is `retry` with the milliseconds to wait before reconnecting.
    """
    leave_request_room(request)
    place = whole_number(last_event_id or "")
    return EventStream(_events(context, request, stream, place))


@router.post("/conversations/{conversation_id}/presence", response_model=Done)
async def be_present(
    conversation_id: UUID, body: PresenceHere, context: Context, caller: Agent
) -> Done:
    """Tell the other consoles that the caller has it open, or writes an answer in it. Nothing is stored."""
    async with context.open_uow() as uow:
        await uow.conversations.get(conversation_id)
        await uow.desk_feed.announce(Presence(conversation_id, caller.name, body.is_writing))
        await uow.commit()
    return Done()


async def _events(
    context: ApiContext, request: Request, stream: Stream, place: int | None
) -> AsyncIterator[ServerSentEvent]:
    # Subscribe before the first read, so that nothing in between is missed.
    with context.desk_changes(stream.woken) as console:
        is_first = True
        while not stream.is_over:
            stream.woken.clear()
            try:
                async with context.streams.reading:
                    # Whoever was withdrawn or signed out meanwhile learns nothing more.
                    await context.gate.staff(request)
                    start, news = await _read(context, place)
            except (Transient, Unauthorized, SessionOver):
                break
            if is_first or start != place:
                name = "ready" if is_first and (place is None or news is not None) else "reset"
                yield ServerSentEvent("{}", event=name, id=str(start), sep=SEPARATOR)
            is_first, place = False, start
            events = news.events if news else ()
            for event, following in pairwise([*events, None]):
                if event is not None:
                    yield _shown(event, following)
                    place = event.place
            for presence in _taken(console):
                yield presence
            await _wait(stream, are_more=bool(news and news.are_more))
    yield ServerSentEvent(retry=stream.reconnect_after_ms, sep=SEPARATOR)


async def _read(context: ApiContext, place: int | None) -> tuple[int, DeskEvents | None]:
    """Return where the reader stands and what comes after it; None if it begins, or begins anew."""
    async with context.open_uow() as uow:
        if place is not None and place < 2**62:
            news = await uow.desk_feed.after(place, _EVENTS_AT_ONCE)
            if news is not None:
                return place, news
        return await uow.desk_feed.latest(), None


def _shown(event: DeskEvent, following: DeskEvent | None) -> ServerSentEvent:
    # The id stands at a transaction's last event: whoever reads on after it has seen the whole.
    is_last = following is None or following.place != event.place
    return ServerSentEvent(
        json.dumps({"conversation_id": str(event.conversation_id)}),
        event=event.kind.value,
        id=str(event.place) if is_last else None,
        sep=SEPARATOR,
    )


def _taken(console: Console) -> list[ServerSentEvent]:
    presences = list(console.presences.values())
    console.presences.clear()
    return [
        ServerSentEvent(
            json.dumps(
                {
                    "conversation_id": str(presence.conversation_id),
                    "name": presence.name,
                    "is_writing": presence.is_writing,
                }
            ),
            event="presence",
            sep=SEPARATOR,
        )
        for presence in presences
    ]


async def _wait(stream: Stream, *, are_more: bool) -> None:
    if not are_more:
        await stream.woken.wait()
        return
    try:
        async with asyncio.timeout(_LOOK_AGAIN.total_seconds()):
            await stream.woken.wait()
    except TimeoutError:
        return
