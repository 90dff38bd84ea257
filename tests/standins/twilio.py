"""A stand-in for Twilio's WhatsApp API, true to the protocol: accounts, messages, callbacks, errors.

It signs what it sends with Twilio's own validator code, keeps what it took at `GET /_sent`, and
fails on demand: `POST /_fail`. `POST /_receive` lets a customer write. A customer who wrote longer
than 24 hours ago (`hours_ago`) gets free text failed with 63016 in the status callback, as Twilio
does it; one who never wrote through here is taken to have written to the webhook directly.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlencode

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send
from twilio.request_validator import RequestValidator

DEFAULT_ACCOUNT_SID = "AC00000000000000000000000000000001"
DEFAULT_AUTH_TOKEN = "stand-in-auth-token"
DEFAULT_FROM = "+14155550100"

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.[A-Za-z0-9]{4,128})")
_MESSAGES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    20503: "Service unavailable",
    21211: "Invalid 'To' Phone Number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21610: "Attempt to send to unsubscribed recipient",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21656: "The ContentVariables parameter is invalid",
    63016: "Failed to send freeform message because you are outside the allowed window.",
}
_CODES = {401: 20003, 404: 20404, 429: 20429, 500: 20500, 503: 20503}
_WINDOW = timedelta(hours=24)


class Failure(BaseModel):
    """`status` 0 drops the connection in the middle of the answer; `after_accept` takes it first."""

    status: int
    times: int = 1
    after_accept: bool = False
    code: int | None = None
    retry_after: int | None = None
    hang_seconds: float = 0


class Undelivered(BaseModel):
    """The next `times` messages are taken, and then fail with `code` in the status callback."""

    code: int
    times: int = 1


class Media(BaseModel):
    content_type: str
    url: str = ""


class Incoming(BaseModel):
    """A customer writes. `times` posts the same webhook again, as Twilio may."""

    sender: str = Field(default="whatsapp:+491701234567", alias="from")
    body: str = ""
    profile_name: str = "Anna"
    media: list[Media] = []
    message_sid: str | None = None
    hours_ago: float = 0
    times: int = 1
    extra: dict[str, str] = {}


@dataclass
class Message:
    sid: str
    to: str
    from_: str
    body: str
    status: str = "queued"
    direction: str = "outbound-api"
    content_sid: str | None = None
    content_variables: dict[str, str] = field(default_factory=dict)
    status_callback: str | None = None
    error_code: int | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: datetime | None = None
    callbacks: list[tuple[str, int]] = field(default_factory=list)

    def as_json(self, account_sid: str) -> dict[str, object]:
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.sent or self.created),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": _MESSAGES.get(self.error_code) if self.error_code else None,
            "from": self.from_,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{account_sid}/Messages"},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}.json",
        }


class Refused(Exception):
    def __init__(self, status: int, code: int) -> None:
        self.status, self.code = status, code


class Dropped(Response):
    """Promises more bytes than it sends, so that the client sees the connection break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError("dropped on demand")


