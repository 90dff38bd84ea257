"""Serves the exported web pages with cache headers and a strict content policy."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}

_HTTPS_ONLY = {b"strict-transport-security": b"max-age=31536000"}


class SecurityHeaders:
    """Adds security headers to responses that don't set them; the API's policy allows no content.

    With `is_https` it also adds Strict-Transport-Security.
    """

    def __init__(self, app: ASGIApp, is_https: bool = False) -> None:
        self._app = app
        self._always = {**_ALWAYS, **(_HTTPS_ONLY if is_https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = dict(self._always)
                if f"{scope['path']}/".startswith("/api/"):
                    extra[b"cache-control"] = b"no-store"
                    extra[b"content-security-policy"] = (
                        b"default-src 'none'; frame-ancestors 'none'"
                    )
                added = [(name, value) for name, value in extra.items() if name not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class WebPages(StaticFiles):
    """Serves hashed assets as immutable and pages as no-cache; inline scripts run only by their hash."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True)
        self._policy = content_policy(directory)

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if isinstance(response, RedirectResponse):
            # Starlette names the host that the caller sent. One slash at the start: two would begin a host.
            response.headers["Location"] = f"/{quote(scope['path'].strip('/'))}/"
        is_hashed = path.startswith("_next/static/") and response.status_code < 400
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        )
        response.headers["Content-Security-Policy"] = self._policy
        return response


class PagesMount(Mount):
    """Matches everything but /api, where the API answers unknown calls."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and f"{scope['path']}/".startswith("/api/"):
            return Match.NONE, {}
        return super().matches(scope)


def content_policy(directory: Path) -> str:
    """Return a content policy that allows our own origin and the inline scripts of the export."""
    hashes = sorted(
        {
            "'sha256-" + base64.b64encode(hashlib.sha256(script).digest()).decode("ascii") + "'"
            for page in directory.rglob("*.html")
            for script in _INLINE_SCRIPT.findall(page.read_bytes())
        }
    )
    return (
        f"default-src 'none'; script-src 'self' {' '.join(hashes)}; style-src 'self'; img-src 'self' data: https:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
