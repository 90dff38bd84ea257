"""Limits body sizes and request rates before anything is parsed."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response
from domain.errors import Overloaded

FORM_BODY_BYTES = 64 * 1024
OTHER_BODY_BYTES = 1024 * 1024
_PUBLIC_FORM_PATHS = ("/api/v1/support/form", "/api/v1/tickets/")


class BodyLimit:
    """Answers 413 as soon as a body is too long, by its header or while it streams in.

    Answers 408 if the body is not complete within `body_within`.
    """

    def __init__(self, app: ASGIApp, body_within: timedelta = timedelta(seconds=10)) -> None:
        self._app = app
        self._body_within = body_within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = (
            FORM_BODY_BYTES if scope["path"].startswith(_PUBLIC_FORM_PATHS) else OTHER_BODY_BYTES
        )
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > limit:
            await error_response(413, f"At most {limit // 1024} KiB.")(scope, receive, send)
            return
        chunks: list[bytes] = []
        size = 0
        more = True
        try:
            async with asyncio.timeout(self._body_within.total_seconds()):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    more = message.get("more_body", False) and size <= limit
        except TimeoutError:
            await error_response(408, "The request did not arrive in time.")(scope, receive, send)
            return
        if size > limit:
            await error_response(413, f"At most {limit // 1024} KiB.")(scope, receive, send)
            return
        body = b"".join(chunks)
        is_replayed = False

        async def replay() -> Message:
            nonlocal is_replayed
            if is_replayed:
                return await receive()
            is_replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


class RateLimit:
    """A token bucket per sender in this replica's memory; the burst equals `per_minute`.

    Remembers at most `max_senders` and forgets the least recent first.
    """

    def __init__(
        self,
        per_minute: int,
        max_senders: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._max_senders = max_senders
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def set_rate(self, per_minute: int) -> None:
        """Change the rate, from each sender's next request on."""
        self._per_minute = per_minute

    def take(self, sender: str) -> None:
        """Take one of the sender's tokens.

        Raises:
            Overloaded: None is left; it says when the next one is due.
        """
        now = self._clock()
        tokens, since = self._buckets.pop(sender, (float(self._per_minute), now))
        tokens = min(self._per_minute, tokens + (now - since) * self._per_minute / 60)
        is_allowed = tokens >= 1
        self._buckets[sender] = (tokens - 1 if is_allowed else tokens, now)
        if len(self._buckets) > self._max_senders:
            self._buckets.popitem(last=False)
        if not is_allowed:
            raise Overloaded(
                "too many requests", timedelta(seconds=(1 - tokens) * 60 / self._per_minute)
            )


class SenderAddress:
    """Finds the address that a request came from: the peer's, unless the peer is a trusted proxy.

    Behind a trusted proxy it is the rightmost entry of X-Forwarded-For that is not a trusted proxy
    itself: clients can write only the entries to the left of it.
    """

    def __init__(self, trusted_proxies: str) -> None:
        """Parse addresses and networks (10.0.0.0/8), comma-separated.

        Raises:
            ValueError: An entry is neither.
        """
        entries = [entry.strip() for entry in trusted_proxies.split(",") if entry.strip()]
        self._trusted = [ipaddress.ip_network(entry) for entry in entries]

    def __call__(self, request: Request) -> str:
        """Return the sender's address, "" if there is none."""
        peer = request.client.host if request.client else ""
        if not self._is_trusted(peer):
            return peer
        # A proxy may add a header line of its own instead of extending the existing one.
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        for address in reversed([entry.strip() for entry in forwarded.split(",") if entry.strip()]):
            if not self._is_trusted(address):
                return address
        return peer

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
