"""Tests requests that two readers understand in two ways: another host's name, and a field that is named twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.api import BASE, GRACE, NOBODY, Api, openapi

pytestmark = pytest.mark.postgres

ATTACKER = "attacker.example"


def operations(method: str) -> list[str]:
    """Every path that has the method, with ids that name nothing; streams have no end to be read."""
    found = [path for path, known in openapi()["paths"].items() if method in known]
    return [
        re.sub(r"\{version\}", "1", re.sub(r"\{(?!version)\w+\}", str(NOBODY), path))
        for path in found
        if not path.endswith(("/events", "/stream"))
    ]


async def test_no_answer_names_the_host_that_a_caller_made_up(api: Api, tmp_path: Path) -> None:
    (tmp_path / "console").mkdir()
    for page in ("index.html", "404.html", "console/index.html"):
        (tmp_path / page).write_text("<p>page</p>")
    served = Api(api.context, pages=tmp_path)
    paths = ["/", "/console", "/ticket", "//evil.example/console", f"{BASE}/docs", f"{BASE}/openapi.json"]  # fmt: skip
    told = {"Host": ATTACKER, "X-Forwarded-Host": ATTACKER, "Forwarded": f"host={ATTACKER}"}
    redirects = 0
    for path in [*paths, *operations("get")]:
        answer = await served.client.get(f"http://testserver{path}", headers=told | GRACE)
        assert ATTACKER not in answer.text, path
        assert ATTACKER not in str(answer.headers), path
        redirects += answer.is_redirect
    assert redirects >= 1


async def test_no_call_takes_a_body_that_names_a_field_twice(api_alone: Api) -> None:
    body = b'{"name": "First", "message": "x", "n\\u0061me": "Second"}'
    headers = {"Content-Type": "application/json", **GRACE}
    for method in ("post", "put", "patch", "delete"):
        for path in operations(method):
            answer = await api_alone.client.request(method, path, content=body, headers=headers)
            assert answer.status_code == 400, path
            assert answer.json()["fields"] == {"name": "must be given once"}, path


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/x-json", "application/json5", "*/*"]
)
async def test_a_body_under_another_name_of_its_kind_is_not_taken_either(
    api_alone: Api, media_type: str
) -> None:
    body = b'{"name": "First", "name": "Second", "email": "a@b.example", "subject": "twice"}'
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await api_alone.client.post(f"{BASE}/support/form", content=body, headers=headers)
    assert answer.status_code == 400
