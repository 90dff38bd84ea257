"""Tests health, what every answer carries, and what happens to calls that nobody offers."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from pathlib import Path

import httpx
import pytest

from deployments.api.limits import SenderAddress
from deployments.health import HealthBoard, Report
from tests.integration.api import (
    BASE,
    COMPONENTS,
    FORM,
    GRACE,
    ORIGIN,
    Api,
    InMemoryPassages,
    make_checks,
    openapi,
)

pytestmark = pytest.mark.postgres


async def test_health_names_every_component(api: Api) -> None:
    await api.context.health.check_once()
    response = await api.client.get(f"{BASE}/health")
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"status", "components", "version", "timestamp"}
    assert body["status"] == "healthy"
    assert body["components"] == dict.fromkeys(COMPONENTS, "healthy")
    assert body["version"] == "1.2.3"


async def test_staff_see_since_when_and_why_a_component_is_sick(api: Api) -> None:
    async def failing() -> Report:
        return Report("degraded", "You exceeded your quota.")

    api = api.changed(health=HealthBoard({**make_checks(_pool_of(api)), "model": failing}))
    await api.context.health.check_once()
    body = (await api.client.get(f"{BASE}/health", headers=GRACE)).json()
    assert body["components"]["model"] == "degraded"
    assert body["details"]["model"]["last_error"] == "You exceeded your quota."
    assert body["details"]["model"]["since"]
    assert "details" not in (await api.client.get(f"{BASE}/health")).json()
    wrong = await api.client.get(f"{BASE}/health", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401


async def test_a_sick_component_degrades_and_refuses_nobody(api: Api) -> None:
    pool_checks = make_checks(_pool_of(api), kafka="unhealthy", gmail="off")
    api = api.changed(health=HealthBoard(pool_checks))
    await api.context.health.check_once()
    response = await api.client.get(f"{BASE}/health")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert (await api.client.get(f"{BASE}/health/ready")).status_code == 200


async def test_without_a_database_nothing_is_healthy_but_the_process_lives(api_alone: Api) -> None:
    await api_alone.context.health.check_once()
    response = await api_alone.client.get(f"{BASE}/health")
    assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
    assert response.json()["components"]["database"] == "unhealthy"
    ready = await api_alone.client.get(f"{BASE}/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "not_ready"})
    live = await api_alone.client.get(f"{BASE}/health/live")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})


def _pool_of(api: Api):  # type: ignore[no-untyped-def]
    return api.context.close.__self__  # type: ignore[attr-defined]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "404.html").write_text("<p>nothing here</p>")
    (tmp_path / "index.html").write_text("<p>the form</p>")
    return tmp_path


@pytest.mark.parametrize("with_pages", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{BASE}/nothing", 404),
        ("POST", f"{BASE}/nothing", 404),
        ("GET", f"{BASE}/support/form/", 404),
        ("GET", "/api", 404),
        ("GET", "/api/v2/health", 404),
        ("GET", "/api/%00", 404),
        ("GET", f"{BASE}/support/form", 405),
        ("DELETE", f"{BASE}/health", 405),
    ],
)
async def test_a_call_that_nobody_offers_is_answered_in_json(
    api_alone: Api, pages: Path, with_pages: bool, method: str, path: str, status: int
) -> None:
    api = Api(api_alone.context, pages=pages if with_pages else None)
    response = await api.client.request(method, path)
    assert response.status_code == status
    assert set(response.json()) == {"error", "detail"}
    if status == 405:
        assert response.headers["allow"]


async def test_pages_are_served_beside_the_api(api_alone: Api, pages: Path) -> None:
    api = Api(api_alone.context, pages=pages)
    assert (await api.client.get("/")).text == "<p>the form</p>"
    missing = await api.client.get("/nowhere")
    assert (missing.status_code, missing.text) == (404, "<p>nothing here</p>")


class _Broken(InMemoryPassages):
    async def search(self, query: str):  # type: ignore[no-untyped-def]
        raise RuntimeError(f"could not parse {query}")


async def test_a_bug_shows_nobody_what_it_was_about(
    api_alone: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api = api_alone.changed(search=_Broken())
    with caplog.at_level(logging.INFO, "deployments"):
        response = await api.client.get(
            f"{BASE}/knowledge/suggestions", params={"q": "my secret illness"}
        )
    assert response.status_code == 500
    assert response.json() == {
        "error": "internal_error",
        "detail": "Something went wrong on our side.",
    }
    assert "RuntimeError" in caplog.text
    assert "in search" in caplog.text
    assert not any(
        "illness" in record.getMessage() for record in caplog.records if record.name != "httpx"
    )


async def test_every_answer_of_the_api_forbids_content_and_caching(api_alone: Api) -> None:
    for path in ("/health/live", "/nothing", "/tickets/TKT-00000000"):
        headers = (await api_alone.client.get(f"{BASE}{path}")).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


async def preflight(api: Api, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, idempotency-key, x-ticket-token",
    }
    return await api.client.options(f"{BASE}/support/form", headers=headers)


async def test_a_configured_origin_may_call(api_alone: Api) -> None:
    api = Api(api_alone.context, origins=[ORIGIN])
    allowed = await preflight(api, ORIGIN)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = await api.client.post(
        f"{BASE}/support/form", json={**FORM, "name": ""}, headers={"Origin": ORIGIN}
    )
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    too_long = await api.client.post(
        f"{BASE}/support/form", content=b"x" * 70_000, headers={"Origin": ORIGIN}
    )
    assert too_long.headers["access-control-allow-origin"] == ORIGIN


async def test_any_other_origin_may_not(api_alone: Api) -> None:
    for api in (Api(api_alone.context, origins=[ORIGIN]), api_alone):
        response = await preflight(api, "https://evil.example")
        assert "access-control-allow-origin" not in response.headers
        answer = await api.client.get(
            f"{BASE}/health/live", headers={"Origin": "https://evil.example"}
        )
        assert "access-control-allow-origin" not in answer.headers


async def test_the_documents_of_the_api_are_where_the_contract_says(api_alone: Api) -> None:
    assert (await api_alone.client.get(f"{BASE}/openapi.json")).json()["openapi"].startswith("3.")
    assert "swagger" in (await api_alone.client.get(f"{BASE}/docs")).text.lower()


async def test_the_docs_page_asks_nobody_but_us(api_alone: Api) -> None:
    page = await api_alone.client.get(f"{BASE}/docs")
    assert re.findall(r"https?://", page.text) == []
    assert "default-src 'none'" in page.headers["content-security-policy"]
    [inline] = re.findall(r"<script>(.*?)</script>", page.text)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
    for asset in re.findall(r"(?:src|href)=\"(/[^\"]+)\"", page.text):
        answer = await api_alone.client.get(asset)
        assert answer.status_code == 200, asset
        assert len(answer.content) > 100_000
    assert (await api_alone.client.get(f"{BASE}/docs/favicon.png")).status_code == 404


def test_openapi_says_what_is_answered_and_nothing_else() -> None:
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            # A company profile that is not valid is a 422 of ours; FastAPI's own is a 400.
            is_profile = (
                path.endswith(("/company", "/company/check", "/company/replay", "/topics/try"))
                and method != "get"
            )
            assert ("422" in operation["responses"]) is is_profile, (method, path)
            assert operation["description"], (method, path)
            assert "500" in operation["responses"], (method, path)
    for schema in ("HTTPValidationError", "ValidationError"):
        assert schema not in openapi()["components"]["schemas"]


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", "203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.0/8", "10.3.2.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.0/8", "11.0.0.1", "198.51.100.1", "11.0.0.1"),
        ("10.0.0.1", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1", " , ", "10.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_is_believed_who_the_sender_is(
    api_alone: Api, trusted: str, peer: str, forwarded: str, address: str
) -> None:
    seen: list[str] = []
    ask = SenderAddress(trusted)

    def remember(request) -> str:  # type: ignore[no-untyped-def]
        seen.append(ask(request))
        return seen[-1]

    api = Api(api_alone.changed(sender_address=remember).context, peer=peer)
    await api.client.get(
        f"{BASE}/knowledge/suggestions",
        params={"q": "export"},
        headers={"X-Forwarded-For": forwarded},
    )
    assert seen == [address]


async def test_what_a_proxy_adds_as_a_line_of_its_own_goes_before_what_it_was_sent(
    api_alone: Api,
) -> None:
    seen: list[str] = []
    ask = SenderAddress("10.0.0.1")

    def remember(request) -> str:  # type: ignore[no-untyped-def]
        seen.append(ask(request))
        return seen[-1]

    api = Api(api_alone.changed(sender_address=remember).context, peer="10.0.0.1")
    lines = [("X-Forwarded-For", address) for address in ("1.1.1.1", "198.51.100.1", "10.0.0.1")]
    await api.client.get(f"{BASE}/knowledge/suggestions", params={"q": "export"}, headers=lines)
    assert seen == ["198.51.100.1"]


async def test_staff_keys_are_read_whatever_the_schemes_case(api: Api) -> None:
    headers = {"Authorization": GRACE["Authorization"].replace("Bearer", "bEARER")}
    response = await api.client.get(f"{BASE}/staff/conversations", headers=headers)
    assert response.status_code == 200
