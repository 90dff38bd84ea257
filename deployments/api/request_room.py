"""Limits the requests that one replica works on; probes and open event streams don't count."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.api.errors import error_response

_PLACE = "request_place"
_RETRY_AFTER = timedelta(seconds=2)


class RequestRoom:
    """Admits `max_concurrent` requests and queues `max_waiting` more.

    Serve's `max_ongoing_requests` can't do this: it also counts streams and probes, and queues them
    behind requests.
    """

    def __init__(self, max_concurrent: int, max_waiting: int) -> None:
        self.turns = CapacityLimiter(max_concurrent)
        self._max_waiting = max_waiting
        self.under_way = 0
        """Requests that are queued or being worked on."""

    def resize(self, max_concurrent: int, max_waiting: int) -> None:
        """Change both limits; queued requests that now fit are admitted at once."""
        self.turns.total_tokens = max_concurrent
        self._max_waiting = max_waiting

    @property
    def is_full(self) -> bool:
        """Whether one more request would be refused."""
        return self.under_way >= self.turns.total_tokens + self._max_waiting


class _Place:
    """One request's place in the room."""

    def __init__(self, room: RequestRoom) -> None:
        self._room = room
        self._has_turn = False
        self._is_left = False
        room.under_way += 1

    async def wait_for_turn(self) -> None:
        await self._room.turns.acquire_on_behalf_of(self)
        self._has_turn = True

    def leave(self) -> None:
        """Give the place back. Idempotent."""
        if self._is_left:
            return
        self._is_left = True
        self._room.under_way -= 1
        if self._has_turn:
            self._room.turns.release_on_behalf_of(self)


class AdmitRequests:
    """Answers 503 with Retry-After while the room is full; the paths in `probes` are always admitted."""

    def __init__(self, app: ASGIApp, room: RequestRoom, probes: Collection[str]) -> None:
        self._app = app
        self._room = room
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        if scope["type"] != "http" or scope["path"] in self._probes:
            await self._app(scope, receive, send)
            return
        if self._room.is_full:
            answer = error_response(
                503, "Too much at once; please try again.", retry_after=_RETRY_AFTER
            )
            await answer(scope, receive, send)
            return
        place = _Place(self._room)
        try:
            await place.wait_for_turn()
            scope.setdefault("state", {})[_PLACE] = place
            await self._app(scope, receive, send)
        finally:
            place.leave()


def leave_request_room(request: Request) -> None:
    """Give up the request's place, because its response stays open. Idempotent."""
    place = request.scope.get("state", {}).get(_PLACE)
    if isinstance(place, _Place):
        place.leave()
