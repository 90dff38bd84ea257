"""Providers' webhooks: verify, parse, store, and only then say 2xx."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from channels.gmail.push import parse_push
from channels.whatsapp.parse import parse_inbound, parse_status
from deployments.api.context import ApiContext, Context
from deployments.api.errors import ErrorBody, FieldErrorBody, ForbiddenSignature
from domain.channels import Channel
from domain.errors import NotAuthentic, NotFound
from domain.events import SignatureRefused
from domain.traces import TraceContext
from pipeline.delivery_status import record_status
from pipeline.mailbox import sync_mailbox
from pipeline.receive import receive

log = logging.getLogger(__name__)

router = APIRouter(
    prefix="/webhooks",
    tags=["webhooks"],
    responses={
        400: {"model": FieldErrorBody},
        404: {"model": ErrorBody, "description": "The channel is not enabled"},
        413: {"model": ErrorBody},
        503: {"model": ErrorBody},
    },
)
_EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@router.post("/gmail", responses={200: {"description": "Durable"}, 401: {"model": ErrorBody}})
async def gmail_push(
    request: Request, context: Context, authorization: Annotated[str | None, Header()] = None
) -> Response:
    """A Pub/Sub push: something in the mailbox changed, so read it up to date."""
    if context.gmail is None:
        raise NotFound("the e-mail channel is off")
    try:
        await context.gmail.verifier.verify(authorization)
    except NotAuthentic:
        context.observe(SignatureRefused(Channel.EMAIL))
        raise
    notification = parse_push(await request.body())
    if notification.email_address.lower() != context.gmail.address.lower():
        log.warning("a push for another mailbox was ignored")
        return JSONResponse({"status": "ignored"})
    gmail, open_uow, observe = context.gmail, context.open_uow, context.observe
    await gmail.syncs.run(lambda: sync_mailbox(open_uow, gmail.mailbox, gmail.address, observe))
    return JSONResponse({"status": "ok"})


@router.post(
    "/whatsapp",
    response_class=Response,
    responses={200: {"content": {"text/xml": {}}}, 403: {"model": ErrorBody}},
)
async def whatsapp_message(
    request: Request,
    context: Context,
    x_twilio_signature: Annotated[str | None, Header()] = None,
) -> Response:
    """A customer's WhatsApp message. The empty TwiML tells Twilio that the reply comes later."""
    body = await _verified_body(request, context, x_twilio_signature)
    inbound = parse_inbound(body, datetime.now(UTC))
    await receive(context.open_uow, inbound, observe=context.observe)
    return Response(_EMPTY_TWIML, media_type="text/xml")


@router.post(
    "/whatsapp/status", responses={200: {"description": "Noted"}, 403: {"model": ErrorBody}}
)
async def whatsapp_status(
    request: Request,
    context: Context,
    x_twilio_signature: Annotated[str | None, Header()] = None,
) -> Response:
    """What became of a WhatsApp message that we sent."""
    body = await _verified_body(request, context, x_twilio_signature)
    update = parse_status(body, request.url.query)
    if update.state is None:
        log.warning("Twilio reports a status that we do not know: %s", update.status)
        return JSONResponse({"status": "ok"})
    trace = await _trace_of(context, update.provider_message_id)
    with context.tracing.span("delivery status", trace, state=update.state.value):
        await record_status(
            context.open_uow,
            Channel.WHATSAPP,
            update.provider_message_id,
            update.state,
            update.error_code,
            context.observe,
            update.part_key,
        )
    return JSONResponse({"status": "ok"})


async def _verified_body(request: Request, context: ApiContext, signature: str | None) -> bytes:
    """The body of a webhook that Twilio certainly signed, for our own public address.

    Raises NotFound while the channel is off, and ForbiddenSignature.
    """
    if context.whatsapp is None:
        raise NotFound("the WhatsApp channel is off")
    body = await request.body()
    try:
        context.whatsapp.verify(_signed_path(request), body, signature)
    except NotAuthentic as error:
        context.observe(SignatureRefused(Channel.WHATSAPP))
        log.warning("a WhatsApp webhook had no valid signature")
        raise ForbiddenSignature("Twilio signature") from error
    return body


async def _trace_of(context: ApiContext, provider_message_id: str) -> TraceContext | None:
    """A place in the trace of the message that the provider speaks of."""
    async with context.open_uow() as uow:
        trace_id = await uow.deliveries.trace_id(Channel.WHATSAPP, provider_message_id)
    return TraceContext.new(trace_id) if trace_id is not None else None


def _signed_path(request: Request) -> str:
    """Path and query as Twilio signed them; the host is the configured one, never the request's."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")
