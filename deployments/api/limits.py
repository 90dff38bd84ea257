"""Limits that hold before anything is parsed: body size by path, requests by sender."""

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
    """Answers 413 as soon as a body is known to be too long, by its header or while it streams in.

    And 408 to who drips it: a body has to be there within `body_within`.
    """

    def __init__(self, app: ASGIApp, body_within: timedelta = timedelta(seconds=10)) -> None:
        self._app = app
        self._body_within = body_within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
    """A token bucket a sender, kept in memory of one replica: `per_minute` with as large a burst.

    At most `max_senders` are remembered, the longest silent forgotten first.
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
        """Counts for the next request of every sender."""
        self._per_minute = per_minute

    def take(self, sender: str) -> None:
        """Raises Overloaded once the sender's tokens are used up."""
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
    """The address a request came from: the peer's, unless the peer is a configured proxy, which is
    an address or a network of them (10.0.0.0/8); ValueError for what is neither.

    Behind one, the rightmost entry of X-Forwarded-For that is not itself a configured proxy is
    believed: it is the only one that the proxy, and not the client, has written.
    """

    def __init__(self, trusted_proxies: str) -> None:
        entries = [entry.strip() for entry in trusted_proxies.split(",") if entry.strip()]
        self._trusted = [ipaddress.ip_network(entry) for entry in entries]

    def __call__(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        if not self._is_trusted(peer):
            return peer
        # A proxy may add a line of its own to those that it was sent.
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
