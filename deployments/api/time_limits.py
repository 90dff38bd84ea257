"""Answers 503 with Retry-After when a call takes too long, so that callers always get an answer in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.registry import transports
from deployments.api.errors import error_response

log = logging.getLogger(__name__)


def default_time_limits() -> dict[str, timedelta]:
    """By whole path: the channels' webhooks, and what customers wait for."""
    limits = {
        "/api/v1/support/form": timedelta(seconds=3),
        "/api/v1/knowledge/suggestions": timedelta(seconds=3),
    }
    for _, transport in transports():
        for webhook in transport.webhooks:
            limits[f"/api/v1/webhooks{webhook.path}"] = webhook.answer_within
    return limits


_PERHAPS_TAKEN = "This took too long, and we may have taken it all the same. Send the same again: it is counted once."
MOST_LEFT_BEHIND = 32
"""Twice the connections of the pool; more calls could only wait for one."""


class TimeLimit:
    """Answers 503 with Retry-After once a path's time is up and no response has started.

    The call itself goes on, because its outcome would be unknown if it were cancelled during a commit. Its
    answer is dropped, and the 503 says that it may have been taken: a repeated call finds what it stored,
    since every intake is idempotent, forms without a key included. While
    `most_left_behind` such calls still run, new ones are refused at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Mapping[str, timedelta],
        most_left_behind: int = MOST_LEFT_BEHIND,
    ) -> None:
        self._app = app
        self._limits = limits
        self._most_left_behind = most_left_behind
        self._left_behind: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        limit = self._limits.get(scope["path"]) if scope["type"] == "http" else None
        if limit is None:
            await self._app(scope, receive, send)
            return
        if len(self._left_behind) >= self._most_left_behind:
            await _come_again(scope, receive, send)
            return
        answer = _Answer(send)
        task = asyncio.ensure_future(self._app(scope, receive, answer))
        try:
            await asyncio.wait([task], timeout=limit.total_seconds())
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done() or answer.has_started:
            await task
            return
        answer.is_too_late = True
        self._left_behind.add(task)
        task.add_done_callback(self._forget)
        log.warning("%s %s took longer than %s", scope["method"], scope["path"], limit)
        await _come_again(scope, receive, send, _PERHAPS_TAKEN)

    def _forget(self, task: asyncio.Future[None]) -> None:
        self._left_behind.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a call that exceeded its time limit failed with %s", type(error).__name__)


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False
        self.is_too_late = False

    async def __call__(self, message: Message) -> None:
        if self.is_too_late:
            return
        self.has_started = True
        await self._send(message)


async def _come_again(
    scope: Scope,
    receive: Receive,
    send: Send,
    detail: str = "We can't take this right now; please try again.",
) -> None:
    response = error_response(503, detail, retry_after=timedelta(seconds=5))
    await response(scope, receive, send)
