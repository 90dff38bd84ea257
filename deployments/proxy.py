"""What Serve's proxy says by itself: as long as it knows no ingress yet, "try again" and not "no such page".

A proxy that was just started, first or after a crash, answers 404 to every path until the controller
has told it the routes. Providers take that for final and give a message up.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response

_MARK = b"x-content-type-options"
"""On every answer of the ingress, which answers every path; what comes without it is the proxy's own."""
_RETRY_AFTER = timedelta(seconds=2)


def middlewares() -> list[Middleware]:
    """What RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names: Serve calls it once in each proxy."""
    return [Middleware(NotYet)]


class NotYet:
    """Turns a 404 of the proxy's own into a 503 with Retry-After."""

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
