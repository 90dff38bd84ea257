"""Tests a customer's personal data: all of it out, or all of it gone."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
import pytest

from tests.integration.api import BASE, FORM, GRACE, NOBODY, Api

pytestmark = pytest.mark.postgres

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def customer_path(owner: Owner) -> str:
    return f"{BASE}/customers/{await owner.fetchval('SELECT id FROM customers')}"


async def test_the_export_holds_all_that_was_stored_and_is_audited(api: Api, owner: Owner) -> None:
    path, token = await api.open_ticket()
    await api.client.post(f"{path}/messages", json={"message": "A second word"}, headers=token)
    await api.client.post(
        f"{path}/feedback", json={"helpful": True, "comment": "Fine"}, headers=token
    )
    response = await api.client.get(f"{await customer_path(owner)}/export", headers=GRACE)
    assert response.status_code == 200
    data = response.json()
    assert [message["content"] for message in data["messages"]] == [
        FORM["message"],
        "A second word",
    ]
    assert [identifier["value"] for identifier in data["identifiers"]] == ["ada@example.com"]
    assert [ticket["number"] for ticket in data["tickets"]] == [path.rpartition("/")[2]]
    assert [feedback["comment"] for feedback in data["feedback"]] == ["Fine"]
    audit = await owner.fetch("SELECT actor, action, subject_kind FROM audit_log")
    assert [tuple(row) for row in audit] == [("grace", "export", "customer")]


async def test_erasure_leaves_no_word_and_no_address_but_the_counts(api: Api, owner: Owner) -> None:
    path, token = await api.open_ticket()
    customer = await customer_path(owner)
    response = await api.client.delete(customer, headers=GRACE)
    assert (response.status_code, response.content) == (204, b"")
    again = await api.client.delete(customer, headers=GRACE)
    assert again.status_code == 204
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE content = ''") == 1
    assert await owner.fetchval("SELECT count(*) FROM customer_identifiers") == 0
    assert await owner.fetchval("SELECT name FROM customers") == ""
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE actor = 'grace'") >= 1
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["subject"], ticket["status"]) == ("", "closed")
    export = await api.client.get(f"{customer}/export", headers=GRACE)
    assert "ada@example.com" not in export.text


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_nobody_is_not_found(api: Api, method: str) -> None:
    tail = "/export" if method == "GET" else ""
    response = await api.client.request(method, f"{BASE}/customers/{NOBODY}{tail}", headers=GRACE)
    assert response.status_code == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_customer_id_is_a_uuid(api_alone: Api, method: str) -> None:
    tail = "/export" if method == "GET" else ""
    response = await api_alone.client.request(method, f"{BASE}/customers/1{tail}", headers=GRACE)
    assert (response.status_code, response.json()["fields"]) == (
        400,
        {"customer_id": "must be a UUID"},
    )
