"""Calls the Gmail API from coroutines: Google's blocking client in a bounded pool of threads.

Errors are turned into ours. A send that certainly failed differs from one that may have succeeded:
only the first may be repeated.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httplib2
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_httplib2 import Request as TokenRequest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from channels.gmail.limited_http import LimitedHttp, LimitedHttps, LimitedPlain
from channels.gmail.settings import GOOGLE_TOKEN_URI, GmailSettings
from domain.errors import ProviderRejected, ProviderUnavailable, SendUnsure
from domain.whole_numbers import whole_number

Resource = dict[str, Any]
"""A resource in the API's JSON; the discovery document names its fields."""

Answer = TypeVar("Answer")

NOT_FOUND = "404"
RATE_REASONS = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "concurrentLimitExceeded",
        "backendError",
    }
)
_RETRY_AT = re.compile(r"Retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
_LONGEST_WAIT_S = 86_400
_GATEWAY_STATUSES = frozenset({502, 504})


class _NeverConnectedError(OSError):
    """No connection was made, so nothing was written."""


_NEVER_CONNECTED = (
    _NeverConnectedError,
    ConnectionRefusedError,
    socket.gaierror,
    httplib2.ServerNotFoundError,
)


class CallFailed(ProviderUnavailable):
    """Gmail did not answer this call, or failed itself: the next call may succeed."""


class GmailApi:
    """One mailbox's API. All methods raise ProviderUnavailable or ProviderRejected (code "404" …)."""

    def __init__(self, settings: GmailSettings) -> None:
        self.settings = settings
        self._credentials = Credentials(
            token=None,
            refresh_token=settings.refresh_token.get_secret_value(),
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            token_uri=settings.token_uri or GOOGLE_TOKEN_URI,
        )
        self._threads = ThreadPoolExecutor(settings.max_threads, thread_name_prefix="gmail")
        self._of_thread = threading.local()
        self._transports: list[httplib2.Http] = []
        self._building = threading.Lock()
        self._methods: Any = None

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._threads.shutdown(wait=True)
        for transport in self._transports:
            transport.close()

    async def profile(self) -> Resource:
        """Call users.getProfile; returns emailAddress and the current historyId."""
        return await self._read(lambda users: users.getProfile(userId="me"))

    async def watch(self) -> Resource:
        """Call users.watch for inbox and sent mail; returns historyId and expiration (milliseconds since 1970)."""
        body = {
            "topicName": self.settings.pubsub_topic,
            "labelIds": ["INBOX", "SENT"],
            "labelFilterBehavior": "INCLUDE",
        }
        return await self._read(lambda users: users.watch(userId="me", body=body))

    async def list_history(self, start: int, page_token: str | None) -> Resource:
        """Return a page of users.history.list since `start`. Raises ProviderRejected 404 if that is too old."""
        return await self._read(
            lambda users: users.history().list(
                userId="me",
                startHistoryId=str(start),
                historyTypes=["messageAdded", "labelAdded"],
                pageToken=page_token,
                maxResults=500,
            )
        )

    async def list_messages(self, query: str, page_token: str | None, limit: int) -> Resource:
        """Return a page of users.messages.list, newest first; `query` is in Gmail's search language."""
        return await self._read(
            lambda users: users.messages().list(
                userId="me", q=query, pageToken=page_token, maxResults=min(limit, 500)
            )
        )

    async def get_raw(self, message_id: str) -> Resource:
        """Call users.messages.get with the whole mail in `raw`."""
        return await self._read(
            lambda users: users.messages().get(userId="me", id=message_id, format="raw")
        )

    async def get_thread(self, thread_id: str, headers: Sequence[str]) -> Resource:
        """Call users.threads.get; returns its messages with labels and the named headers."""
        return await self._read(
            lambda users: users.threads().get(
                userId="me", id=thread_id, format="metadata", metadataHeaders=list(headers)
            )
        )

    async def list_send_as(self) -> list[Resource]:
        """Call users.settings.sendAs.list: the addresses that the mailbox sends from."""
        answer = await self._read(lambda users: users.settings().sendAs().list(userId="me"))
        return list(answer.get("sendAs", []))

    async def list_labels(self) -> list[Resource]:
        """Call users.labels.list."""
        answer = await self._read(lambda users: users.labels().list(userId="me"))
        return list(answer.get("labels", []))

    async def create_label(self, name: str) -> Resource:
        """Call users.labels.create."""
        return await self._read(
            lambda users: users.labels().create(userId="me", body={"name": name})
        )

    async def add_labels(self, message_id: str, label_ids: Sequence[str]) -> Resource:
        """Call users.messages.modify. Idempotent."""
        body = {"addLabelIds": list(label_ids)}
        return await self._read(
            lambda users: users.messages().modify(userId="me", id=message_id, body=body)
        )

    async def send(self, raw: bytes, thread_id: str | None) -> Resource:
        """Call users.messages.send. Raises SendUnsure too, if the mail may have gone out."""
        body: Resource = {"raw": base64.urlsafe_b64encode(raw).decode("ascii")}
        if thread_id:
            body["threadId"] = thread_id

        def call() -> Resource:
            request = self._users().messages().send(userId="me", body=body)
            with closing(_SendOnceHttp(self._timeout)) as transport:
                self._refresh(transport)
                return _execute(request, self._authorize(transport), is_send=True)

        return await self._in_thread(call)

    async def _read(self, make_request: Callable[[Any], Any]) -> Resource:
        """Make a call that may be repeated."""

        def call() -> Resource:
            transport = getattr(self._of_thread, "transport", None)
            if transport is None:  # httplib2 is not thread-safe: one connection pool a thread
                plain = LimitedHttp(self._timeout)
                self._transports.append(plain)
                transport = self._of_thread.transport = self._authorize(plain)
            return _execute(make_request(self._users()), transport, is_send=False)

        return await self._in_thread(call)

    def _refresh(self, transport: httplib2.Http) -> None:
        """Get an access token before a send, so that a failure means that nothing was sent."""
        if self._credentials.valid:
            return
        try:
            self._credentials.refresh(TokenRequest(transport))
        except GoogleAuthError as error:
            raise ProviderUnavailable("no access token for Gmail") from error
        except OSError as error:
            raise ProviderUnavailable(f"no access token: {type(error).__name__}") from error

    async def _in_thread(self, call: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _users(self) -> Any:
        """Return the API's methods, built once; the requests that they make run on a thread's own transport."""
        with self._building:
            if self._methods is None:
                endpoint = self.settings.api_base_url.rstrip("/")
                service = build(
                    "gmail",
                    "v1",
                    http=httplib2.Http(),
                    static_discovery=True,
                    cache_discovery=False,
                    client_options={"api_endpoint": endpoint + "/"} if endpoint else None,
                )
                self._methods = service.users()
            return self._methods

    def _authorize(self, transport: httplib2.Http) -> AuthorizedHttp:
        return AuthorizedHttp(self._credentials, http=transport)

    @property
    def _timeout(self) -> float:
        return self.settings.timeout.total_seconds()


def _execute(request: Any, transport: AuthorizedHttp, *, is_send: bool) -> Resource:
    """Run a request once. Raises our errors alone."""
    try:
        answer: Resource = request.execute(http=transport, num_retries=0) or {}
        return answer
    except HttpError as error:
        raise _http_error(error, is_send) from error
    except RefreshError as error:
        raise ProviderUnavailable("Google refuses the mailbox's refresh token") from error
    except GoogleAuthError as error:
        raise ProviderUnavailable("no access token for Gmail") from error
    except _NEVER_CONNECTED as error:
        raise ProviderUnavailable("Gmail can't be reached") from error
    except (OSError, http.client.HTTPException, httplib2.HttpLib2Error, ValueError) as error:
        if is_send:
            raise SendUnsure(f"no answer from Gmail: {type(error).__name__}") from error
        raise CallFailed(f"no answer from Gmail: {type(error).__name__}") from error


def _http_error(error: HttpError, is_send: bool) -> Exception:
    status = int(error.resp.status)
    wait = _retry_after(error.resp.get("retry-after")) or _named_wait(error)
    if status == 429 or (status == 403 and reasons_of(error) & RATE_REASONS):
        return ProviderUnavailable(f"Gmail's rate limit is reached ({status})", wait)
    if status >= 500:
        if is_send:
            # An answer without Google's own error is a gateway's: Gmail may still be sending.
            is_answered = bool(reasons_of(error)) and status not in _GATEWAY_STATUSES
            return SendUnsure(f"Gmail answered {status} to a send", wait, is_answered=is_answered)
        return CallFailed(f"Gmail answered {status}", wait)
    if status in (401, 408):
        return ProviderUnavailable(f"Gmail answered {status}", wait)
    return ProviderRejected(f"Gmail answered {status}", str(status))


def reasons_of(error: HttpError) -> set[str]:
    """Return Google's short names of an error, in either of its formats."""
    try:
        body = json.loads(error.content)["error"]
        named = [*body.get("errors", []), *body.get("details", [])]
        found = {str(item.get("reason")) for item in named}
        return (
            found | {"rateLimitExceeded"} if body.get("status") == "RESOURCE_EXHAUSTED" else found
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _named_wait(error: HttpError) -> timedelta | None:
    """Read the end of a rate limit from Gmail's message: "Retry after 2026-01-02T03:04:05Z"."""
    found = _RETRY_AT.search(error.reason or "")
    if found is None:
        return None
    return max(
        datetime.fromisoformat(found[1]).replace(tzinfo=UTC) - datetime.now(UTC), timedelta()
    )


def _retry_after(value: str | None) -> timedelta | None:
    """Read the header of RFC 9110: seconds or a date."""
    if not value:
        return None
    seconds = whole_number(value)
    if seconds is not None:
        return timedelta(seconds=min(seconds, _LONGEST_WAIT_S))
    try:
        return max(parsedate_to_datetime(value) - datetime.now(UTC), timedelta())
    except (ValueError, TypeError):
        return None


class _FailsWhenDropped:
    """Raises errors that httplib2 does not retry, and different ones for no connection and a broken one."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except (OSError, httplib2.HttpLib2Error) as error:
            raise _NeverConnectedError(f"no connection: {type(error).__name__}") from error

    def getresponse(self) -> Any:
        try:
            return super().getresponse()  # type: ignore[misc]
        except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
            raise ConnectionAbortedError("connection dropped before the answer") from error


class _SendOncePlain(_FailsWhenDropped, LimitedPlain):
    """For stand-ins and proxies on the same machine."""


class _SendOnceHttps(_FailsWhenDropped, LimitedHttps):
    """For Google."""


class _SendOnceHttp(LimitedHttp):
    """Sends a POST once; httplib2 would repeat one whose connection dropped before the answer.

    Made for each send, so that no idle connection can drop.
    """

    plain = _SendOncePlain
    encrypted = _SendOnceHttps
