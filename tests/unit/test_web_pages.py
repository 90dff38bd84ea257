"""Tests the exported pages: what may be kept, what may run, and what is never served."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from deployments.api.web import PagesMount, SecurityHeaders, WebPages, content_policy

INLINE = "self.__next_f = [1];"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    assets = folder / "_next/static/chunks"
    assets.mkdir(parents=True)
    (assets / "main-abc.js").write_text("1")
    (folder / "ticket").mkdir()
    page = f'<script src="/x.js"></script><script>{INLINE}</script>'
    (folder / "index.html").write_text(page)
    (folder / "ticket/index.html").write_text("<p>ticket</p>")
    (folder / "404.html").write_text("<p>nothing</p>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
async def client(pages: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[PagesMount("/", WebPages(pages))])
    transport = httpx.ASGITransport(SecurityHeaders(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def test_pages_are_asked_for_anew_and_hashed_assets_kept(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).headers["cache-control"] == "no-cache"
    assert (await client.get("/ticket/")).text == "<p>ticket</p>"
    asset = await client.get("/_next/static/chunks/main-abc.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_an_asset_that_is_missing_is_not_missing_for_ever(client: httpx.AsyncClient) -> None:
    response = await client.get("/_next/static/chunks/main-new.js")
    assert (response.status_code, response.headers["cache-control"]) == (404, "no-cache")


async def test_only_the_exports_own_inline_scripts_run(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(INLINE.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == 1


def test_pages_without_inline_scripts_allow_none(tmp_path: Path) -> None:
    assert "sha256" not in content_policy(tmp_path)


async def test_every_page_has_the_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/nowhere", "/_next/static/chunks/main-abc.js"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"]


@pytest.mark.parametrize("is_https", [True, False])
async def test_a_site_that_has_https_is_never_asked_for_without(is_https: bool) -> None:
    transport = httpx.ASGITransport(SecurityHeaders(PlainTextResponse("here"), is_https))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = (await client.get("/")).headers
    assert ("strict-transport-security" in headers) is is_https


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/_next/../../secret.txt"]
)
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert "secret" not in response.text


async def test_the_api_is_never_answered_with_a_page(client: httpx.AsyncClient) -> None:
    assert "nothing" not in (await client.get("/api/v1/nowhere")).text
    assert (await client.get("/apiary")).text == "<p>nothing</p>"


@pytest.mark.parametrize("path", ["/ticket", "//ticket", "///ticket?next=1"])
async def test_a_redirect_names_a_path_and_no_host(client: httpx.AsyncClient, path: str) -> None:
    request = client.build_request("GET", "/", headers={"Host": "attacker.example"})
    request.url = request.url.copy_with(raw_path=path.encode())
    response = await client.send(request)
    assert response.is_redirect
    assert response.headers["location"] == "/ticket/"
