"""A stand-in for Gmail's API, Google's OAuth and Pub/Sub's push, true to the protocol.

It keeps what was sent at `GET /_sent`, takes mail at `POST /_receive` and fails on demand at
`POST /_fail`. Point GMAIL_API_BASE_URL at it, GMAIL_TOKEN_URI at its /token and
GMAIL_PUBSUB_CERTS_URL at its /certs.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from functools import cached_property
from typing import Annotated, Literal, TypeVar

import httpx
from fastapi import APIRouter, FastAPI, Form, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from tests.standins.gmail_mailbox import (
    Change,
    Json,
    Mailbox,
    Stored,
    describe,
    encode,
    recipients_of,
)
from tests.standins.google_identity import AccessTokens, SigningKey, push_claims

WATCH_LIFETIME = timedelta(days=7)
PUSH_ATTEMPTS = 30
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
Item = TypeVar("Item")
Operation = Literal["send", "history", "get", "list", "watch", "labels", "modify", "profile", "any"]


class Failure(BaseModel):
    """`status` 0 drops the connection without an answer; `after_accept` takes the mail first."""

    status: int = 503
    times: int = 1
    after_accept: bool = False
    operation: Operation = "send"
    retry_after: int | None = None


class Incoming(BaseModel):
    """A mail from outside: whole in `raw`, or made of the other fields."""

    raw: str | None = None
    sender: str = Field(default="customer@example.com", alias="from")
    name: str = ""
    to: str | None = None
    subject: str = ""
    text: str = ""
    html: str | None = None
    in_reply_to: str | None = None
    references: list[str] = []
    message_id: str | None = None
    headers: dict[str, str] = {}
    labels: list[str] = ["INBOX", "UNREAD"]
    authenticated: bool = True
    """Whether the sender's domain signed it, as Gmail's Authentication-Results then say."""
    pushes: int = 1
    """How often Pub/Sub delivers the notification: 0 loses it, 2 repeats it."""


class TokenWish(BaseModel):
    aud: str
    email: str
    email_verified: bool | None = True
    iss: str | None = "https://accounts.google.com"
    expires_in: int = 3600
    wrong_key: bool = False


@dataclass
class PushTarget:
    url: str
    audience: str
    service_account: str


@dataclass
class Sent:
    stored: Stored
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class GoogleError(Exception):
    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Dropped(Response):
    """Ends the connection in place of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        receive.__self__.transport.abort()  # type: ignore[attr-defined] # uvicorn's request cycle
        while (await receive())["type"] != "http.disconnect":
            continue


