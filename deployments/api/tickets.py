"""A customer's own ticket: see it, follow it live, write again, ask for a person, say if it helped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from channels.web_form.form import FollowUp, repeat_key
from deployments.api.access import open_ticket
from deployments.api.context import ApiContext, Context
from deployments.api.errors import ErrorBody, FieldErrorBody
from deployments.api.schemas import (
    Feedback,
    MessageAccepted,
    TicketEscalation,
    TicketResponse,
    TicketView,
)
from domain.errors import Transient
from domain.records import Ticket
from domain.tickets import TicketStatus
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
TokenHeader = Annotated[str | None, Header(alias="X-Ticket-Token")]

_HEARTBEAT_S = 15.0


@router.get("", response_model=TicketView)
async def read_ticket(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> TicketView:
    """The ticket with what was said in it, for the holder of its token or staff."""
    ticket = await open_ticket(
        context.open_work, context.tokens, request, ticket_id, staff_keys=context.keys
    )
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
    """A follow-up in the same conversation."""
    context.per_address.take(context.sender_address(request))
    ticket = await open_ticket(context.open_work, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    key = repeat_key(body, idempotency_key)
    accepted = await receive_follow_up(
        context.open_work, ticket, body.message, key, context.observe
    )
    return MessageAccepted(
        ticket_id=ticket.number, message_id=accepted.message_id, created_at=accepted.created_at
    )


@router.post("/human", status_code=202, response_model=TicketView)
async def ask_a_person(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> TicketView:
    """Hand the ticket to a person, at once and without any model. Asking twice changes nothing."""
    ticket = await open_ticket(context.open_work, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    await ask_for_person(context.open_work, ticket, context.observe)
    return await read_again(context, ticket)


@router.post("/feedback", status_code=201, response_model=Feedback)
async def say_if_it_helped(
    ticket_id: str, body: Feedback, request: Request, context: Context, _token: TokenHeader = None
) -> Feedback:
    """Thumbs up or down, with a word on why."""
    ticket = await open_ticket(context.open_work, context.tokens, request, ticket_id)
    context.per_customer.take(str(ticket.customer_id))
    async with context.open_work() as work:
        await work.tickets.add_feedback(ticket.id, body.helpful, body.comment)
        await work.commit()
    return body


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`ticket` events"}},
)
async def follow_ticket(
    ticket_id: str, request: Request, context: Context, _token: TokenHeader = None
) -> StreamingResponse:
    """Server-sent events: the whole ticket at once and again whenever something was said in it."""
    ticket = await open_ticket(
        context.open_work, context.tokens, request, ticket_id, staff_keys=context.keys
    )
    return StreamingResponse(
        _events(context, ticket),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def view_ticket(context: ApiContext, ticket: Ticket) -> TicketView:
    """`ticket` as its customer sees it."""
    async with context.open_work() as work:
        messages = await work.messages.of_conversation(ticket.conversation_id)
        conversation = await work.conversations.get(ticket.conversation_id)
    is_escalated = ticket.escalation_reason is not None and ticket.status not in (
        TicketStatus.RESOLVED,
        TicketStatus.CLOSED,
    )
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
                role=one.role.value,
                content=one.content,
                created_at=one.created_at,
                channel=one.channel,
            )
            for one in messages
        ],
        escalation=TicketEscalation(reason=ticket.escalation_reason)
        if is_escalated and ticket.escalation_reason
        else None,
    )


async def read_again(context: ApiContext, ticket: Ticket) -> TicketView:
    async with context.open_work() as work:
        fresh = await work.tickets.by_number(ticket.number)
    return await view_ticket(context, fresh or ticket)


async def _events(context: ApiContext, ticket: Ticket) -> AsyncIterator[bytes]:
    changes = context.conversation_changes(ticket.conversation_id)
    shown = ""
    # Followed before the first look, so that nothing said in between is missed.
    change: asyncio.Future[None] | None = asyncio.ensure_future(anext(changes))
    try:
        while True:
            try:
                view = (await read_again(context, ticket)).model_dump_json()
            except Transient:
                return
            if view != shown:
                shown = view
                yield f"event: ticket\ndata: {view}\n\n".encode()
            else:
                yield b": still here\n\n"
            change = change or asyncio.ensure_future(anext(changes))
            done, _ = await asyncio.wait({change}, timeout=_HEARTBEAT_S)
            if done:
                change.result()
                change = None
    except StopAsyncIteration:
        return
    finally:
        if change is not None:
            change.cancel()
