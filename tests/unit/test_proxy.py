"""Tests what a proxy of Serve answers for itself while it knows no routes."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deployments.api.web import SecurityHeaders
from deployments.proxy import FrontOnly, middlewares


def _client(*, knows_the_ingress: bool) -> httpx.AsyncClient:
    """Serve's proxy as it answers without routes, or with the ingress behind it."""

    async def no_route(request: object) -> PlainTextResponse:
        return PlainTextResponse("Path not found. Ping http://.../-/routes", 404)

    inner = Starlette(routes=[Route("/{path:path}", no_route, methods=["GET", "POST"])])
    [middleware] = middlewares()  # Without FRONT_KEY_FILE it asks for no key.
    app = middleware.cls(SecurityHeaders(inner) if knows_the_ingress else inner)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://proxy")


async def test_a_proxy_without_routes_asks_to_try_again() -> None:
    async with _client(knows_the_ingress=False) as client:
        answer = await client.post("/api/v1/webhooks/whatsapp")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["error"] == "unavailable"


async def test_what_the_ingress_does_not_find_stays_not_found() -> None:
    async with _client(knows_the_ingress=True) as client:
        answer = await client.get("/api/v1/tickets/none")
    assert answer.status_code == 404


async def _answer_path(scope: Scope, receive: Receive, send: Send) -> None:
    seen = [name for name, _ in scope["headers"] if name == b"x-front-key"]
    await PlainTextResponse(f"{scope['path']} {seen}")(scope, receive, send)


def _keyed_client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(FrontOnly(_answer_path, key="the front's"))
    return httpx.AsyncClient(transport=transport, base_url="http://proxy")


@pytest.mark.parametrize("headers", [{}, {"X-Front-Key": ""}, {"X-Front-Key": "the front"}])
@pytest.mark.parametrize("path", ["/", "/-/routes", "/api/v1/health", "/-/healthz/x"])
async def test_a_proxy_with_a_key_answers_nobody_but_the_front(
    headers: dict[str, str], path: str
) -> None:
    async with _keyed_client() as client:
        assert (await client.get(path, headers=headers)).status_code == 403


async def test_the_key_ends_at_the_proxy_and_serves_health_check_needs_none() -> None:
    async with _keyed_client() as client:
        answer = await client.get("/api", headers={"X-Front-Key": "the front's"})
        assert (answer.status_code, answer.text) == (200, "/api []")
        assert (await client.get("/-/healthz")).status_code == 200