class Google:
    """The mailbox and everything around it that can fail or push."""

    def __init__(self, address: str, push: PushTarget | None) -> None:
        self.mailbox = Mailbox(address)
        self.tokens = AccessTokens()
        self.push = push
        self.watch_expires_at: datetime | None = None
        self.sent: list[Sent] = []
        self.page_limit = 500
        self.pushed: list[Json] = []
        self.failures: list[Failure] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @cached_property
    def key(self) -> SigningKey:
        """The key that /certs publishes, made when first needed."""
        return SigningKey()

    @cached_property
    def stranger(self) -> SigningKey:
        """A key that is not published."""
        return SigningKey()

    def next_failure(self, operation: str) -> Failure | None:
        for failure in self.failures:
            if failure.operation in (operation, "any") and failure.times > 0:
                failure.times -= 1
                return failure
        return None

    def fail_on_demand(self, operation: str) -> None:
        """Raises what was asked for with /_fail."""
        if failure := self.next_failure(operation):
            raise GoogleError(failure.status, "failed on demand", failure.retry_after)

    def notify(self, times: int) -> None:
        """Pub/Sub's at-least-once delivery of the mailbox's newest history id."""
        is_watched = self.watch_expires_at is not None and self.watch_expires_at > datetime.now(UTC)
        if self.push is None or not is_watched:
            return
        for _ in range(times):
            task = asyncio.create_task(self._deliver(self.push, self.mailbox.history_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, target: PushTarget, history_id: int) -> None:
        body = self.envelope(history_id)
        async with httpx.AsyncClient(timeout=30) as client:
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
        for task in self._tasks:
            task.cancel()


def create_app(
    address: str = "support@techcorp.example",
    push_url: str | None = None,
    push_audience: str | None = None,
    push_service_account: str = "gmail-push@stand-in.iam.gserviceaccount.com",
) -> FastAPI:
    """The mailbox of `address`; with `push_url` its news are pushed there once watch was called."""
    target = (
        PushTarget(push_url, push_audience or push_url, push_service_account) if push_url else None
    )
    google = Google(address, target)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await google.stop()

    app = FastAPI(title="Gmail stand-in", lifespan=lifespan)
    app.state.google = google
    app.include_router(_gmail_routes(google), prefix="/gmail/v1/users/{userId}")
    app.include_router(_identity_routes(google))
    app.include_router(_control_routes(google))

    @app.exception_handler(GoogleError)
    async def answer_error(_: Request, error: GoogleError) -> Response:
        return _error_response(error)

    return app


def _error_response(error: GoogleError) -> Response:
    if error.status == 0:
        return Dropped()
    reason, status = _REASONS.get(error.status, ("backendError", "UNKNOWN"))
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else None
    details = [{"message": str(error), "domain": "global", "reason": reason}]
    body = {"code": error.status, "message": str(error), "errors": details, "status": status}
    return JSONResponse({"error": body}, error.status, headers)


def _gmail_routes(google: Google) -> APIRouter:
    router = APIRouter()
    mailbox = google.mailbox

    def enter(request: Request, operation: str) -> None:
        user = request.path_params["userId"]
        if not google.tokens.accepts(request.headers.get("authorization")):
            raise GoogleError(401, "Request had invalid authentication credentials.")
        if user not in ("me", mailbox.address):
            raise GoogleError(403, f"Delegation denied for {mailbox.address}")
        google.fail_on_demand(operation)

    def find(message_id: str) -> Stored:
        if message_id not in mailbox.messages:
            raise GoogleError(404, "Requested entity was not found.")
        return mailbox.messages[message_id]

    @router.get("/profile")
    async def get_profile(request: Request) -> Json:
        enter(request, "profile")
        threads = {stored.thread_id for stored in mailbox.messages.values()}
        return {
            "emailAddress": mailbox.address,
            "messagesTotal": len(mailbox.messages),
            "threadsTotal": len(threads),
            "historyId": str(mailbox.history_id),
        }

    @router.post("/watch")
    async def watch(request: Request) -> Json:
        enter(request, "watch")
        topic = str((await _read_json(request)).get("topicName", ""))
        if not topic.startswith("projects/") or "/topics/" not in topic:
            raise GoogleError(400, f"Invalid topicName does not match projects/*/topics/*: {topic}")
        google.watch_expires_at = datetime.now(UTC) + WATCH_LIFETIME
        expiration = int(google.watch_expires_at.timestamp() * 1000)
        return {"historyId": str(mailbox.history_id), "expiration": str(expiration)}

    @router.post("/stop", status_code=204)
    async def stop(request: Request) -> None:
        enter(request, "watch")
        google.watch_expires_at = None

    @router.get("/history")
    async def list_history(
        request: Request,
        start: Annotated[int, Query(alias="startHistoryId")],
        kinds: Annotated[list[str], Query(alias="historyTypes")] = [],  # noqa: B006
        label: Annotated[str | None, Query(alias="labelId")] = None,
        token: Annotated[str | None, Query(alias="pageToken")] = None,
        limit: Annotated[int, Query(alias="maxResults")] = 100,
    ) -> Json:
        enter(request, "history")
        changes = mailbox.changes_since(start, set(kinds), label)
        if changes is None:
            raise GoogleError(404, "Requested entity was not found.")
        page, after = _page(changes, token, min(limit, google.page_limit))
        answer: Json = {"historyId": str(mailbox.history_id)}
        if page:
            answer["history"] = [_describe_change(change) for change in page]
        return {**answer, "nextPageToken": after} if after else answer

    @router.get("/messages")
    async def list_messages(
        request: Request,
        query: Annotated[str, Query(alias="q")] = "",
        labels: Annotated[list[str], Query(alias="labelIds")] = [],  # noqa: B006
        with_spam: Annotated[bool, Query(alias="includeSpamTrash")] = False,
        token: Annotated[str | None, Query(alias="pageToken")] = None,
        limit: Annotated[int, Query(alias="maxResults")] = 100,
    ) -> Json:
        enter(request, "list")
        found = mailbox.search(query, labels, with_spam)
        page, after = _page(found, token, min(limit, google.page_limit))
        answer: Json = {"resultSizeEstimate": len(found)}
        if page:
            answer["messages"] = [{"id": one.id, "threadId": one.thread_id} for one in page]
        return {**answer, "nextPageToken": after} if after else answer

    @router.get("/messages/{id}")
    async def get_message(
        request: Request,
        id: str,
        form: Annotated[
            Literal["minimal", "full", "raw", "metadata"], Query(alias="format")
        ] = "full",
        headers: Annotated[list[str], Query(alias="metadataHeaders")] = [],  # noqa: B006
    ) -> Json:
        enter(request, "get")
        return describe(find(id), form, headers)

    @router.get("/threads/{id}")
    async def get_thread(
        request: Request,
        id: str,
        form: Annotated[Literal["minimal", "full", "metadata"], Query(alias="format")] = "full",
        headers: Annotated[list[str], Query(alias="metadataHeaders")] = [],  # noqa: B006
    ) -> Json:
        enter(request, "get")
        messages = mailbox.thread(id)
        if not messages:
            raise GoogleError(404, "Requested entity was not found.")
        listed = [describe(one, form, headers) for one in messages]
        return {"id": id, "historyId": str(messages[-1].history_id), "messages": listed}

    @router.post("/messages/send", response_model=None)
    async def send_message(request: Request) -> Json | Response:
        enter(request, "nothing that fails before it is known how")
        failure = google.next_failure("send")
        if failure and not failure.after_accept:
            raise GoogleError(failure.status, "failed on demand", failure.retry_after)
        stored = _accept(google, await _read_json(request))
        if failure:
            raise GoogleError(
                failure.status, "failed on demand after the mail was taken", failure.retry_after
            )
        return {"id": stored.id, "threadId": stored.thread_id, "labelIds": sorted(stored.labels)}

    @router.post("/messages/{id}/modify")
    async def modify_message(request: Request, id: str) -> Json:
        enter(request, "modify")
        body = await _read_json(request)
        add, remove = _strings(body, "addLabelIds"), _strings(body, "removeLabelIds")
        if unknown := [label for label in (*add, *remove) if label not in mailbox.labels]:
            raise GoogleError(400, f"labelId not found: {unknown[0]}")
        stored = find(id)
        mailbox.modify(stored, add, remove)
        return describe(stored, "minimal")

    @router.get("/labels")
    async def list_labels(request: Request) -> Json:
        enter(request, "labels")
        return {"labels": [_describe_label(one, name) for one, name in mailbox.labels.items()]}

    @router.post("/labels")
    async def create_label(request: Request) -> Json:
        enter(request, "labels")
        name = str((await _read_json(request)).get("name", ""))
        if not name:
            raise GoogleError(400, "Invalid label name")
        if name.lower() in {known.lower() for known in mailbox.labels.values()}:
            raise GoogleError(409, "Label name exists or conflicts")
        return _describe_label(mailbox.add_label(name), name)

    return router


def _identity_routes(google: Google) -> APIRouter:
    router = APIRouter()

    @router.post("/token", response_model=None)
    async def refresh(
        grant_type: Annotated[str, Form()], refresh_token: Annotated[str, Form()] = ""
    ) -> Json | Response:
        if grant_type != "refresh_token" or not refresh_token or refresh_token == "revoked":
            error = {
                "error": "invalid_grant",
                "error_description": "Token has been expired or revoked.",
            }
            return JSONResponse(error, 400)
        scope = "https://www.googleapis.com/auth/gmail.modify"
        token = google.tokens.issue()
        return {"access_token": token, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}

    @router.get("/certs")
    async def certificates() -> Response:
        headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        return JSONResponse({google.key.key_id: google.key.certificate}, headers=headers)

    @router.get("/certs/jwks")
    async def jwks() -> Response:
        headers = {"Cache-Control": "public, max-age=3600, must-revalidate"}
        return JSONResponse({"keys": [google.key.jwk()]}, headers=headers)

    @router.post("/_token")
    async def sign_token(wish: TokenWish) -> Json:
        changes = {"email_verified": wish.email_verified, "iss": wish.iss}
        claims = push_claims(wish.aud, wish.email, **changes)
        issued = (
            int(str(claims["iat"])) + min(wish.expires_in, 0) - (3600 if wish.expires_in < 0 else 0)
        )
        claims |= {"iat": issued, "exp": int(str(claims["iat"])) + wish.expires_in}
        if wish.wrong_key:
            return {"token": google.stranger.sign(claims, google.key.key_id)}
        return {"token": google.key.sign(claims)}

    @router.post("/_rotate_key")
    async def rotate_key() -> Json:
        google.key = SigningKey()
        return {"kid": google.key.key_id}

    return router


def _control_routes(google: Google) -> APIRouter:
    router = APIRouter()
    mailbox = google.mailbox

    @router.post("/_receive")
    async def receive(incoming: Incoming) -> Json:
        stored = mailbox.receive(_write_mail(incoming, mailbox), incoming.labels)
        google.notify(incoming.pushes)
        return {
            "id": stored.id,
            "threadId": stored.thread_id,
            "historyId": str(stored.history_id),
            "messageId": str(stored.mail["Message-ID"] or ""),
        }

    @router.get("/_sent")
    async def list_sent() -> list[Json]:
        return [_describe_sent(one) for one in google.sent]

    @router.post("/_fail")
    async def fail(failure: Failure) -> Json:
        google.failures.append(failure)
        return {"waiting": len([one for one in google.failures if one.times > 0])}

    @router.post("/_forget_history")
    async def forget_history() -> Json:
        mailbox.forget_history()
        return {"historyId": str(mailbox.history_id)}

    @router.post("/_delete/{id}")
    async def delete(id: str) -> Json:
        if id in mailbox.messages:
            mailbox.delete(mailbox.messages[id])
        return {"messages": len(mailbox.messages)}

    @router.post("/_rewrite_message_ids")
    async def rewrite_message_ids() -> Json:
        """Gmail's API gives some mails another Message-ID than the one that they came with."""
        mailbox.rewrites_message_ids = True
        return {"rewrites": True}

    @router.post("/_revoke_tokens")
    async def revoke_tokens() -> Json:
        google.tokens.revoke_all()
        return {"revoked": True}

    @router.post("/_page_limit/{limit}")
    async def limit_pages(limit: int) -> Json:
        google.page_limit = limit
        return {"limit": limit}

    @router.get("/_labels")
    async def show_labels() -> dict[str, list[str]]:
        return {
            stored.id: sorted(mailbox.labels[label] for label in stored.labels)
            for stored in mailbox.messages.values()
        }

    @router.get("/_pushes")
    async def list_pushes() -> list[Json]:
        return google.pushed

    @router.get("/_envelope")
    async def show_envelope() -> Json:
        return google.envelope(mailbox.history_id)

    return router


def _accept(google: Google, body: Mapping[str, object]) -> Stored:
    try:
        raw = base64.urlsafe_b64decode(str(body.get("raw", "")) + "==")
    except ValueError as error:
        raise GoogleError(400, "Invalid value for ByteString") from error
    thread_id = body.get("threadId")
    if thread_id is not None and not google.mailbox.thread(str(thread_id)):
        raise GoogleError(404, "Requested entity was not found.")
    stored = google.mailbox.send(raw, None if thread_id is None else str(thread_id))
    if not recipients_of(stored.mail):
        google.mailbox.delete(stored)
        raise GoogleError(400, "Recipient address required")
    google.sent.append(Sent(stored))
    return stored


def _write_mail(incoming: Incoming, mailbox: Mailbox) -> bytes:
    host = incoming.sender.rpartition("@")[2]
    verdict = "pass" if incoming.authenticated else "fail"
    stamp = (
        f"Authentication-Results: mx.google.com;\r\n dkim={verdict} header.i=@{host};"
        f"\r\n spf={verdict} smtp.mailfrom={incoming.sender};"
        f"\r\n dmarc={verdict} (p=NONE sp=NONE dis=NONE) header.from={host}\r\n"
    ).encode()
    if incoming.raw is not None:
        return stamp + incoming.raw.encode("utf-8", "surrogateescape")
    mail = EmailMessage()
    mail["From"] = formataddr((incoming.name, incoming.sender))
    mail["To"] = incoming.to or mailbox.address
    mail["Subject"] = incoming.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = incoming.message_id or make_msgid(domain=host)
    if incoming.in_reply_to:
        mail["In-Reply-To"] = incoming.in_reply_to
        mail["References"] = " ".join(incoming.references or [incoming.in_reply_to])
    for name, value in incoming.headers.items():
        mail[name] = value
    mail.set_content(incoming.text)
    if incoming.html is not None:
        mail.add_alternative(incoming.html, subtype="html")
    return stamp + mail.as_bytes()


def _describe_sent(sent: Sent) -> Json:
    mail = sent.stored.mail
    bodies = {
        part.get_content_type(): (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
        for part in mail.walk()
        if not part.is_multipart()
    }
    return {
        "id": sent.stored.id,
        "threadId": sent.stored.thread_id,
        "to": recipients_of(mail),
        "subject": sent.stored.header("Subject"),
        "text": bodies.get("text/plain", ""),
        "html": bodies.get("text/html", ""),
        "headers": {name: str(value) for name, value in mail.items()},
        "raw": encode(sent.stored.raw),
        "at": sent.at.isoformat(),
    }


def _describe_change(change: Change) -> Json:
    message: Json = {"id": change.message_id, "threadId": change.thread_id}
    listed: Json = {"message": {**message, "labelIds": list(change.labels)}}
    field_name = {
        "messageAdded": "messagesAdded",
        "messageDeleted": "messagesDeleted",
        "labelAdded": "labelsAdded",
        "labelRemoved": "labelsRemoved",
    }[change.kind]
    if change.kind.startswith("label"):
        listed = {"message": message, "labelIds": list(change.labels)}
    return {"id": str(change.id), "messages": [message], field_name: [listed]}


def _describe_label(label_id: str, name: str) -> Json:
    kind = "system" if label_id == name else "user"
    return {"id": label_id, "name": name, "type": kind}


def _page(items: list[Item], token: str | None, limit: int) -> tuple[list[Item], str | None]:
    start = int(token) if token else 0
    end = start + max(limit, 1)
    return items[start:end], str(end) if end < len(items) else None


def _strings(body: Mapping[str, object], name: str) -> list[str]:
    values = body.get(name, [])
    return [str(value) for value in values] if isinstance(values, list) else []


async def _read_json(request: Request) -> Mapping[str, object]:
    try:
        body = await request.json()
    except ValueError as error:
        raise GoogleError(400, "Invalid JSON payload received.") from error
    return body if isinstance(body, dict) else {}
