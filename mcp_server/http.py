"""Serves MCP over streamable HTTP to staff, by their keys and from known origins."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from database.unit_of_work import open_uow
from deployments.api.access import Gate, bearer_key
from deployments.api.errors import Unauthorized, error_response
from deployments.api.guesses import GuessLimit
from deployments.api.limits import SenderAddress
from deployments.api.session_cookie import SessionCookie
from deployments.configs.ingress import IngressConfig
from deployments.metrics import EventCounter
from deployments.settings import Settings, read_settings
from deployments.staff_directory import Staff
from deployments.storage import make_pool
from domain.company import Company
from domain.errors import Overloaded, StoreUnavailable
from domain.ports import StaffDirectory
from domain.principals import Principal, set_caller
from mcp_server.connection import Connection
from mcp_server.metrics import PrometheusMeter
from mcp_server.server import build_server, warm

_CALLER = "staff_caller"
_RETRY_AFTER = timedelta(seconds=5)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class StaffOnly:
    """Answers 401 without a staff key and 429 to guesses, before the body is read; 503 without the database."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or refuse it."""
        if scope["type"] == "http":
            refusal = None
            request = Request(scope)
            try:
                # A browser's session opens the console and nothing else.
                caller = await self._gate.key(request, bearer_key(request) or "")
            except Unauthorized:
                refusal = error_response(401, "A valid staff key is needed.")
            except StoreUnavailable:
                refusal = error_response(
                    503,
                    "The database does not answer just now; please try again.",
                    retry_after=_RETRY_AFTER,
                )
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
    connection: Connection,
    settings: Settings,
    meter: PrometheusMeter,
    company: Company,
    keys: StaffDirectory,
) -> Starlette:
    """Make the application with /mcp and /metrics, which staff alone reach."""
    gate = Gate(
        keys,
        GuessLimit(IngressConfig().wrong_keys_per_minute_per_address),
        SenderAddress(settings.proxies),
        SessionCookie(settings.base_url),
    )

    async def caller_of(context: Context[Any, Any]) -> Principal:
        request = context.request_context.request
        if not isinstance(request, Request):
            raise TypeError("a call over HTTP without its request")
        caller = request.scope.get("state", {}).get(_CALLER)
        if not isinstance(caller, Principal):
            raise ToolError("A valid staff key is needed.")
        set_caller(caller)
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
    pool = make_pool(settings, "mcp-staff", max_size=2)
    staff = Staff(settings.staff_keys, open_uow(pool))
    app = create_app(connection, settings, meter, await connection.company(), staff)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning")
    warming = asyncio.create_task(warm(connection))
    try:
        await uvicorn.Server(config).serve()
    finally:
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await connection.close()
        await pool.close()


def _security(settings: Settings) -> TransportSecuritySettings:
    """Allow this machine, PUBLIC_BASE_URL and ALLOWED_ORIGINS alone, against DNS rebinding."""
    public = urlsplit(settings.base_url)
    named = [origin.strip() for origin in settings.allowed_origins.split(",") if origin.strip()]
    own = f"{public.scheme}://{public.netloc}"
    return TransportSecuritySettings(
        allowed_hosts=[f"{host}:*" for host in _LOOPBACK] + [public.netloc],
        allowed_origins=[f"http://{host}:*" for host in _LOOPBACK] + [own, *named],
    )
