"""Makes Serve's proxy answer the front alone, and 503 instead of 404 until it knows its routes.

A proxy that has just started answers 404 to every path until the controller has sent the routes. Providers
treat a 404 as final and drop the message.
"""

from __future__ import annotations

import hmac
from datetime import timedelta

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response
from deployments.settings import read_settings

_MARK = b"x-content-type-options"
"""A header of every response of the ingress, which serves all paths; without it the proxy itself answered."""
_FRONT_KEY = b"x-front-key"
_RETRY_AFTER = timedelta(seconds=2)


def middlewares() -> list[Middleware]:
    """Return the proxy's middleware; RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names this function."""
    key_file = read_settings().front_key_file
    if key_file is None:
        return [Middleware(NotYet)]
    key = key_file.read_text(encoding="utf-8").strip()
    return [Middleware(FrontOnly, key=key), Middleware(NotYet)]


class FrontOnly:
    """Answers 403 to callers without the front's key: they would go around its limits and name any sender.

    Serve's health check passes; it tells nothing.
    """

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] not in ("http", "websocket") or scope["path"] == "/-/healthz":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(_FRONT_KEY, b"")
        if not hmac.compare_digest(given, self._key):
            await error_response(403, "Please call the public address.")(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != _FRONT_KEY]
        await self._app({**scope, "headers": headers}, receive, send)


class NotYet:
    """Replaces the proxy's own 404 by a 503 with Retry-After."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        is_replaced = False

        async def send_unless_replaced(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and message["status"] == 404:
                is_replaced = all(name.lower() != _MARK for name, _ in message["headers"])
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, send_unless_replaced)
        if is_replaced:
            answer = error_response(
                503, "Just starting; please try again.", retry_after=_RETRY_AFTER
            )
            await answer(scope, receive, send)
