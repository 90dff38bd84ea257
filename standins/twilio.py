"""Simulates Twilio's WhatsApp API: accounts, messages, callbacks and errors.

It signs webhooks with Twilio's own validator. `GET /_sent` lists accepted messages, `POST /_fail` makes calls
fail and `POST /_receive` makes a customer write. If the customer last wrote more than 24 hours ago (`hours_ago`),
free text fails with 63016 in the status callback, as at Twilio; a customer unknown here is assumed to have
written to the webhook directly.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from standins.twilio_account import ERROR_MESSAGES, Account, Failure, Incoming, Refused

DEFAULT_ACCOUNT_SID = "AC00000000000000000000000000000001"
DEFAULT_AUTH_TOKEN = "stand-in-auth-token"
DEFAULT_FROM = "+14155550100"

_CODES = {401: 20003, 404: 20404, 429: 20429, 500: 20500, 503: 20503}


class Undelivered(BaseModel):
    """The next `times` messages are accepted and then fail with `code` in the status callback."""

    code: int
    times: int = 1


class Dropped(Response):
    """Promises more bytes than it sends, so that the client sees the connection break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionAbortedError("dropped on demand")


def create_app(
    *,
    account_sid: str | None = None,
    auth_token: str | None = None,
    from_number: str | None = None,
    webhook_url: str | None = None,
    step_seconds: float = 0.02,
) -> FastAPI:
    """Make the stand-in's app.

    Defaults come from TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN (the first of a list signs), TWILIO_WHATSAPP_FROM and
    TWILIO_WEBHOOK_URL, so that it fits a system with the same settings. Without any token it adopts the account
    and token of the first login and signs with that token.
    """
    token = auth_token or os.environ.get("TWILIO_AUTH_TOKEN", "").split(",")[0].strip()
    account = Account(
        account_sid or os.environ.get("TWILIO_ACCOUNT_SID") or DEFAULT_ACCOUNT_SID,
        token or DEFAULT_AUTH_TOKEN,
        from_number or os.environ.get("TWILIO_WHATSAPP_FROM") or DEFAULT_FROM,
        webhook_url
        or os.environ.get("TWILIO_WEBHOOK_URL")
        or "http://127.0.0.1:8000/api/v1/webhooks/whatsapp",
        step_seconds,
    )

    account.learns_login = not token

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for task in account.tasks:
            task.cancel()
        await asyncio.gather(*account.tasks, return_exceptions=True)
        await account.web.aclose()

    app = FastAPI(title="Twilio stand-in", lifespan=lifespan)

    @app.exception_handler(Refused)
    async def refuse(_request: Request, error: Refused) -> JSONResponse:
        return _error(error.status, error.code)

    @app.post("/2010-04-01/Accounts/{sid}/Messages.json")
    async def create_message(sid: str, request: Request) -> Response:
        failure = account.failures.popleft() if account.failures else None
        # Read before any wait: the body of a client that has gone can't be read.
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if failure is None:
            _check_login(request, account, sid)
            return JSONResponse(account.take(form).as_json(sid), 201)
        message = None
        if failure.after_accept:
            _check_login(request, account, sid)
            message = account.take(form)
        await account.held.hold(failure.hang_seconds)
        if failure.late_effect and message is None:
            _check_login(request, account, sid)
            message = account.take(form)
        if failure.status == 0 or (failure.status < 400 and message is None):
            return Dropped()
        if failure.status < 400 and message is not None:
            return JSONResponse(message.as_json(sid), failure.status)
        code = failure.code or _CODES.get(failure.status, 20001)
        return _error(failure.status, code, failure.retry_after)

    @app.get("/2010-04-01/Accounts/{sid}/Messages.json")
    async def list_messages(sid: str, request: Request) -> JSONResponse:
        _check_login(request, account, sid)
        query = dict(request.query_params)
        size = max(1, min(int(query.get("PageSize", 50)), 1000))
        page = int(query.get("Page", 0))
        found = account.search(query)
        shown = found[page * size : (page + 1) * size]
        filters = {name: value for name, value in query.items() if name not in ("Page",)}

        def uri(number: int) -> str:
            return f"/2010-04-01/Accounts/{sid}/Messages.json?{urlencode(filters | {'Page': str(number)})}"

        has_more = len(found) > (page + 1) * size
        return JSONResponse(
            {
                "messages": [message.as_json(sid) for message in shown],
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
        _check_login(request, account, sid)
        for message in account.messages:
            if message.sid == message_sid:
                return JSONResponse(message.as_json(sid))
        raise Refused(404, 20404)

    @app.get("/2010-04-01/Accounts/{sid}.json")
    async def fetch_account(sid: str, request: Request) -> JSONResponse:
        _check_login(request, account, sid)
        return JSONResponse({"sid": sid, "status": "active", "type": "Full"})

    @app.get("/v2/Channels/Senders")
    async def list_senders(request: Request) -> JSONResponse:
        _check_login(request, account, account.sid)
        webhook = {"callback_url": account.webhook_url, "callback_method": "POST"}
        sender = {"sid": "XE" + "0" * 32, "status": "ONLINE", "sender_id": account.number}
        meta = {"key": "senders", "page": 0, "page_size": 50, "next_page_url": None}
        return JSONResponse({"senders": [sender | {"webhook": webhook}], "meta": meta})

    @app.get("/v1/Content/{content_sid}/ApprovalRequests")
    async def fetch_approval(content_sid: str, request: Request) -> JSONResponse:
        _check_login(request, account, account.sid)
        status = account.approvals.get(content_sid, "approved")
        if status == "absent":
            raise Refused(404, 20404)
        return JSONResponse(
            {"sid": content_sid, "account_sid": account.sid, "whatsapp": {"status": status}}
        )

    @app.put("/_approvals")
    async def set_approvals(approvals: dict[str, str]) -> dict[str, str]:
        account.approvals = approvals
        return account.approvals

    @app.get("/_sent")
    async def sent() -> list[dict[str, object]]:
        return [
            message.as_json(account.sid)
            | {
                "content_sid": message.content_sid,
                "content_variables": message.content_variables,
                "callbacks": message.callbacks,
            }
            for message in account.messages
        ]

    @app.post("/_fail")
    async def fail(failure: Failure) -> dict[str, int]:
        account.failures.extend([failure] * failure.times)
        return {"pending": len(account.failures)}

    @app.get("/_fail")
    async def show_failures() -> dict[str, int]:
        return {"pending": len(account.failures), "held": account.held.number}

    @app.delete("/_fail")
    async def fail_no_more() -> dict[str, int]:
        account.failures.clear()
        account.held.release()
        return {"pending": 0}

    @app.post("/_undeliver")
    async def undeliver(wish: Undelivered) -> dict[str, int]:
        account.undelivered.extend([wish.code] * wish.times)
        return {"pending": len(account.undelivered)}

    @app.post("/_receive")
    async def receive(incoming: Incoming) -> dict[str, object]:
        form, answers = await account.receive(incoming)
        return {"message_sid": form["MessageSid"], "form": form, "answers": answers}

    return app


def _error(status: int, code: int, retry_after: int | None = None) -> JSONResponse:
    body = {
        "code": code,
        "message": ERROR_MESSAGES.get(code, "Bad request"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body, status, headers)


def _check_login(request: Request, account: Account, sid: str) -> None:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError as error:
        raise Refused(401, 20003) from error
    if kind.lower() != "basic" or user != sid:
        raise Refused(401, 20003)
    account.check_login(user, password)
