"""Streamable HTTP for staff: a staff key as bearer, and no page of another origin."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.access import StaffKeys, find_principal
from deployments.api.errors import error_response
from deployments.metrics import EventCounter
from deployments.settings import Settings, read_settings
from domain.errors import ConfigurationError
from domain.ports import StaffDirectory
from domain.principals import Principal
from mcp_server.connection import Connection
from mcp_server.metrics import PrometheusMeter
from mcp_server.server import build_server, warm

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class StaffOnly:
    """Answers 401 to whoever has no staff key, before anything of the request is read."""

    def __init__(self, app: ASGIApp, keys: StaffDirectory) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and await find_principal(self._keys, Request(scope)) is None:
            refusal = error_response(401, "A valid staff key is needed.")
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def create_app(connection: Connection, settings: Settings, meter: PrometheusMeter) -> Starlette:
    """The ASGI application at /mcp, its metrics at /metrics. Raises ConfigurationError without any staff key."""
    if not settings.staff_keys:
        raise ConfigurationError(
            "MCP over HTTP needs STAFF_API_KEYS (name:key, comma-separated): without one anybody could call."
        )
    keys = StaffKeys(settings.staff_keys)

    async def caller_of(context: Context[Any, Any]) -> Principal:
        request = context.request_context.request
        if not isinstance(request, Request):
            raise TypeError("a call over HTTP without its request")
        caller = await find_principal(keys, request)
        if caller is None:
            raise ToolError("A valid staff key is needed.")
        return caller

    app = build_server(connection, caller_of).streamable_http_app(
        transport_security=_security(settings)
    )
    app.add_route("/metrics", meter.export)
    app.add_middleware(StaffOnly, keys=keys)
    return app


async def serve_http(settings: Settings, host: str, port: int) -> None:
    """Until a signal. The models load meanwhile."""
    meter = PrometheusMeter()
    connection = Connection(read_settings, EventCounter(meter))
    app = create_app(connection, settings, meter)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning")
    warming = asyncio.create_task(warm(connection))
    try:
        await uvicorn.Server(config).serve()
    finally:
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await connection.close()


def _security(settings: Settings) -> TransportSecuritySettings:
    """This machine and what PUBLIC_BASE_URL and ALLOWED_ORIGINS name; DNS rebinding finds no door."""
    public = urlsplit(settings.base_url)
    named = [one.strip() for one in settings.allowed_origins.split(",") if one.strip()]
    own = f"{public.scheme}://{public.netloc}"
    return TransportSecuritySettings(
        allowed_hosts=[f"{host}:*" for host in _LOOPBACK] + [public.netloc],
        allowed_origins=[f"http://{host}:*" for host in _LOOPBACK] + [own, *named],
    )
