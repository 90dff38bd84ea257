"""Checks that the stand-in says what Google's discovery document says: paths, parameters and fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import googleapiclient
import httpx
import pytest

from standins.gmail import create_app
from standins.serving import serve

PREFIX = "/gmail/v1/users/{userId}"
DOCUMENT = json.loads(
    (Path(googleapiclient.__file__).parent / "discovery_cache/documents/gmail.v1.json").read_text()
)


@pytest.fixture
def gmail() -> Iterator[httpx.Client]:
    with serve(create_app()) as url, httpx.Client(base_url=url) as client:
        token = client.post("/token", data={"grant_type": "refresh_token", "refresh_token": "r"})
        client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        yield client


def _methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _documented() -> dict[tuple[str, str], Mapping[str, Any]]:
    methods = _methods({"resources": DOCUMENT["resources"]})
    return {(method["httpMethod"], "/" + method["flatPath"]): method for method in methods}


def _offered() -> list[tuple[str, str, dict[str, Any]]]:
    paths = create_app().openapi()["paths"]
    return [
        (verb.upper(), path, operation)
        for path, operations in paths.items()
        if path.startswith(PREFIX)
        for verb, operation in operations.items()
    ]


def _unknown_fields(value: object, schema: Mapping[str, Any], where: str) -> list[str]:
    if "$ref" in schema:
        return _unknown_fields(value, DOCUMENT["schemas"][schema["$ref"]], where)
    if schema.get("type") == "array":
        assert isinstance(value, list), where
        return [bad for item in value for bad in _unknown_fields(item, schema["items"], where)]
    if schema.get("type") == "object":
        assert isinstance(value, dict), where
        known = schema.get("properties", {})
        bad = [f"{where}.{name}" for name in value if name not in known]
        for name in value.keys() & known.keys():
            bad += _unknown_fields(value[name], known[name], f"{where}.{name}")
        return bad
    kinds = {"string": str, "integer": int, "boolean": bool}
    return [] if isinstance(value, kinds[schema["type"]]) else [f"{where} is no {schema['type']}"]


def test_every_path_and_verb_is_gmails_own() -> None:
    offered = {(verb, path) for verb, path, _ in _offered()}
    assert len(offered) == 12
    assert offered <= _documented().keys()


def test_every_parameter_is_gmails_own() -> None:
    for verb, path, operation in _offered():
        known = _documented()[verb, path]["parameters"]
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            assert name in known, f"{path}: {name}"
            assert parameter["in"] == known[name]["location"]


def test_every_field_of_every_answer_is_gmails_own(gmail: httpx.Client) -> None:
    before = gmail.get("/gmail/v1/users/me/profile").json()["historyId"]
    received = gmail.post(
        "/_receive", json={"subject": "Hi", "text": "a", "html": "<p>a</p>"}
    ).json()
    label = gmail.post("/gmail/v1/users/me/labels", json={"name": "L"}).json()["id"]
    requests = {
        "Profile": ("GET", "profile", {}, None),
        "WatchResponse": ("POST", "watch", {}, {"topicName": "projects/p/topics/t"}),
        "ListHistoryResponse": (
            "GET",
            "history",
            {"startHistoryId": before, "maxResults": 1},
            None,
        ),
        "ListMessagesResponse": ("GET", "messages", {"q": "in:inbox", "maxResults": 1}, None),
        "Thread": ("GET", f"threads/{received['threadId']}", {"format": "metadata"}, None),
        "ListLabelsResponse": ("GET", "labels", {}, None),
        "ListSendAsResponse": ("GET", "settings/sendAs", {}, None),
        "Label": ("POST", "labels", {}, {"name": "Another"}),
    }
    forms = [
        ("GET", f"messages/{received['id']}", {"format": form}, None) for form in ("raw", "full")
    ]
    forms += [
        ("GET", f"messages/{received['id']}", {"format": form}, None)
        for form in ("minimal", "metadata")
    ]
    forms.append(("POST", f"messages/{received['id']}/modify", {}, {"addLabelIds": [label]}))
    forms.append(("POST", "messages/send", {}, {"raw": "VG86IGFAYi5jb20NCg0KaGk="}))
    checked = [*requests.items(), *(("Message", form) for form in forms)]
    for schema, (verb, path, query, body) in checked:
        answer = gmail.request(verb, f"/gmail/v1/users/me/{path}", params=query, json=body)
        assert answer.status_code == 200, (path, answer.text)
        assert _unknown_fields(answer.json(), {"$ref": schema}, schema) == []


def test_an_error_has_the_shape_that_googles_client_reads(gmail: httpx.Client) -> None:
    answer = gmail.get("/gmail/v1/users/me/messages/none")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == 404
    assert error["errors"][0]["reason"] == "notFound"


def test_a_call_without_a_valid_access_token_is_refused(gmail: httpx.Client) -> None:
    answer = gmail.get("/gmail/v1/users/me/profile", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401


def test_a_mail_joins_a_thread_only_with_its_references_and_subject(gmail: httpx.Client) -> None:
    first = gmail.post("/_receive", json={"subject": "Printer", "text": "help"}).json()
    reply = {"in_reply_to": first["messageId"], "text": "more"}
    same = gmail.post("/_receive", json={"subject": "Re: Printer", **reply}).json()
    other = gmail.post("/_receive", json={"subject": "Another matter", **reply}).json()
    assert same["threadId"] == first["threadId"]
    assert other["threadId"] != first["threadId"]
