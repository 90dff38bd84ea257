"""Holds the state of the Twilio stand-in's account: messages, customers and requested failures."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, Field
from twilio.request_validator import RequestValidator

from standins.failures import HeldCalls

_ADDRESS = re.compile(r"whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.[A-Za-z0-9]{4,128})")
ERROR_MESSAGES = {
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
_WINDOW = timedelta(hours=24)


class Failure(BaseModel):
    """A requested failure. `status` 0 drops the connection during the answer; below 400 answers normally.

    `hang_seconds` delays the answer. `after_accept` takes the message before the delay, `late_effect` after it,
    even if the client has gone; otherwise it is not taken.
    """

    status: int
    times: int = 1
    after_accept: bool = False
    code: int | None = None
    retry_after: int | None = None
    hang_seconds: float = 0
    late_effect: bool = False


class Media(BaseModel):
    """An attachment."""

    content_type: str
    url: str = ""


class Incoming(BaseModel):
    """A customer's message; its webhook is posted `times` times, as Twilio may repeat one."""

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
    """An outbound message."""

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
        """Return Twilio's Message resource."""
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.sent or self.created),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": ERROR_MESSAGES.get(self.error_code) if self.error_code else None,
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
    """An error that is answered in Twilio's format."""

    def __init__(self, status: int, code: int) -> None:
        self.status, self.code = status, code


class Account:
    """The account's messages, customers and requested failures."""

    def __init__(
        self, sid: str, auth_token: str, number: str, webhook_url: str, step_seconds: float
    ) -> None:
        self.sid, self.auth_token, self.webhook_url = sid, auth_token, webhook_url
        self.learns_login = False
        self.approvals: dict[str, str] = {}
        """By content SID: whether WhatsApp approved the template. Any other counts as approved."""
        self.number = f"whatsapp:{number.removeprefix('whatsapp:')}"
        self.step_seconds = step_seconds
        self.messages: list[Message] = []
        self.failures: deque[Failure] = deque()
        self.held = HeldCalls()
        self.undelivered: deque[int] = deque()
        self.last_inbound: dict[str, datetime] = {}
        self.opted_out: set[str] = set()
        self.web = httpx.AsyncClient(timeout=15, trust_env=False)
        self.tasks: set[asyncio.Task[None]] = set()

    def check_login(self, sid: str, password: str) -> None:
        """Check the caller's credentials.

        Raises:
            Refused: They are wrong (20003).
        """
        if self.learns_login and sid and password:
            self.sid, self.auth_token = sid, password
        if (sid, password) != (self.sid, self.auth_token):
            raise Refused(401, 20003)

    def take(self, form: Mapping[str, str]) -> Message:
        """Accept an outbound message.

        Raises:
            Refused: The request is invalid; with Twilio's code.
        """
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

    def search(self, query: Mapping[str, str]) -> list[Message]:
        """Find messages, the newest first, by To, From and DateSent (also with `<` and `>`)."""
        found = [
            message
            for message in reversed(self.messages)
            if query.get("To", message.to) == message.to
            and query.get("From", message.from_) == message.from_
        ]
        for name, value in query.items():
            if name.startswith("DateSent"):
                found = [
                    message
                    for message in found
                    if message.sent and _is_within(message.sent, name, value)
                ]
        return found

    async def receive(self, incoming: Incoming) -> tuple[dict[str, str], list[dict[str, object]]]:
        """Post the webhook of a customer's message; return its form and each answer."""
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
            "AccountSid": self.sid,
            "From": incoming.sender,
            "ApiVersion": "2010-04-01",
        }
        for index, media in enumerate(incoming.media):
            path = f"/2010-04-01/Accounts/{self.sid}/Messages/{sid}/Media/ME{index:032x}"
            form[f"MediaUrl{index}"] = media.url or f"https://api.twilio.com{path}"
            form[f"MediaContentType{index}"] = media.content_type
        form |= incoming.extra
        answers = [await self._post(self.webhook_url, form) for _ in range(incoming.times)]
        return form, [{"status": answer.status_code, "body": answer.text} for answer in answers]

    async def _pass_on(self, message: Message) -> None:
        """Report the statuses queued, sent, delivered and read, or undelivered with its code."""
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
            "AccountSid": self.sid,
        }
        if message.error_code:
            form["ErrorCode"] = str(message.error_code)
            form["ChannelStatusMessage"] = ERROR_MESSAGES.get(message.error_code, "failed")
        try:
            answer = await self._post(message.status_callback, form)
        except httpx.HTTPError:
            message.callbacks.append((message.status, 0))
        else:
            message.callbacks.append((message.status, answer.status_code))

    async def _post(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        validator = RequestValidator(self.auth_token)
        signature = validator.compute_signature(url, form)
        content = urlencode(form).encode()
        headers = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return await self.web.post(url, content=content, headers=headers)


def _is_within(sent: datetime, name: str, value: str) -> bool:
    """Apply the filter `DateSent=2026-01-31`, `DateSent>=…` or `DateSent<=…` with a date or a time."""
    wanted = value.lstrip("<>=")
    moment = datetime.fromisoformat(wanted.replace("Z", "+00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name.endswith(">") or value.startswith(">"):
        return sent >= moment
    if name.endswith("<") or value.startswith("<"):
        return sent <= (moment if "T" in wanted else moment + timedelta(days=1))
    return sent.date() == moment.date()
