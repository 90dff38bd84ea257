"""Simulates an OpenID Connect provider: sign-in by choosing a name, without a password.

Set OIDC_ISSUER to its address; any client id and secret are taken. The protocol is oidc-provider-mock's; PKCE (S256),
`GET /_requests`, `GET /_sent` (the issued ID tokens' claims) and `POST /_fail` are added here. `PUT /users/NAME` with
claims as JSON adds or changes a user. A name that nobody added signs in as well, without a role.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import oidc_provider_mock
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from standins.failures import Dropped, Failures

Json = dict[str, Any]
DEFAULT_ROLES = {"vera": "viewer", "anna": "agent", "emil": "editor", "ada": "admin"}
_AUTHORIZE, _TOKEN = "/oauth2/authorize", "/oauth2/token"
_DISCOVERY = "/.well-known/openid-configuration"
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding"}


def create_app(roles: Mapping[str, str] = DEFAULT_ROLES, role_claim: str = "role") -> FastAPI:
    """Make the app for users by name with their role, which ID tokens and userinfo have in `role_claim`."""
    # The package refuses plain HTTP otherwise, which a server of this machine speaks.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    users = [
        oidc_provider_mock.User(sub=name, claims=_claims(name) | {role_claim: role})
        for name, role in roles.items()
    ]
    provider = Provider(users)
    app = FastAPI(title="Identity stand-in", docs_url=None, redoc_url=None)
    app.include_router(_control_routes(provider))
    app.include_router(provider.failures.routes())

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"], include_in_schema=False)
    async def pass_on(request: Request) -> Response:
        body = await request.body()
        failure = provider.failures.next()
        if failure is None:
            return await run_in_threadpool(provider.answer, request, body)
        if failure.after_accept:
            answer = await run_in_threadpool(provider.answer, request, body)
        await provider.failures.hold(failure)
        if failure.status == 0:
            return Dropped()
        if not failure.answers_normally:
            refusal = {"error": "temporarily_unavailable"}
            return JSONResponse(refusal, failure.status, failure.headers)
        if not failure.after_accept:
            answer = await run_in_threadpool(provider.answer, request, body)
        return answer

    return app


class Provider:
    """The package's server, with PKCE and a record of what happened."""

    def __init__(self, users: Sequence[oidc_provider_mock.User]) -> None:
        app = oidc_provider_mock.app(user_claims=users)
        self._connect = partial(httpx.Client, transport=httpx.WSGITransport(app))
        self._challenges: dict[str, str] = {}
        self.requests: list[Json] = []
        self.sent: list[Json] = []
        self.failures = Failures()

    def answer(self, request: Request, body: bytes) -> Response:
        """Answer a call of the protocol; may block."""
        path, form = request.url.path, _first_values(body.decode("utf-8", "replace"))
        at = datetime.now(UTC).isoformat()
        self.requests.append({"at": at, "method": request.method, "path": path})
        if (
            path == _AUTHORIZE
            and request.query_params.get("code_challenge_method", "S256") != "S256"
        ):
            return _refusal("invalid_request", "The only supported code_challenge_method is S256.")
        if path == _TOKEN and not self._is_verified(form):
            return _refusal("invalid_grant", "The code_verifier does not match the code_challenge.")
        with self._connect() as client:
            answer = client.request(
                request.method, str(request.url), headers=request.headers.raw, content=body
            )
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in _HOP_BY_HOP
        ]
        content = answer.content
        if path == _AUTHORIZE:
            self._remember_challenge(request, answer)
        elif path == _TOKEN and answer.is_success:
            self._note_token(answer.json(), form)
        elif path == _DISCOVERY:
            described = answer.json() | {"code_challenge_methods_supported": ["S256"]}
            return JSONResponse(described)
        response = Response(content, answer.status_code)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in headers]
        return response

    def _remember_challenge(self, request: Request, answer: httpx.Response) -> None:
        query = _first_values(urlsplit(answer.headers.get("location", "")).query)
        challenge = request.query_params.get("code_challenge")
        if challenge and "code" in query:
            self._challenges[query["code"]] = challenge

    def _is_verified(self, form: Mapping[str, str]) -> bool:
        challenge = self._challenges.pop(form.get("code", ""), None)
        if challenge is None:
            return True
        verifier = form.get("code_verifier", "")
        return bool(create_s256_code_challenge(verifier) == challenge)

    def _note_token(self, token: Json, form: Mapping[str, str]) -> None:
        if "id_token" in token:
            claims = jwt.decode(token["id_token"], options={"verify_signature": False})
            self.sent.append({"grant_type": form.get("grant_type"), "claims": claims})


def _control_routes(provider: Provider) -> APIRouter:
    router = APIRouter()

    @router.get("/_requests")
    async def list_requests() -> list[Json]:
        return provider.requests

    @router.get("/_sent")
    async def list_sent() -> list[Json]:
        return provider.sent

    return router


def _claims(name: str) -> Json:
    return {
        "name": name.capitalize(),
        "preferred_username": name,
        "email": f"{name}@staff.example",
        "email_verified": True,
    }


def _first_values(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _refusal(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
