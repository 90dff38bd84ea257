"""Tests what a proxy of Serve answers for itself while it knows no routes."""

from __future__ import annotations

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deployments.api.web import SecurityHeaders
from deployments.proxy import middlewares


def _client(*, knows_the_ingress: bool) -> httpx.AsyncClient:
    """Serve's proxy as it answers without routes, or with the ingress behind it."""

    async def no_route(request: object) -> PlainTextResponse:
        return PlainTextResponse("Path not found. Ping http://.../-/routes", 404)

    inner = Starlette(routes=[Route("/{path:path}", no_route, methods=["GET", "POST"])])
    [middleware] = middlewares()
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
