"""Checks that each staff call names its least role in OpenAPI, refuses every lesser one with 403, and lets the
others through.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from domain.principals import Principal, Role
from tests.integration.api import BASE, NOBODY, Api, openapi

LEAST_ROLE = {
    "GET /metrics/channels": Role.VIEWER,
    "GET /alerts": Role.VIEWER,
    "GET /digest/daily": Role.VIEWER,
    "GET /staff/conversations": Role.VIEWER,
    "GET /staff/conversations/{conversation_id}": Role.VIEWER,
    "POST /staff/conversations/{conversation_id}/take": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/release": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/reply": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/preview": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/resolve": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/reopen": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/assign": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/notes": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/seen": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/messages/{message_id}/retry": Role.AGENT,
    "GET /staff/people": Role.VIEWER,
    "POST /staff/conversations": Role.AGENT,
    "GET /staff/tags": Role.VIEWER,
    "POST /staff/conversations/{conversation_id}/tags": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/snooze": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/priority": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/spam": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/not-spam": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/block": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/presence": Role.AGENT,
    "GET /staff/blocked": Role.VIEWER,
    "DELETE /staff/blocked": Role.AGENT,
    "POST /staff/bulk": Role.AGENT,
    "POST /staff/bulk/{undo_id}/undo": Role.AGENT,
    "POST /staff/customers/{customer_id}/merge": Role.AGENT,
    "GET /staff/stream": Role.VIEWER,
    "GET /staff/audit": Role.ADMIN,
    "GET /macros": Role.VIEWER,
    "POST /macros": Role.AGENT,
    "PUT /macros/{macro_id}": Role.AGENT,
    "DELETE /macros/{macro_id}": Role.AGENT,
    "GET /staff/dead-letters": Role.VIEWER,
    "GET /staff/dead-letters/{dead_letter_id}": Role.VIEWER,
    "POST /staff/dead-letters/{dead_letter_id}/replay": Role.AGENT,
    "POST /staff/dead-letters/{dead_letter_id}/discard": Role.AGENT,
    "POST /staff/customers/{customer_id}/identifiers": Role.AGENT,
    "POST /staff/merges/{merge_id}/undo": Role.AGENT,
    "GET /knowledge/candidates": Role.VIEWER,
    "POST /knowledge/candidates/{candidate_id}/approve": Role.EDITOR,
    "POST /knowledge/candidates/{candidate_id}/reject": Role.EDITOR,
    "GET /knowledge/gaps": Role.VIEWER,
    "GET /knowledge/articles": Role.VIEWER,
    "GET /knowledge/articles/{article_id}": Role.VIEWER,
    "POST /knowledge/articles": Role.EDITOR,
    "PUT /knowledge/articles/{article_id}": Role.EDITOR,
    "DELETE /knowledge/articles/{article_id}": Role.EDITOR,
    "GET /knowledge/articles/{article_id}/versions": Role.VIEWER,
    "POST /knowledge/articles/{article_id}/versions/{version}/restore": Role.EDITOR,
    "POST /knowledge/articles/{article_id}/questions": Role.EDITOR,
    "DELETE /knowledge/articles/{article_id}/questions/{question_id}": Role.EDITOR,
    "POST /knowledge/import": Role.EDITOR,
    "POST /knowledge/search": Role.VIEWER,
    "GET /knowledge/sources": Role.VIEWER,
    "POST /knowledge/sources": Role.EDITOR,
    "DELETE /knowledge/sources": Role.EDITOR,
    "DELETE /knowledge/sources/{source_id}": Role.EDITOR,
    "POST /knowledge/sources/{source_id}/crawl": Role.EDITOR,
    "POST /knowledge/articles/{article_id}/{act}": Role.EDITOR,
    "GET /knowledge/models": Role.VIEWER,
    "GET /company": Role.ADMIN,
    "PUT /company": Role.ADMIN,
    "POST /company/check": Role.ADMIN,
    "POST /company/replay": Role.ADMIN,
    "GET /company/form": Role.ADMIN,
    "POST /company/topics/try": Role.ADMIN,
    "GET /company/versions": Role.ADMIN,
    "GET /company/versions/{version}": Role.ADMIN,
    "POST /company/versions/{version}/restore": Role.ADMIN,
    "GET /doctor": Role.ADMIN,
    "GET /notifications": Role.AGENT,
    "POST /notifications/{notification_id}/ack": Role.AGENT,
    "POST /notifications/{notification_id}/replay": Role.ADMIN,
    "GET /mailboxes": Role.ADMIN,
    "POST /mailboxes": Role.ADMIN,
    "DELETE /mailboxes/{mailbox_id}": Role.ADMIN,
    "GET /customers/{customer_id}/export": Role.ADMIN,
    "DELETE /customers/{customer_id}": Role.ADMIN,
}
PUBLIC = re.compile(r"/(support|tickets|webhooks|health|knowledge/suggestions|company/public)(/|$)")
BODIES: dict[str, dict[str, object]] = {
    "replay": {"profile": {"name": "Acme"}},
    "company": {"name": "Acme"},
    "check": {"name": "Acme"},
    "try": {"topic": {"id": "gas", "label": "Gas", "words": ["gas"]}},
    "mailboxes": {
        "address": "sales@acme.example",
        "kind": "imap",
        "settings": {"imap_url": "imaps://a.example", "smtp_url": "smtps://a.example"},
        "secret": "MAILBOX_SALES",
    },
    "reply": {"content": "Hello."},
    "preview": {"content": "Hello."},
    "resolve": {"note": "Explained."},
    "assign": {"to": "the agent"},
    "notes": {"content": "Called back."},
    "discard": {"reason": "spam"},
    "articles": {"title": "Exports", "body": "Open Settings.", "state": "draft"},
    "questions": {"question": "Where are the exports?"},
    "sources": {"url": "https://help.example/"},
    "search": {"text": "Where are the exports?"},
    "conversations": {"channel": "email", "to": "ada@example.com", "content": "Hello."},
    "tags": {"tags": ["vip"]},
    "snooze": {"until": None},
    "priority": {"priority": "high"},
    "presence": {"is_writing": True},
    "bulk": {"ids": [str(NOBODY)], "act": "tag", "tag": "vip"},
    "merge": {"customer_id": str(NOBODY)},
    "macros": {"title": "Hello", "content": "Hello {name}."},
    "identifiers": {"kind": "email", "value": "ada@example.com"},
}


QUERIES = {
    "DELETE /knowledge/sources": {"url": "https://help.example/"},
    "DELETE /staff/blocked": {"kind": "email", "value": "ada@example.com"},
}


class FourPeople:
    """domain.ports.StaffDirectory with one person a role, whose key is the role's name."""

    async def find(self, key: str) -> Principal | None:
        return Principal(f"the {key}", Role(key)) if key in set(Role) else None

    async def names(self) -> list[str]:
        return [f"the {role}" for role in Role if role.includes(Role.AGENT)]


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path.removeprefix(BASE)}": operation
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }


