"""Builds the FastAPI application from its routers and middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware

from deployments.api import (
    accounts,
    articles,
    audit,
    bulk,
    company,
    conversation,
    customers,
    dead_letters,
    desk,
    desk_stream,
    digest,
    drafts,
    form,
    going_live,
    knowledge,
    linking,
    macros,
    mailboxes,
    marks,
    notifications,
    operations,
    preview,
    queue,
    sign_in,
    sources,
    tickets,
)
from deployments.api.context import ApiContext
from deployments.api.docs import add_docs
from deployments.api.errors import ErrorBody, ErrorFallback, add_error_handlers
from deployments.api.form_intake import FormIntake
from deployments.api.limits import BodyLimit
from deployments.api.request_room import AdmitRequests
from deployments.api.strict_json import StrictJson
from deployments.api.time_limits import TimeLimit, default_time_limits
from deployments.api.web import PagesMount, SecurityHeaders, WebPages
from deployments.api.webhooks import webhook_router
from deployments.tracing import TracedRequests
from domain.errors import SupportError
from domain.principals import Role

PREFIX = "/api/v1"


def create_api(
    context: ApiContext,
    pages: Path | None,
    origins: Sequence[str] = (),
    time_limits: Mapping[str, timedelta] | None = None,
    is_https: bool = False,
) -> FastAPI:
    """Build the application.

    Args:
        context: What the routers work with.
        pages: The folder of the exported web form; None serves no pages.
        origins: Other sites whose pages may call the API.
        time_limits: How long a path may take until it answers 503; None takes the calls' own limits.
        is_https: Customers reach the public address by HTTPS only.
    """

    async def may_import(request: Request) -> bool:
        try:
            principal = await context.gate.staff(request)
        except SupportError:
            return False  # The route refuses the request once its small body is read.
        return principal.role.includes(Role.EDITOR)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await context.close()

    app = FastAPI(
        title="Customer success",
        summary="Web form, Gmail and WhatsApp in; a right answer or a person out.",
        version=context.version,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # "default" also keeps FastAPI from documenting a 422, which the API never answers.
        responses={
            500: {"model": ErrorBody},
            "default": {"model": ErrorBody, "description": "Any other error"},
        },
        lifespan=lifespan,
    )
    app.state.context = context
    app.state.forms = FormIntake(context.open_uow, context.observe)
    api = APIRouter(prefix=PREFIX)
    for group in (form, tickets):
        api.include_router(group.router)
    api.include_router(webhook_router())
    groups = (
        operations,
        queue,
        conversation,
        desk,
        marks,
        bulk,
        macros,
        desk_stream,
        audit,
        drafts,
        dead_letters,
        linking,
        preview,
        customers,
        knowledge,
        articles,
        sources,
        digest,
        company,
        going_live,
        mailboxes,
        notifications,
        sign_in,
        accounts,
    )
    for group in groups:
        api.include_router(group.router)
    app.include_router(api)
    add_docs(app, PREFIX)
    add_error_handlers(app)
    if pages is not None and pages.is_dir():
        app.router.routes.append(PagesMount("/", WebPages(pages), name="web"))
    app.add_middleware(
        TimeLimit, limits=default_time_limits() if time_limits is None else time_limits
    )
    app.add_middleware(StrictJson)
    app.add_middleware(BodyLimit, may_import=may_import)
    app.add_middleware(
        AdmitRequests,
        room=context.requests,
        probes=frozenset(PREFIX + path for path in operations.PROBES),
    )
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=[
                "Content-Type",
                "Idempotency-Key",
                "X-Ticket-Token",
                "Challenge-Solution",
            ],
            expose_headers=["Retry-After"],
        )
    app.add_middleware(ErrorFallback)
    app.add_middleware(TracedRequests, tracing=context.tracing, prefix=PREFIX)
    app.add_middleware(SecurityHeaders, is_https=is_https)
    return app