class Twilio:
    """One account: its messages, what customers did, and what is to go wrong next."""

    def __init__(
        self, account_sid: str, auth_token: str, number: str, webhook_url: str, step_seconds: float
    ) -> None:
        self.account_sid, self.auth_token, self.webhook_url = account_sid, auth_token, webhook_url
        self.number = f"whatsapp:{number.removeprefix('whatsapp:')}"
        self.step_seconds = step_seconds
        self.messages: list[Message] = []
        self.failures: deque[Failure] = deque()
        self.undelivered: deque[int] = deque()
        self.last_inbound: dict[str, datetime] = {}
        self.opted_out: set[str] = set()
        self.web = httpx.AsyncClient(timeout=15, trust_env=False)
        self.tasks: set[asyncio.Task[None]] = set()

    def take(self, form: Mapping[str, str]) -> Message:
        """Raises Refused with the code that Twilio gives."""
        to, sender = form.get("To", ""), form.get("From", "")
        body, content_sid = form.get("Body", ""), form.get("ContentSid")
        if not to:
            raise Refused(400, 21604)
        if not sender:
            raise Refused(400, 21603)
        if not _ADDRESS.fullmatch(to):
            raise Refused(400, 21211)
        if not body and not content_sid:
            raise Refused(400, 21602)
        if len(body) > 1600:
            raise Refused(400, 21617)
        if to in self.opted_out:
            raise Refused(400, 21610)
        message = Message(f"SM{secrets.token_hex(16)}", to, sender, body)
        if content_sid:
            try:
                message.content_variables = dict(json.loads(form.get("ContentVariables", "{}")))
            except (ValueError, TypeError) as error:
                raise Refused(400, 21656) from error
            message.content_sid = content_sid
            message.body = " ".join(["[template]", *message.content_variables.values()])
        message.status_callback = form.get("StatusCallback")
        self.messages.append(message)
        task = asyncio.create_task(self._pass_on(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return message

    def list(self, query: Mapping[str, str]) -> list[Message]:
        """Newest first, by To, From and DateSent (also `<` and `>`), dates as Twilio reads them."""
        found = [
            one
            for one in reversed(self.messages)
            if query.get("To", one.to) == one.to and query.get("From", one.from_) == one.from_
        ]
        for name, value in query.items():
            if name.startswith("DateSent"):
                found = [one for one in found if one.sent and _is_within(one.sent, name, value)]
        return found

    async def receive(self, incoming: Incoming) -> tuple[dict[str, str], list[dict[str, object]]]:
        """Post the webhook of a customer's message; its form and each answer."""
        sid = incoming.message_sid or f"SM{secrets.token_hex(16)}"
        word = incoming.body.strip().upper()
        if word in {"STOP", "UNSUBSCRIBE", "STOPALL"}:
            self.opted_out.add(incoming.sender)
        elif word in {"START", "UNSTOP"}:
            self.opted_out.discard(incoming.sender)
        written = datetime.now(UTC) - timedelta(hours=incoming.hours_ago)
        self.last_inbound[incoming.sender] = written
        form = {
            "SmsMessageSid": sid,
            "NumMedia": str(len(incoming.media)),
            "ProfileName": incoming.profile_name,
            "MessageType": "text" if not incoming.media else "document",
            "SmsSid": sid,
            "WaId": incoming.sender.removeprefix("whatsapp:").removeprefix("+"),
            "SmsStatus": "received",
            "Body": incoming.body,
            "To": self.number,
            "NumSegments": "1",
            "ReferralNumMedia": "0",
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": incoming.sender,
            "ApiVersion": "2010-04-01",
        }
        for index, media in enumerate(incoming.media):
            path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}/Media/ME{index:032x}"
            form[f"MediaUrl{index}"] = media.url or f"https://api.twilio.com{path}"
            form[f"MediaContentType{index}"] = media.content_type
        form |= incoming.extra
        answers = [await self._post(self.webhook_url, form) for _ in range(incoming.times)]
        return form, [{"status": one.status_code, "body": one.text} for one in answers]

    async def _pass_on(self, message: Message) -> None:
        """queued -> sent -> delivered -> read, or undelivered with its code."""
        code = self.undelivered.popleft() if self.undelivered else None
        last = self.last_inbound.get(message.to)
        if last is not None and datetime.now(UTC) - last > _WINDOW and not message.content_sid:
            code = code or 63016
        statuses = ["undelivered"] if code else ["sent", "delivered", "read"]
        for status in ["queued", *statuses]:
            await asyncio.sleep(self.step_seconds)
            message.status = status
            if status == "sent":
                message.sent = datetime.now(UTC)
            if status == "undelivered":
                message.error_code = code
            await self._call_back(message)

    async def _call_back(self, message: Message) -> None:
        if not message.status_callback:
            return
        form = {
            "ChannelPrefix": "whatsapp",
            "ApiVersion": "2010-04-01",
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
            "From": message.from_,
            "MessageSid": message.sid,
            "AccountSid": self.account_sid,
        }
        if message.error_code:
            form["ErrorCode"] = str(message.error_code)
            form["ChannelStatusMessage"] = _MESSAGES.get(message.error_code, "failed")
        try:
            answer = await self._post(message.status_callback, form)
        except httpx.HTTPError:
            message.callbacks.append((message.status, 0))
        else:
            message.callbacks.append((message.status, answer.status_code))

    async def _post(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        content = urlencode(form).encode()
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return await self.web.post(url, content=content, headers=headers)


def create_app(
    *,
    account_sid: str | None = None,
    auth_token: str | None = None,
    from_number: str | None = None,
    webhook_url: str | None = None,
    step_seconds: float = 0.02,
) -> FastAPI:
    """The stand-in as an ASGI app.

    What is not given comes from TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN (the first of a list signs),
    TWILIO_WHATSAPP_FROM and TWILIO_WEBHOOK_URL: a system started with the same settings fits.
    """
    token = auth_token or os.environ.get("TWILIO_AUTH_TOKEN", "").split(",")[0].strip()
    twilio = Twilio(
        account_sid or os.environ.get("TWILIO_ACCOUNT_SID") or DEFAULT_ACCOUNT_SID,
        token or DEFAULT_AUTH_TOKEN,
        from_number or os.environ.get("TWILIO_WHATSAPP_FROM") or DEFAULT_FROM,
        webhook_url
        or os.environ.get("TWILIO_WEBHOOK_URL")
        or "http://127.0.0.1:8000/api/v1/webhooks/whatsapp",
        step_seconds,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for task in twilio.tasks:
            task.cancel()
        await asyncio.gather(*twilio.tasks, return_exceptions=True)
        await twilio.web.aclose()

    app = FastAPI(title="Twilio stand-in", lifespan=lifespan)
    account = f"/2010-04-01/Accounts/{twilio.account_sid}"

    @app.exception_handler(Refused)
    async def refuse(_request: Request, error: Refused) -> JSONResponse:
        return _error(error.status, error.code)

    @app.post("/2010-04-01/Accounts/{sid}/Messages.json")
    async def create_message(sid: str, request: Request) -> Response:
        failure = twilio.failures.popleft() if twilio.failures else None
        if failure is None or failure.after_accept:
            _check_login(request, twilio, sid)
            body = (await request.body()).decode()
            message = twilio.take(dict(parse_qsl(body, keep_blank_values=True)))
        if failure is None:
            return JSONResponse(message.as_json(sid), 201)
        await asyncio.sleep(failure.hang_seconds)
        if failure.status == 0:
            return Dropped()
        code = failure.code or _CODES.get(failure.status, 20001)
        return _error(failure.status, code, failure.retry_after)

    @app.get("/2010-04-01/Accounts/{sid}/Messages.json")
    async def list_messages(sid: str, request: Request) -> JSONResponse:
        _check_login(request, twilio, sid)
        query = dict(request.query_params)
        size = max(1, min(int(query.get("PageSize", 50)), 1000))
        page = int(query.get("Page", 0))
        found = twilio.list(query)
        shown = found[page * size : (page + 1) * size]
        filters = {name: value for name, value in query.items() if name not in ("Page",)}

        def uri(number: int) -> str:
            return f"{account}/Messages.json?{urlencode(filters | {'Page': str(number)})}"

        has_more = len(found) > (page + 1) * size
        return JSONResponse(
            {
                "messages": [one.as_json(sid) for one in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown),
                "uri": uri(page),
                "first_page_uri": uri(0),
                "next_page_uri": uri(page + 1) if has_more else None,
                "previous_page_uri": uri(page - 1) if page else None,
            }
        )

    @app.get("/2010-04-01/Accounts/{sid}/Messages/{message_sid}.json")
    async def fetch_message(sid: str, message_sid: str, request: Request) -> JSONResponse:
        _check_login(request, twilio, sid)
        for message in twilio.messages:
            if message.sid == message_sid:
                return JSONResponse(message.as_json(sid))
        raise Refused(404, 20404)

    @app.get("/2010-04-01/Accounts/{sid}.json")
    async def fetch_account(sid: str, request: Request) -> JSONResponse:
        _check_login(request, twilio, sid)
        return JSONResponse({"sid": sid, "status": "active", "type": "Full"})

    @app.get("/v2/Channels/Senders")
    async def list_senders(request: Request) -> JSONResponse:
        _check_login(request, twilio, twilio.account_sid)
        webhook = {"callback_url": twilio.webhook_url, "callback_method": "POST"}
        sender = {"sid": "XE" + "0" * 32, "status": "ONLINE", "sender_id": twilio.number}
        meta = {"key": "senders", "page": 0, "page_size": 50, "next_page_url": None}
        return JSONResponse({"senders": [sender | {"webhook": webhook}], "meta": meta})

    @app.get("/_sent")
    async def sent() -> list[dict[str, object]]:
        return [
            one.as_json(twilio.account_sid)
            | {
                "content_sid": one.content_sid,
                "content_variables": one.content_variables,
                "callbacks": one.callbacks,
            }
            for one in twilio.messages
        ]

    @app.post("/_fail")
    async def fail(failure: Failure) -> dict[str, int]:
        twilio.failures.extend([failure] * failure.times)
        return {"pending": len(twilio.failures)}

    @app.post("/_undeliver")
    async def undeliver(wish: Undelivered) -> dict[str, int]:
        twilio.undelivered.extend([wish.code] * wish.times)
        return {"pending": len(twilio.undelivered)}

    @app.post("/_receive")
    async def receive(incoming: Incoming) -> dict[str, object]:
        form, answers = await twilio.receive(incoming)
        return {"message_sid": form["MessageSid"], "form": form, "answers": answers}

    return app


def _error(status: int, code: int, retry_after: int | None = None) -> JSONResponse:
    body = {
        "code": code,
        "message": _MESSAGES.get(code, "Bad request"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body, status, headers)


def _check_login(request: Request, twilio: Twilio, sid: str) -> None:
    pair = f"{twilio.account_sid}:{twilio.auth_token}".encode()
    login = f"Basic {base64.b64encode(pair).decode()}"
    if sid != twilio.account_sid or request.headers.get("authorization") != login:
        raise Refused(401, 20003)


def _is_within(sent: datetime, name: str, value: str) -> bool:
    """`DateSent=2026-01-31`, `DateSent>=…`, `DateSent<=…` with a date or a time."""
    wanted = value.lstrip("<>=")
    moment = datetime.fromisoformat(wanted.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name.endswith(">") or value.startswith(">"):
        return sent >= moment
    if name.endswith("<") or value.startswith("<"):
        return sent <= (moment if "T" in wanted else moment + timedelta(days=1))
    return sent.date() == moment.date()
