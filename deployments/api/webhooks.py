"""Mounts the channels' webhooks: verify, receive, and only then say 2xx."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from channels.registry import transports
from channels.spec import Transport, Webhook, WebhookCall
from deployments.api.context import Context
from deployments.api.errors import ErrorBody, FieldErrorBody, ForbiddenSignature
from domain.channels import Channel
from domain.errors import NotAuthentic, NotFound
from domain.events import SignatureRefused

log = logging.getLogger(__name__)


def webhook_router() -> APIRouter:
    """Routes of every registered channel; those of a channel that is off answer 404."""
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
    for channel, transport in transports():
        for webhook in transport.webhooks:
            _mount(router, channel, transport, webhook)
    return router


def _mount(
    router: APIRouter, channel: Channel, transport: Transport, webhook: Webhook[Any]
) -> None:
    is_json = webhook.media_type == "application/json"
    durable: dict[str, Any] = {"description": "Durable"}
    if not is_json:
        durable["content"] = {webhook.media_type: {}}
    router.add_api_route(
        webhook.path,
        _endpoint(channel, transport, webhook),
        methods=["POST"],
        name=webhook.receive.__name__,
        description=webhook.receive.__doc__,
        response_class=JSONResponse if is_json else Response,
        responses={200: durable, webhook.refusal_status: {"model": ErrorBody}},
    )


def _endpoint(
    channel: Channel, transport: Transport, webhook: Webhook[Any]
) -> Callable[..., Awaitable[Response]]:
    async def receive(
        request: Request,
        context: Context,
        signature: str | None = Header(default=None, alias=webhook.signature_header),
    ) -> Response:
        intake = context.intakes.get(channel)
        if intake is None or not isinstance(intake, transport.intake):
            raise NotFound("the channel is off")
        query = request.url.query
        call = WebhookCall(
            body=await request.body(),
            path=request.url.path + (f"?{query}" if query else ""),
            query=query,
            signature=signature,
            open_uow=context.open_uow,
            observe=context.observe,
            span=context.tracing.span,
        )
        try:
            await webhook.verify(intake, call)
        except NotAuthentic as error:
            context.observe(SignatureRefused(channel))
            log.warning("a webhook of %s was refused: %s", channel, error)
            if webhook.refusal_status == 403:
                raise ForbiddenSignature(webhook.signature_header) from error
            raise
        answer = await webhook.receive(intake, call)
        return Response(answer.content, media_type=answer.media_type)

    return receive
