"""Closes a stand-in's own `/_…` calls to callers without its key."""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

STAND_IN_HEADER = "X-Standin-Key"


class Keyed:
    """Answers 401 to a call of a path that begins with `/_` and lacks the key."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] == "http" and scope["path"].startswith("/_"):
            given = Headers(scope=scope).get(STAND_IN_HEADER, "")
            if not hmac.compare_digest(given.encode(), self._key):
                answer = JSONResponse({"detail": f"{STAND_IN_HEADER} is missing or wrong"}, 401)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
