"""Bounds the requests that one replica works on, apart from probes and open event streams."""

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
    """Counts requests: `max_concurrent` are worked on, `max_waiting` more wait their turn.

    Serve's own `max_ongoing_requests` can't be this bound: it counts streams and probes as well, and lets
    them wait behind requests.
    """

    def __init__(self, max_concurrent: int, max_waiting: int) -> None:
        self.turns = CapacityLimiter(max_concurrent)
        self._max_waiting = max_waiting
        self.under_way = 0
        """Requests that wait or are worked on."""

    def resize(self, max_concurrent: int, max_waiting: int) -> None:
        """Counts at once: requests that wait are let in where there is room now."""
        self.turns.total_tokens = max_concurrent
        self._max_waiting = max_waiting

    @property
    def is_full(self) -> bool:
        return self.under_way >= self.turns.total_tokens + self._max_waiting


class _Place:
    """One request's place in the room, given back once."""

    def __init__(self, room: RequestRoom) -> None:
        self._room = room
        self._has_turn = False
        self._is_left = False
        room.under_way += 1

    async def wait_for_turn(self) -> None:
        await self._room.turns.acquire_on_behalf_of(self)
        self._has_turn = True

    def leave(self) -> None:
        """Idempotent."""
        if self._is_left:
            return
        self._is_left = True
        self._room.under_way -= 1
        if self._has_turn:
            self._room.turns.release_on_behalf_of(self)


class AdmitRequests:
    """Answers 503 with Retry-After at once while the room is full; `probes` are paths that pass it by."""

    def __init__(self, app: ASGIApp, room: RequestRoom, probes: Collection[str]) -> None:
        self._app = app
        self._room = room
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
    """Give the request's place to the next one: for a response that stays open. Idempotent."""
    place = request.scope.get("state", {}).get(_PLACE)
    if isinstance(place, _Place):
        place.leave()
