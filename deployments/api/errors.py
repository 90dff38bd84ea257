"""Maps errors to statuses and bodies. No body holds a traceback, SQL or a provider's text."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.session_cookie import SessionCookie
from domain.errors import (
    AtCapacity,
    Conflict,
    Malformed,
    NotAuthentic,
    NotFound,
    NotPermitted,
    Overloaded,
    SessionOver,
    SignInRefusal,
    SignInRefused,
    SupportError,
    TakesAnswers,
    Transient,
)

log = logging.getLogger(__name__)

_RETRY_AFTER = timedelta(seconds=5)
_NAMES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "bad_request",
    428: "challenge_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


class ErrorBody(BaseModel):
    """Body of every error."""

    error: str
    detail: str


class FieldErrorBody(ErrorBody):
    """Body of a 400: the reason for each invalid field."""

    fields: dict[str, str]


class ConflictBody(ErrorBody):
    """Body of a 409; `owner_name` is the person who works on the conversation.

    `questions` are the regression questions that would lose their answer, where that is the reason.
    """

    owner_name: str | None = None
    questions: list[str] = []


class ChallengeBody(ErrorBody):
    """Body of a 428: the work that the form needs before it is taken.

    Find a whole number n for which SHA-256(seed + n in decimal digits) begins with `bits` zero bits. The seed is
    the 32 bytes of SHA-256(`challenge` + line feed + Idempotency-Key, empty without one + line feed + body). Then send
    the same request with the header `Challenge-Solution: <challenge>:<n>` within five minutes.
    """

    challenge: str
    bits: int


STAFF_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "No valid staff key and no session"},
    403: {"model": ErrorBody, "description": "The caller's role is not enough"},
    429: {"model": ErrorBody},
    503: {"model": ErrorBody},
}
"""Errors that every staff call may answer."""

DESK_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": FieldErrorBody},
    **STAFF_ERRORS,
    404: {"model": ErrorBody},
    409: {"model": ConflictBody},
}
"""Errors that a call on a conversation, a customer or a dead letter may answer."""


class Unauthorized(SupportError):
    """A staff call without a valid key or session."""


class ForeignOrigin(SupportError):
    """A change that a page of another site made a signed-in browser send; the answer is 403."""


class ForbiddenSignature(NotAuthentic):
    """A Twilio webhook whose signature is missing or wrong; the answer is 403."""


class ChallengeNeeded(SupportError):
    """The form comes without a valid solution; `challenge` of `bits` has to be solved for it."""

    def __init__(self, message: str, challenge: str, bits: int) -> None:
        super().__init__(message)
        self.challenge = challenge
        self.bits = bits


def add_error_handlers(app: FastAPI) -> None:
    """Install the error handlers on `app`."""
    app.add_exception_handler(SupportError, _support_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


def error_response(status: int, detail: str, **extra: object) -> JSONResponse:
    """Make an error's response.

    Args:
        status: The HTTP status.
        detail: A sentence for the caller.
        extra: What the body has beside these, such as `fields`; `retry_after`, a timedelta, for the header.
    """
    headers: dict[str, str] = {}
    retry_after = extra.pop("retry_after", None)
    if isinstance(retry_after, timedelta):
        headers["Retry-After"] = str(max(1, math.ceil(retry_after.total_seconds())))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = {"error": _NAMES.get(status, "error"), "detail": detail, **extra}
    return JSONResponse(body, status, headers)


async def _support_error(request: Request, error: Exception) -> JSONResponse:
    match error:
        case Malformed():
            return error_response(400, "The request can't be read.", fields=error.fields)
        case Unauthorized():
            return error_response(401, "A valid staff key is needed.")
        case SessionOver():
            return _session_over(request)
        case NotPermitted():
            return error_response(403, f"Your role is not enough: {error}.")
        case ForeignOrigin():
            return error_response(403, "A page of another site sent this, so nothing was done.")
        case SignInRefused():
            status = 503 if error.code is SignInRefusal.AWAY else 403
            wait = _RETRY_AFTER if status == 503 else None
            return error_response(status, str(error), retry_after=wait)
        case ForbiddenSignature():
            return error_response(403, "The signature is missing or wrong.")
        case NotAuthentic():
            return error_response(401, "The token is missing or wrong.")
        case NotFound():
            return error_response(404, "There is no such thing, or it needs another token.")
        case TakesAnswers():
            return error_response(409, str(error), questions=list(error.questions))
        case Conflict():
            detail = "Somebody else is working on this." if error.holder else str(error)
            return error_response(409, detail, owner_name=error.holder)
        case ChallengeNeeded():
            return error_response(428, str(error), challenge=error.challenge, bits=error.bits)
        case Overloaded():
            return error_response(
                429, "Too many requests just now; please try again.", retry_after=error.retry_after
            )
        case AtCapacity():
            # No log line: a caller who opens too many would flood the log.
            return error_response(
                503, "Too many are open just now; please try again.", retry_after=error.retry_after
            )
        case Transient():
            log.warning(
                "%s %s unavailable: %s", request.method, request.url.path, type(error).__name__
            )
            wait = error.retry_after or _RETRY_AFTER
            return error_response(
                503, "We can't take this right now; please try again.", retry_after=wait
            )
    log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__)
    return error_response(500, "Something went wrong on our side.")


def _session_over(request: Request) -> JSONResponse:
    """Take the cookie back, so that the browser doesn't send it again."""
    response = error_response(401, "Your session is over: sign in again.")
    cookie: SessionCookie = request.app.state.context.cookie
    cookie.forget(response)
    return response


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    """Turn FastAPI's 422 into a 400 with a reason per field."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields: dict[str, str] = {}
    for problem in error.errors():
        source, *path = [str(part) for part in problem["loc"]]
        name = ".".join(path) if path and problem["type"] != "json_invalid" else source
        fields.setdefault(name, _friendly(problem))
    return error_response(400, "Some fields are missing or wrong.", fields=fields)


_PLAIN_WORDS = {
    "missing": "is required",
    "json_invalid": "is not valid JSON",
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
"""By pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/)."""


def _friendly(problem: Mapping[str, Any]) -> str:
    """Say what is wrong, in words that a page can show beside the field."""
    words = _PLAIN_WORDS.get(str(problem["type"]))
    if words is None:
        return str(problem["msg"]).removeprefix("Value error, ")
    context = {name: str(value) for name, value in problem.get("ctx", {}).items()}
    if "expected" in context:
        context["expected"] = context["expected"].replace("'", "").replace(" or ", ", ")
    return words.format_map(context)


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 400:
        # FastAPI answers 400 for a body that it can't decode: not UTF-8, or nested too deep.
        fields = {"body": _PLAIN_WORDS["json_invalid"]}
        return error_response(400, "The request can't be read.", fields=fields)
    response = error_response(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


class ErrorFallback:
    """Answers 500 for a bug. Logs the traceback without the message, which may quote a customer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI call."""
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            # The entry point: a bug ends only this request.
            log.error(
                "%s %s failed: %s\n%s",
                scope.get("method"),
                scope.get("path"),
                type(error).__name__,
                "".join(traceback.format_tb(error.__traceback__)),
            )
            if has_started or scope["type"] != "http":
                raise
            await error_response(500, "Something went wrong on our side.")(scope, receive, send)
