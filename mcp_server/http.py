"""Serves MCP over streamable HTTP to staff, by their keys and from known origins."""

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

from deployments.api.access import Gate, StaffKeys
from deployments.api.errors import Unauthorized, error_response
from deployments.api.guesses import GuessLimit
from deployments.api.limits import SenderAddress
from deployments.configs.ingress import IngressConfig
from deployments.metrics import EventCounter
from deployments.settings import Settings, read_settings
from domain.company import Company
from domain.errors import ConfigurationError, Overloaded
from domain.principals import Principal
from mcp_server.connection import Connection
from mcp_server.metrics import PrometheusMeter
from mcp_server.server import build_server, warm

_CALLER = "staff_caller"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class StaffOnly:
    """Answers 401 without a staff key and 429 to guesses, before the body is read."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or answer 401 or 429."""
        if scope["type"] == "http":
            refusal = None
            try:
                caller = await self._gate.staff(Request(scope))
            except Unauthorized:
                refusal = error_response(401, "A valid staff key is needed.")
            except Overloaded as error:
                refusal = error_response(
                    429,
                    "Too many requests just now; please try again.",
                    retry_after=error.retry_after,
                )
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            scope.setdefault("state", {})[_CALLER] = caller
        await self._app(scope, receive, send)


def create_app(
    connection: Connection, settings: Settings, meter: PrometheusMeter, company: Company
) -> Starlette:
    """Make the application with /mcp and /metrics. Raises ConfigurationError without any staff key."""
    if not settings.staff_keys:
        raise ConfigurationError(
            "MCP over HTTP needs STAFF_API_KEYS (name:key, comma-separated): without one anybody could call."
        )
    gate = Gate(
        StaffKeys(settings.staff_keys),
        GuessLimit(IngressConfig().wrong_keys_per_minute_per_address),
        SenderAddress(settings.proxies),
    )

    async def caller_of(context: Context[Any, Any]) -> Principal:
        request = context.request_context.request
        if not isinstance(request, Request):
            raise TypeError("a call over HTTP without its request")
        caller = request.scope.get("state", {}).get(_CALLER)
        if not isinstance(caller, Principal):
            raise ToolError("A valid staff key is needed.")
        return caller

    app = build_server(connection, caller_of, company).streamable_http_app(
        transport_security=_security(settings)
    )
    app.add_route("/metrics", meter.export)
    app.add_middleware(StaffOnly, gate=gate)
    return app


async def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal; the models load in the background."""
    meter = PrometheusMeter()
    connection = Connection(read_settings, EventCounter(meter))
    app = create_app(connection, settings, meter, await connection.company())
    config = uvicorn.Config(app, host=host, port=port, log_level="warning")
    warming = asyncio.create_task(warm(connection))
    try:
        await uvicorn.Server(config).serve()
    finally:
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await connection.close()


def _security(settings: Settings) -> TransportSecuritySettings:
    """Allow this machine, PUBLIC_BASE_URL and ALLOWED_ORIGINS alone, against DNS rebinding."""
    public = urlsplit(settings.base_url)
    named = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    own = f"{public.scheme}://{public.netloc}"
    return TransportSecuritySettings(
        allowed_hosts=[f"{host}:*" for host in _LOOPBACK] + [public.netloc],
        allowed_origins=[f"http://{host}:*" for host in _LOOPBACK] + [own, *named],
    )
