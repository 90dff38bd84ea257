"""Checks that each staff call names its least role in OpenAPI, refuses every lesser one with 403, lets the others
through, by key and by session, and obeys no page of another site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi.routing import iter_route_contexts

from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.api.app import create_api
from domain.principals import Principal, Role
from tests.integration.api import BASE, NOBODY, Api, make_context, openapi

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
    "POST /staff/conversations/{conversation_id}/draft/approve": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/draft/discard": Role.AGENT,
    "POST /staff/conversations/{conversation_id}/suggest": Role.AGENT,
    "GET /staff/drafts": Role.VIEWER,
    "GET /staff/drafts/quality": Role.VIEWER,
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
    "GET /staff/session": Role.VIEWER,
    "GET /staff/accounts": Role.ADMIN,
    "POST /staff/accounts": Role.ADMIN,
    "PATCH /staff/accounts/{account_id}": Role.ADMIN,
    "DELETE /staff/accounts/{account_id}": Role.ADMIN,
    "POST /staff/accounts/{account_id}/rotate": Role.ADMIN,
    "POST /staff/accounts/{account_id}/reinstate": Role.ADMIN,
    "GET /customers/{customer_id}/export": Role.ADMIN,
    "DELETE /customers/{customer_id}": Role.ADMIN,
}
PUBLIC = re.compile(
    r" /(support|tickets|webhooks|health|knowledge/suggestions|company/public|staff/sign-in|staff/oidc)(/|$)"
    r"|^(POST|DELETE) /staff/session$"
)
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
    "accounts": {"name": "Ada", "role": "viewer"},
}


QUERIES = {
    "DELETE /knowledge/sources": {"url": "https://help.example/"},
    "DELETE /staff/blocked": {"kind": "email", "value": "ada@example.com"},
}


class FourPeople:
    """domain.ports.StaffDirectory with one person a role, whose key or session is the role's name."""

    async def find(self, key: str) -> Principal | None:
        return Principal(f"the {key}", Role(key)) if key in set(Role) else None

    async def find_session(self, token: str) -> Principal | None:
        return await self.find(token)

    async def names(self) -> list[str]:
        return [f"the {role}" for role in Role if role.includes(Role.AGENT)]


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path.removeprefix(BASE)}": operation
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }


def staff_operations() -> dict[str, dict[str, Any]]:
    return {call: operation for call, operation in operations().items() if not PUBLIC.search(call)}


def test_every_staff_call_names_its_least_role() -> None:
    named = {
        call: {
            name: [Role(role) for role in roles]
            for scheme in operation["security"]
            for name, roles in scheme.items()
        }
        for call, operation in staff_operations().items()
    }
    assert named == {
        call: {"staff": [role], "session": [role]} for call, role in LEAST_ROLE.items()
    }


def test_every_route_has_a_rule() -> None:
    """Of the application itself: one that OpenAPI does not show needs a rule as well."""
    pool = Pool("postgresql://nobody@127.0.0.1:9/nowhere")
    app = create_api(make_context(open_uow_on(pool), pool), pages=None)
    calls = {
        f"{method} {route.path.removeprefix(BASE)}"
        for route in iter_route_contexts(app.routes)
        for method in set(route.methods or ()) - {"HEAD"}
    }
    assert len(calls) > len(LEAST_ROLE)
    undocumented = {call for call in calls if not PUBLIC.search(call)} - set(LEAST_ROLE)
    assert undocumented <= {"GET /openapi.json", "GET /docs", "GET /docs/{name}"}


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


@dataclass(frozen=True)
class Request:
    """A call of the table with everything that it needs to get past its reading."""

    call: str

    async def send(self, api: Api, headers: dict[str, str]) -> httpx.Response:
        method, path = self.call.split()
        path = path.replace("{act}", "publish").replace("{version}", "1")
        path = BASE + re.sub(r"\{\w+\}", str(NOBODY), path)
        body = BODIES.get(path.rpartition("/")[2])
        if method == "PUT" and "/articles/" in path:
            body = BODIES["articles"]
        if method == "PUT" and "/macros/" in path:
            body = BODIES["macros"]
        if method == "PATCH":
            body = {"role": "viewer"}
        return await api.client.request(
            method,
            path,
            headers=headers | {"If-Match": "1"},
            json=body,
            files={"files": ("a.md", b"# A\n\nWords.")} if path.endswith("/import") else None,
            params=QUERIES.get(self.call),
        )


# There is no database here: who may, gets as far as it. The doctor reports that it is away; the others need none.
NEEDS_NO_DATABASE = (
    # Without it the components that fail are all that is known.
    "GET /alerts",
    "GET /doctor",
    "GET /staff/people",
    "GET /staff/session",
    "GET /staff/stream",
    "GET /company/form",
)


async def test_a_lesser_role_is_refused_and_every_other_one_passes(api_alone: Api) -> None:
    """Every call by every role, by key and by session, and by nobody."""
    api = api_alone.changed(keys=FourPeople())
    for call, least in LEAST_ROLE.items():
        for role in Role:
            key, session = {"Authorization": f"Bearer {role}"}, {"Cookie": f"staff_session={role}"}
            for carried in (key, session):
                response = await Request(call).send(api, carried)
                if role.includes(least):
                    reached = 200 if call in NEEDS_NO_DATABASE else 503
                    assert response.status_code == reached, (call, role, response.text)
                    continue
                assert response.status_code == 403, (call, role, response.text)
                assert response.json()["error"] == "forbidden"
                assert least.value in response.json()["detail"]
        for nobody in ({"Authorization": "Bearer nobody"}, {"Cookie": "staff_session=nobody"}, {}):
            refused = await Request(call).send(api, nobody)
            assert refused.status_code == 401, (call, nobody, refused.text)
            assert refused.json()["error"] == "unauthorized"
    await api.client.aclose()


async def test_no_page_of_another_site_makes_a_signed_in_administrator_change_anything(
    api_alone: Api,
) -> None:
    api = api_alone.changed(keys=FourPeople())
    for call in LEAST_ROLE:
        for origin in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await Request(call).send(api, {"Cookie": "staff_session=admin"} | origin)
            if call.startswith("GET "):
                assert answer.status_code != 403, call
            else:
                assert answer.status_code == 403, (call, answer.text)
                assert "another site" in answer.json()["detail"]
    await api.client.aclose()
