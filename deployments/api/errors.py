"""Which status and body each error becomes. No body ever holds a trace, SQL or a provider's words."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from domain.errors import (
    Conflict,
    Malformed,
    NotAuthentic,
    NotFound,
    Overloaded,
    SupportError,
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
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "bad_request",
    429: "too_many_requests",
    503: "unavailable",
}


class ErrorBody(BaseModel):
    """Every error's body."""

    error: str
    detail: str


class FieldErrorBody(ErrorBody):
    """A 400 that names each bad field and says why."""

    fields: dict[str, str]


class ConflictBody(ErrorBody):
    owner_name: str | None = None


class Unauthorized(SupportError):
    """A staff call without a valid key."""


class ForbiddenSignature(NotAuthentic):
    """A Twilio webhook whose signature is missing or wrong: answered 403."""


def add_error_handlers(app: FastAPI) -> None:
    """Install the table on `app`."""
    app.add_exception_handler(SupportError, _support_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


def error_response(status: int, detail: str, **extra: object) -> JSONResponse:
    """`extra` may hold `fields`, `owner_name` or, as a timedelta, `retry_after`."""
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
        case ForbiddenSignature():
            return error_response(403, "The signature is missing or wrong.")
        case NotAuthentic():
            return error_response(401, "The token is missing or wrong.")
        case NotFound():
            return error_response(404, "There is no such thing, or it needs another token.")
        case Conflict():
            detail = "Somebody else is working on this." if error.holder else str(error)
            return error_response(409, detail, owner_name=error.holder)
        case Overloaded():
            return error_response(
                429, "Too many requests just now; please try again.", retry_after=error.retry_after
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


async def _invalid_request(_request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own 422 as the contract's 400, a reason a field."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields: dict[str, str] = {}
    for one in error.errors():
        path = [str(part) for part in one["loc"] if part not in ("body", "query", "path", "header")]
        name = ".".join(path) if path and one["type"] != "json_invalid" else "body"
        fields.setdefault(name, _friendly(one))
    return error_response(400, "Some fields are missing or wrong.", fields=fields)


def _friendly(problem: Mapping[str, Any]) -> str:
    """What to do about it, in words that a page can show beside the field."""
    kind = str(problem["type"])
    if kind == "missing":
        return "is required"
    if kind == "json_invalid":
        return "is not valid JSON"
    if kind in ("enum", "literal_error"):
        return f"must be one of {problem['ctx']['expected']}".replace("'", "").replace(" or ", ", ")
    if kind.startswith(("string_type", "string_sub")):
        return "must be text"
    return str(problem["msg"]).removeprefix("Value error, ")


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    response = error_response(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _bug(request: Request, error: Exception) -> JSONResponse:
    log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_response(500, "Something went wrong on our side.")