def staff_operations() -> dict[str, dict[str, Any]]:
    return {
        call: operation
        for call, operation in operations().items()
        if not PUBLIC.search(call.partition(" ")[2])
    }


def test_every_staff_call_names_its_least_role() -> None:
    named = {
        call: [Role(role) for scheme in operation["security"] for role in scheme["staff"]]
        for call, operation in staff_operations().items()
    }
    assert named == {call: [role] for call, role in LEAST_ROLE.items()}


def test_no_public_call_asks_for_a_staff_key() -> None:
    staff = staff_operations()
    assert not [
        call
        for call, operation in operations().items()
        if call not in staff and "security" in operation
    ]


def test_every_staff_call_documents_a_refusal_by_role() -> None:
    for call, operation in staff_operations().items():
        schema = operation["responses"]["403"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/ErrorBody"), call


@pytest.mark.parametrize("call", LEAST_ROLE)
async def test_a_lesser_role_is_refused_and_every_other_one_passes(
    api_alone: Api, call: str
) -> None:
    api = api_alone.changed(keys=FourPeople())
    method, path = call.split()
    path = path.replace("{act}", "publish").replace("{version}", "1")
    path = BASE + re.sub(r"\{\w+\}", str(NOBODY), path)
    body = BODIES.get(path.rpartition("/")[2])
    if method == "PUT" and "/articles/" in path:
        body = BODIES["articles"]
    if method == "PUT" and "/macros/" in path:
        body = BODIES["macros"]
    files = {"files": ("a.md", b"# A\n\nWords.")} if path.endswith("/import") else None
    for role in Role:
        key = {"Authorization": f"Bearer {role}", "If-Match": "1"}
        response = await api.client.request(
            method, path, headers=key, json=body, files=files, params=QUERIES.get(call)
        )
        if role.includes(LEAST_ROLE[call]):
            # There is no database here: who may, gets as far as it. The doctor reports that it is away; the others
            # need none.
            needs_none = (
                "GET /doctor",
                "GET /staff/people",
                "GET /company/form",
                "GET /staff/stream",
            )
            reached = 200 if call in needs_none else 503
            assert response.status_code == reached, (role, response.text)
        else:
            assert response.status_code == 403, (role, response.text)
            assert response.json()["error"] == "forbidden"
            assert LEAST_ROLE[call].value in response.json()["detail"]
    refused = await api.client.request(method, path, headers={"Authorization": "Bearer nobody"})
    assert refused.status_code == 401
    await api.client.aclose()
