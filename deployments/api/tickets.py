"""Lets customers read and follow their ticket, write again, ask for a person and give feedback."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from channels.rich_text import to_html
from channels.web_form.channel import FollowUp, repeat_key
from deployments.api.access import open_ticket
from deployments.api.context import ApiContext, Context
from deployments.api.errors import ErrorBody, FieldErrorBody
from deployments.api.request_room import leave_request_room
from deployments.api.streams import SEPARATOR, EventStream, Stream
from deployments.api.ticket_schemas import (
    Feedback,
    MessageAccepted,
    TicketResponse,
    TicketView,
    escalation_of,
)
from domain.choices import offered_in
from domain.company import Company
from domain.conversation_state import state_of
from domain.errors import Transient
from domain.messages import Role
from domain.records import StoredMessage, Ticket
from domain.wording import say
from pipeline.receive import receive_follow_up
from pipeline.staff import ask_for_person

router = APIRouter(
    prefix="/tickets/{ticket_id}",
    tags=["tickets"],
    responses={
        400: {"model": FieldErrorBody},
        404: {"model": ErrorBody, "description": "Wrong number or wrong token"},
        429: {"model": ErrorBody},
        503: {"model": ErrorBody},
    },
)
POLLS_WITHIN = timedelta(seconds=20)
"""A page without a stream asks every 15 seconds at first."""
TokenHeader = Annotated[str | None, Header(alias="X-Ticket-Token")]


@router.get("", response_model=TicketView)
async def read_ticket(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> TicketView:
    """Return the ticket and its messages, to the holder of its token or to staff."""
    ticket = await open_ticket(
        context.open_uow, context.gate, context.tokens, request, ticket_id, staff_too=True
    )
    if request.headers.get("x-ticket-token"):
        await note_seen(context, ticket, POLLS_WITHIN)
    return await view_ticket(context, ticket)


@router.post(
    "/messages",
    status_code=201,
    response_model=MessageAccepted,
    responses={413: {"model": ErrorBody}},
)
async def write_again(
    ticket_id: str,
    body: FollowUp,
    request: Request,
    context: Context,
    _token: TokenHeader = None,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> MessageAccepted:
    """Add a message to the ticket's conversation."""
    context.per_address.take(context.sender_address(request))
    ticket = await open_ticket(context.open_uow, context.gate, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    key = repeat_key(body, idempotency_key)
    accepted = await receive_follow_up(context.open_uow, ticket, body.message, key, context.observe)
    return MessageAccepted(
        ticket_id=ticket.number, message_id=accepted.message_id, created_at=accepted.created_at
    )


@router.post("/human", status_code=202, response_model=TicketView)
async def ask_a_person(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> TicketView:
    """Hand the ticket over to staff at once, without asking a model. A second call changes nothing."""
    ticket = await open_ticket(context.open_uow, context.gate, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    await ask_for_person(context.open_uow, ticket, context.observe)
    return await read_again(context, ticket)


@router.post("/feedback", status_code=201, response_model=Feedback)
async def say_if_it_helped(
    ticket_id: str, body: Feedback, request: Request, context: Context, _token: TokenHeader = None
) -> Feedback:
    """Rate the answer, with an optional comment."""
    ticket = await open_ticket(context.open_uow, context.gate, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    async with context.open_uow() as uow:
        await uow.tickets.add_feedback(ticket.id, body.helpful, body.comment)
        await uow.commit()
    return body


async def stream_place(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> AsyncIterator[Stream]:
    """Hold a place for a stream of the ticket until the response has ended.

    Raises:
        NotFound: The caller may not see the ticket.
        Overloaded: The caller's address has tried too many wrong secrets.
        AtCapacity: Too many streams are open; checked before the database is asked.
    """
    await context.gate.ticket(context.tokens, request, ticket_id, staff_too=True)
    with context.streams.open(context.sender_address(request), ticket_id) as stream:
        yield stream


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "content": {"text/event-stream": {}},
            "description": "`ticket` events; after some minutes a last line, `retry`",
        },
        503: {
            "model": ErrorBody,
            "description": "Not available, or too many streams are open: poll the ticket instead",
        },
    },
)
async def follow_ticket(
    ticket_id: str,
    request: Request,
    context: Context,
    stream: Annotated[Stream, Depends(stream_place)],
    _token: TokenHeader = None,
) -> EventStream:
    """Send the whole ticket as a server-sent event, at once and after each new message.

    A stream ends after some minutes; its last line is `retry` with the milliseconds to wait before reconnecting.
    While too many are open the answer is 503 with Retry-After: poll the ticket every 15 seconds, later every minute.
    """
    ticket = await open_ticket(
        context.open_uow, context.gate, context.tokens, request, ticket_id, staff_too=True
    )
    leave_request_room(request)
    is_customer = bool(request.headers.get("x-ticket-token"))
    return EventStream(_events(context, ticket, stream, is_customer=is_customer))


async def view_ticket(context: ApiContext, ticket: Ticket) -> TicketView:
    """Return `ticket` as its customer sees it."""
    async with context.open_uow() as uow:
        messages = await uow.messages.of_conversation(ticket.conversation_id)
        conversation = await uow.conversations.get(ticket.conversation_id)
        profile = await uow.company.current()
    state = state_of(conversation, ticket)
    language = conversation.language or profile.company.languages[0]
    return TicketView(
        ticket_id=ticket.number,
        status=ticket.status,
        category=ticket.category,
        priority=ticket.priority,
        subject=ticket.subject,
        source_channel=ticket.source_channel,
        owner=conversation.owner,
        created_at=ticket.created_at,
        updated_at=ticket.updated_at,
        responses=[
            TicketResponse(
                role=message.role.value,
                content=message.content,
                html=None if message.role is Role.CUSTOMER else to_html(message.content),
                created_at=message.created_at,
                channel=message.channel,
            )
            for message in messages
        ],
        escalation=escalation_of(ticket.escalation_reason, ticket.escalation_topic)
        if state.is_with_people and ticket.escalation_reason
        else None,
        state=state.shown,
        state_text=say(profile.company, language, f"state.{state.shown}"),
        choices=_choices(profile.company, messages),
    )


def _choices(company: Company, messages: Sequence[StoredMessage]) -> list[str]:
    newest = messages[-1] if messages else None
    return list(offered_in(company, newest.content)) if newest and newest.role is Role.AGENT else []


async def note_seen(context: ApiContext, ticket: Ticket, polls_within: timedelta) -> None:
    """Note that the customer's page shows the ticket, so that no mail tells of what stands there."""
    async with context.open_uow() as uow:
        await uow.form_pages.note_seen(ticket.conversation_id, polls_within)
        await uow.commit()


def _holds_answer(view: TicketView) -> bool:
    """Whether there is something of ours to see."""
    return any(response.role != Role.CUSTOMER.value for response in view.responses)


async def read_again(context: ApiContext, ticket: Ticket) -> TicketView:
    """Return the ticket's present state as its customer sees it."""
    async with context.open_uow() as uow:
        fresh = await uow.tickets.by_number(ticket.number)
    return await view_ticket(context, fresh or ticket)


async def _events(
    context: ApiContext, ticket: Ticket, stream: Stream, *, is_customer: bool
) -> AsyncIterator[ServerSentEvent]:
    shown = b""
    # Subscribe before the first read, so that no message in between is missed.
    with context.conversation_changes(ticket.conversation_id, stream.woken):
        while not stream.is_over:
            stream.woken.clear()
            try:
                async with context.streams.reading:
                    shows = await read_again(context, ticket)
                    view = shows.model_dump_json()
                    digest = hashlib.blake2b(view.encode(), digest_size=16).digest()
                    is_new = digest != shown
                    if is_new and is_customer and _holds_answer(shows):
                        await note_seen(context, ticket, timedelta())
            except Transient:
                break
            # Only a digest is kept, or the ticket's text would stay in memory while the page is open.
            if is_new:
                shown = digest
                yield ServerSentEvent(view, event="ticket", sep=SEPARATOR)
            del view, shows
            await stream.woken.wait()
    yield ServerSentEvent(retry=stream.reconnect_after_ms, sep=SEPARATOR)
