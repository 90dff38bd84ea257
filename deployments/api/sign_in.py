"""Signs staff in to the console and out of it, by key or through the identity provider."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from deployments.api.context import ApiContext, Context, Viewer
from deployments.api.errors import STAFF_ERRORS, ErrorBody, FieldErrorBody
from deployments.identity_provider import IdentityProvider, StartedSignIn
from domain.errors import NotFound, SessionOver, SignInRefusal, SignInRefused
from domain.principals import Principal, Role
from pipeline.staff_accounts import admit

router = APIRouter(prefix="/staff", tags=["sign-in"], responses={400: {"model": FieldErrorBody}})

_STARTED = "staff_oidc"
_STARTED_FOR = timedelta(minutes=10)
_SIGN_IN_ERRORS: dict[int | str, dict[str, type[BaseModel]]] = {
    status: {"model": ErrorBody} for status in (401, 403, 429, 503)
}
_PLACE = r"^[A-Za-z0-9/_-]{0,200}$"
_IS_PLACE = re.compile(_PLACE)
"""A page of the console: the part of its address after `#/`, which can lead to no other site."""


class StaffKey(BaseModel):
    """What staff sign in with."""

    key: str = Field(max_length=500)


class SignInWays(BaseModel):
    """How staff can sign in."""

    provider: str | None = Field(
        description="Name of the identity provider; null where staff sign in by key alone."
    )
    url: str | None = Field(description="Where the sign-in at the provider begins.")


class SignedIn(BaseModel):
    """Who is signed in."""

    name: str
    role: Role
    account_id: UUID | None = Field(description="null for a key of the settings.")


@router.get("/sign-in", response_model=SignInWays)
async def read_ways(context: Context) -> SignInWays:
    """Tell how staff can sign in; needs no key."""
    if context.provider is None:
        return SignInWays(provider=None, url=None)
    login = context.cookie.base_url + "/api/v1/staff/oidc/login"
    return SignInWays(provider=context.provider.label, url=login)


@router.post("/session", status_code=204, response_class=Response, responses={**_SIGN_IN_ERRORS})
async def sign_in(body: StaffKey, request: Request, context: Context) -> Response:
    """Sign in by key: the answer sets the session's cookie."""
    context.gate.require_own_page(request)
    principal = await context.gate.key(request, body.key.strip())
    return await _signed_in(context, principal, Response(status_code=204))


@router.get("/session", response_model=SignedIn, responses=STAFF_ERRORS)
async def read_session(caller: Viewer) -> SignedIn:
    """Tell who calls, by session or key."""
    return SignedIn(name=caller.name, role=caller.role, account_id=caller.account_id)


@router.delete("/session", status_code=204, response_class=Response, responses={**_SIGN_IN_ERRORS})
async def sign_out(request: Request, context: Context) -> Response:
    """Sign out: the session is over in every replica. Idempotent."""
    token = context.cookie.read(request)
    if token is not None:
        try:
            principal = await context.gate.session(request, token)
        except SessionOver:
            pass
        else:
            await context.staff.end_session(token, principal)
    response = Response(status_code=204)
    context.cookie.forget(response)
    return response


@router.get(
    "/oidc/login",
    status_code=302,
    response_class=RedirectResponse,
    responses={404: {"model": ErrorBody}, 503: {"model": ErrorBody}},
)
async def start_at_provider(
    request: Request,
    context: Context,
    then: Annotated[str, Query(pattern=_PLACE, description="Page of the console to go to.")] = "",
) -> Response:
    """Send the browser to the identity provider."""
    provider = _provider(context)
    try:
        started = await provider.start()
    except SignInRefused as refused:
        return _refuse(context, request, refused)
    response = RedirectResponse(started.url, 302)
    context.cookie.put(response, _STARTED, _pack(started, then), _STARTED_FOR, "lax")
    return response


@router.get(
    "/oidc/callback",
    status_code=302,
    response_class=RedirectResponse,
    responses={403: {"model": ErrorBody}, 404: {"model": ErrorBody}, 503: {"model": ErrorBody}},
)
async def come_back_from_provider(
    request: Request,
    context: Context,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=5000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Sign in whom the identity provider vouches for, and go to the console.

    A person is sent to the console with the reason if that fails; a program gets 403.
    """
    provider = _provider(context)
    started = _unpack(request.cookies.get(context.cookie.named(_STARTED), ""))
    try:
        if error:
            raise SignInRefused("The identity provider did not let you in.", SignInRefusal.DENIED)
        if (
            started is None
            or not (code and state)
            or not hmac.compare_digest(started["state"].encode(), state.encode())
        ):
            raise SignInRefused(
                "This sign-in was not started here, or too long ago: begin again.",
                SignInRefusal.FAILED,
            )
        identity = await provider.finish(code, started["nonce"], started["verifier"])
        account = await admit(context.open_uow, identity, context.staff.reserved_names)
    except SignInRefused as refused:
        response = _refuse(context, request, refused)
    else:
        place = f"#/{started['then']}" if started["then"] else ""
        response = RedirectResponse(f"{context.cookie.base_url}/console/{place}", 302)
        await _signed_in(context, account.principal, response)
    context.cookie.put(response, _STARTED, "", timedelta(0), "lax")
    return response


async def _signed_in(context: ApiContext, principal: Principal, response: Response) -> Response:
    token = await context.staff.start_session(principal)
    context.cookie.keep(response, token, context.staff.limits.absolute)
    return response


def _provider(context: ApiContext) -> IdentityProvider:
    if context.provider is None:
        raise NotFound("no identity provider is set")
    return context.provider


def _refuse(context: ApiContext, request: Request, refused: SignInRefused) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        raise refused
    reason = urlencode({"refused": refused.code})
    return RedirectResponse(f"{context.cookie.base_url}/console/?{reason}", 302)


def _pack(started: StartedSignIn, then: str) -> str:
    kept = {
        "state": started.state,
        "nonce": started.nonce,
        "verifier": started.verifier,
        "then": then,
    }
    return base64.urlsafe_b64encode(json.dumps(kept).encode()).decode("ascii")


def _unpack(cookie: str) -> dict[str, str] | None:
    """Read what the browser kept. It vouches for nothing but this browser's own sign-in, so it needs no signature."""
    try:
        kept = json.loads(base64.urlsafe_b64decode(cookie))
        started = {name: str(kept[name]) for name in ("state", "nonce", "verifier", "then")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return started if _IS_PLACE.fullmatch(started["then"]) else None
