"""Limits body sizes and request rates before anything is parsed."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.errors import error_response
from domain.errors import Overloaded

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

FORM_BODY_BYTES = 64 * 1024
OTHER_BODY_BYTES = 1024 * 1024
IMPORT_BODY_BYTES = 64 * 1024 * 1024
IMPORT_PATH = "/api/v1/knowledge/import"
_IMPORT_WITHIN = timedelta(seconds=120)
_ADDRESSES_IN_A_NETWORK = 5
"""So many busy addresses in one network are usual: an office, a provider's customers."""
_PUBLIC_FORM_PATHS = ("/api/v1/support/form", "/api/v1/tickets/")


class BodyLimit:
    """Answers 413 as soon as a body is too long, by its header or while it streams in.

    Answers 408 if the body is not complete within `body_within`. Files to import may be larger and slower, from
    callers whom `may_import` knows: nobody else makes a replica hold so much.
    """

    def __init__(
        self,
        app: ASGIApp,
        body_within: timedelta = timedelta(seconds=10),
        may_import: Callable[[Request], Awaitable[bool]] | None = None,
    ) -> None:
        self._app = app
        self._body_within = body_within
        self._may_import = may_import

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, within = OTHER_BODY_BYTES, self._body_within
        if scope["path"].startswith(_PUBLIC_FORM_PATHS):
            limit = FORM_BODY_BYTES
        elif (
            scope["path"] == IMPORT_PATH
            and self._may_import is not None
            and await self._may_import(Request(scope))
        ):
            limit, within = IMPORT_BODY_BYTES, _IMPORT_WITHIN
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > limit:
            await error_response(413, f"At most {limit // 1024} KiB.")(scope, receive, send)
            return
        chunks: list[bytes] = []
        size = 0
        more = True
        try:
            async with asyncio.timeout(within.total_seconds()):
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
        tokens = self._tokens(sender)
        is_allowed = tokens >= 1
        self._buckets.pop(sender, None)
        self._buckets[sender] = (tokens - 1 if is_allowed else tokens, self._clock())
        if len(self._buckets) > self._max_senders:
            self._buckets.popitem(last=False)
        if not is_allowed:
            raise self._refusal(tokens)

    def check(self, sender: str) -> None:
        """Take none of the sender's tokens.

        Raises:
            Overloaded: As `take` would.
        """
        tokens = self._tokens(sender)
        if tokens < 1:
            raise self._refusal(tokens)

    def _tokens(self, sender: str) -> float:
        now = self._clock()
        tokens, since = self._buckets.get(sender, (float(self._per_minute), now))
        return min(self._per_minute, tokens + (now - since) * self._per_minute / 60)

    def _refusal(self, tokens: float) -> Overloaded:
        seconds = (1 - tokens) * 60 / self._per_minute
        return Overloaded("too many requests", timedelta(seconds=seconds))


class FormLimit:
    """Limits the forms of an address, and those of its network, from which a sender may take many addresses."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._by_address = RateLimit(per_minute, clock=clock)
        self._by_network = RateLimit(per_minute * _ADDRESSES_IN_A_NETWORK, clock=clock)

    def take(self, address: str) -> None:
        """Count one form of an address as SenderAddress gives it. Raises Overloaded."""
        self._by_address.take(address)
        self._by_network.take(network_of(address))


def network_of(address: str) -> str:
    """Return the /24 or /48 that an address of SenderAddress is in; the address itself if it is none."""
    try:
        network = ipaddress.ip_network(address)
    except ValueError:
        return address
    return str(network.supernet(new_prefix=24 if network.version == 4 else 48))


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
        """Return the sender's address without port, of IPv6 the /64 that one customer has; "" if there is none."""
        peer = _parse(request.client.host if request.client else "")
        if not self._is_trusted(peer):
            return _key(peer)
        # A proxy may add a header line of its own instead of extending the existing one.
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        for entry in reversed([entry.strip() for entry in forwarded.split(",") if entry.strip()]):
            address = _parse(entry)
            if address is None:
                break
            if not self._is_trusted(address):
                return _key(address)
        return _key(peer)

    def _is_trusted(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _parse(text: str) -> _Address | None:
    """Read `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:567`; IPv4 written as IPv6 is IPv4."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _key(address: _Address | None) -> str:
    if address is None:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
