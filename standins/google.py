"""Holds the state of Gmail's stand-in: its mailbox, sent mail, pushes and requested failures."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Literal

import httpx
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from standins.failures import Dropped, HeldCalls
from standins.gmail_mailbox import Json, Mailbox, Stored
from standins.google_identity import AccessTokens, SigningKey, push_claims

PUSH_ATTEMPTS = 30


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Once: reading them costs more than a push does."""
    return ssl.create_default_context()


_REASONS = {
    400: ("invalidArgument", "INVALID_ARGUMENT"),
    401: ("authError", "UNAUTHENTICATED"),
    403: ("rateLimitExceeded", "PERMISSION_DENIED"),
    404: ("notFound", "NOT_FOUND"),
    409: ("aborted", "ABORTED"),
    429: ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    500: ("backendError", "INTERNAL"),
    503: ("backendError", "UNAVAILABLE"),
}
Operation = Literal[
    "token",
    "send",
    "history",
    "get",
    "list",
    "watch",
    "labels",
    "modify",
    "profile",
    "aliases",
    "thread",
    "any",
]


class Failure(BaseModel):
    """A requested failure. `status` 0 drops the connection without an answer; below 400 answers normally.

    `hang_seconds` delays the answer. `after_accept` takes the mail before the delay, `late_effect` after it, even
    if the client has gone. The first `skip` calls succeed.
    """

    skip: int = 0
    status: int = 503
    times: int = 1
    after_accept: bool = False
    hang_seconds: float = 0
    late_effect: bool = False
    operation: Operation = "send"
    about: str | None = None
    """The id of the only mail whose calls fail."""
    retry_after: int | None = None
    reason: str | None = None
    """Google's short name of the error, if not the usual one of the status."""
    in_words: bool = False
    """State the end of the rate limit in the message, as Gmail does, instead of in a header."""

    def as_error(self, what: str = "failed on demand") -> GoogleError:
        """Return the error to raise."""
        if not self.in_words:
            return GoogleError(self.status, what, self.retry_after, self.reason)
        end = datetime.now(UTC) + timedelta(seconds=self.retry_after or 0)
        told = f"User-rate limit exceeded.  Retry after {end:%Y-%m-%dT%H:%M:%S}.000Z"
        return GoogleError(self.status, told, None, self.reason)


@dataclass
class PushTarget:
    """Where Pub/Sub pushes go, and the claims of their tokens."""

    url: str
    audience: str
    service_account: str


@dataclass
class Sent:
    """A mail that was sent, and when."""

    stored: Stored
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class GoogleError(Exception):
    """An error that is answered in Google's format."""

    def __init__(
        self,
        status: int,
        message: str,
        retry_after: int | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.reason = reason


class Google:
    """The mailbox, its tokens and keys, its pushes and its requested failures."""

    def __init__(self, address: str, push: PushTarget | None) -> None:
        self.mailbox = Mailbox(address)
        self.tokens = AccessTokens()
        self.push = push
        self.watch_expires_at: datetime | None = None
        self.watched_labels: frozenset[str] = frozenset()
        """Labels whose mails are pushed; empty for all."""
        self.sent: list[Sent] = []
        self.page_limit = 500
        self.pushed: list[Json] = []
        self.failures: list[Failure] = []
        self.held = HeldCalls()
        self._tasks: set[asyncio.Task[None]] = set()

    @cached_property
    def key(self) -> SigningKey:
        """The key that /certs publishes."""
        return SigningKey()

    @cached_property
    def stranger(self) -> SigningKey:
        """A key that is not published."""
        return SigningKey()

    def next_failure(self, operation: str, about: str | None = None) -> Failure | None:
        """Use up and return the failure that is due for the call, if any."""
        for failure in self.failures:
            if failure.operation not in (operation, "any") or failure.times <= 0:
                continue
            if failure.about is not None and failure.about != about:
                continue
            if failure.skip > 0:
                failure.skip -= 1
                continue
            failure.times -= 1
            return failure
        return None

    async def fail_on_demand(self, operation: str, about: str | None = None) -> None:
        """Delay the call and raise the error that is due; a status below 400 only delays."""
        if failure := self.next_failure(operation, about):
            await self.held.hold(failure.hang_seconds)
            if failure.status == 0 or failure.status >= 400:
                raise failure.as_error()

    def notify(self, times: int, labels: Iterable[str]) -> None:
        """Push the newest history id `times` times for a mail with these labels, each retried until acknowledged."""
        is_watched = self.watch_expires_at is not None and self.watch_expires_at > datetime.now(UTC)
        is_wanted = not self.watched_labels or not self.watched_labels.isdisjoint(labels)
        if self.push is None or not is_watched or not is_wanted:
            return
        for _ in range(times):
            task = asyncio.create_task(self._deliver(self.push, self.mailbox.history_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, target: PushTarget, history_id: int) -> None:
        body = self.envelope(history_id)
        async with httpx.AsyncClient(timeout=30, verify=_trusted_authorities()) as client:
            for attempt in range(PUSH_ATTEMPTS):
                token = self.key.sign(push_claims(target.audience, target.service_account))
                status = 0
                try:
                    answer = await client.post(
                        target.url, json=body, headers={"Authorization": f"Bearer {token}"}
                    )
                    status = answer.status_code
                except httpx.HTTPError as error:
                    self.pushed.append({"historyId": history_id, "error": type(error).__name__})
                self.pushed.append({"historyId": history_id, "status": status, "attempt": attempt})
                if 200 <= status < 300:
                    return
                await asyncio.sleep(min(0.2 * 2**attempt, 10))

    def envelope(self, history_id: int) -> Json:
        """Return the body of a push."""
        data = {"emailAddress": self.mailbox.address, "historyId": history_id}
        return {
            "message": {
                "data": base64.b64encode(json.dumps(data).encode()).decode("ascii"),
                "messageId": str(2070443601311540 + history_id),
                "publishTime": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            },
            "subscription": "projects/stand-in/subscriptions/gmail",
        }

    async def stop(self) -> None:
        """Cancel pushes in progress."""
        for task in self._tasks:
            task.cancel()


def error_response(error: GoogleError) -> Response:
    """Answer the error in Google's format, or drop the connection for status 0."""
    if error.status == 0:
        return Dropped()
    usual, status = _REASONS.get(error.status, ("backendError", "UNKNOWN"))
    reason = error.reason or usual
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    details = [{"message": str(error), "domain": "global", "reason": reason}]
    body = {"code": error.status, "message": str(error), "errors": details, "status": status}
    return JSONResponse({"error": body}, error.status, headers)
