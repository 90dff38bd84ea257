"""Tests a customer's own ticket: who may see it, and what its holder may do."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from deployments.api.limits import RateLimit
from domain import topics
from domain.channels import Channel
from tests.integration.api import BASE, GRACE, Api

pytestmark = pytest.mark.postgres


async def test_the_holder_of_the_token_sees_the_whole_ticket(api: Api) -> None:
    path, token = await api.open_ticket(category="billing", priority="high")
    response = await api.client.get(path, headers=token)
    assert response.status_code == 200
    ticket = response.json()
    assert ticket["ticket_id"] == path.rpartition("/")[2]
    facts = ("status", "category", "priority", "subject", "source_channel", "owner", "escalation")
    assert [ticket[name] for name in facts] == [
        "open", "billing", "high", "Export of my data", "web_form", "agent", None,
    ]  # fmt: skip
    assert {"created_at", "updated_at"} < set(ticket)
    (said,) = ticket["responses"]
    assert (said["role"], said["channel"]) == ("customer", "web_form")
    assert said["content"].startswith("Hello, how do I export")


async def test_staff_see_every_ticket(api: Api) -> None:
    path, _ = await api.open_ticket()
    assert (await api.client.get(path, headers=GRACE)).status_code == 200


async def test_a_wrong_number_a_missing_and_a_wrong_token_look_alike(api: Api) -> None:
    path, token = await api.open_ticket()
    _, other = await api.open_ticket(email="bob@example.com")
    answers = [
        await api.client.get(path),
        await api.client.get(path, headers=other),
        await api.client.get(path, headers={"X-Ticket-Token": ""}),
        await api.client.get(path, headers={"X-Ticket-Token": "x" * 5000}),
        await api.client.get(path, headers={"X-Ticket-Token": "ä".encode("latin-1")}),  # type: ignore[dict-item]
        await api.client.get(path, headers={"Authorization": "Bearer guessed"}),
        await api.client.get(path.lower(), headers=token),
        await api.client.get(f"{BASE}/tickets/TKT-0000000000", headers=token),
        await api.client.get(f"{BASE}/tickets/TKT-0000000000", headers=GRACE),
        await api.client.get(f"{BASE}/tickets/TKT-%00", headers=GRACE),
        await api.client.get(f"{BASE}/tickets/%ff%27%3B--", headers=GRACE),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("what", ["messages", "human", "feedback"])
@pytest.mark.parametrize("headers", [{}, {"X-Ticket-Token": "wrong"}, GRACE])
async def test_only_the_customer_acts_in_the_customers_name(
    api_alone: Api, what: str, headers: dict[str, str]
) -> None:
    body = {"message": "Me again.", "helpful": True}
    response = await api_alone.client.post(
        f"{BASE}/tickets/TKT-0000000000/{what}", json=body, headers=headers
    )
    assert response.status_code == 404


@pytest.mark.parametrize("call", ["", "/events"])
async def test_without_a_database_a_ticket_is_unavailable(api_alone: Api, call: str) -> None:
    response = await api_alone.client.get(f"{BASE}/tickets/TKT-0000000000{call}", headers=GRACE)
    assert response.status_code == 503


async def test_a_follow_up_goes_into_the_same_conversation(api: Api) -> None:
    path, token = await api.open_ticket()
    response = await api.client.post(f"{path}/messages", json={"message": " Yes. "}, headers=token)
    assert response.status_code == 201
    assert set(response.json()) == {"ticket_id", "message_id", "created_at"}
    ticket = (await api.client.get(path, headers=token)).json()
    assert [said["content"] for said in ticket["responses"]][1:] == ["Yes."]
    async with api.context.open_uow() as uow:
        queued = [row for row in await uow.outbox.unpublished(10) if row.topic == topics.INCOMING]
    assert len(queued) == 2
    assert len({row.key for row in queued}) == 1


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({}, "message", "is required"),
        ({"message": " \n "}, "message", "must not be empty"),
        ({"message": 5}, "message", "must be text"),
        ({"message": "x" * 10_001}, "message", "must have at most 10000 characters"),
        ({"message": "a \x00 b"}, "message", "must not contain control characters"),
        ([], "body", "must be a JSON object"),
    ],
)
async def test_a_wrong_follow_up_is_refused_with_the_reason(
    api_alone: Api, body: object, field: str, why: str
) -> None:
    response = await api_alone.client.post(f"{BASE}/tickets/TKT-0000000000/messages", json=body)
    assert response.status_code == 400
    assert response.json()["fields"] == {field: why}


async def test_a_follow_up_of_more_than_64_kib_is_refused(api_alone: Api) -> None:
    response = await api_alone.client.post(
        f"{BASE}/tickets/TKT-0000000000/messages", json={"message": "x" * 64 * 1024}
    )
    assert response.status_code == 413


async def test_a_follow_up_that_is_repeated_or_races_is_said_once(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    path, token = await api.open_ticket()
    headers = {**token, "Idempotency-Key": "key-1"}
    answers = await asyncio.gather(
        *(
            api.client.post(f"{path}/messages", json={"message": "Me again."}, headers=headers)
            for _ in range(6)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await owner.fetchval("SELECT count(*) FROM messages") == 2


async def test_a_key_that_is_used_twice_loses_no_follow_up(api: Api) -> None:
    path, token = await api.open_ticket()
    headers = {**token, "Idempotency-Key": "key-1"}
    for text in ("One thing.", "Another thing."):
        response = await api.client.post(
            f"{path}/messages", json={"message": text}, headers=headers
        )
        assert response.status_code == 201
    ticket = (await api.client.get(path, headers=token)).json()
    assert [said["content"] for said in ticket["responses"]][1:] == ["One thing.", "Another thing."]


async def test_too_many_follow_ups_are_told_when_to_come_back(api: Api) -> None:
    path, token = await api.open_ticket()
    api = api.changed(per_customer=RateLimit(1))
    codes = [
        (
            await api.client.post(f"{path}/messages", json={"message": "Hm."}, headers=token)
        ).status_code
        for _ in range(2)
    ]
    assert codes == [201, 429]


async def test_asking_for_a_person_hands_over_at_once_and_only_once(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    path, token = await api.open_ticket(priority="low")
    for _ in range(2):
        response = await api.client.post(f"{path}/human", headers=token)
        assert response.status_code == 202
        ticket = response.json()
        assert (ticket["status"], ticket["priority"], ticket["owner"]) == (
            "escalated",
            "high",
            "human",
        )
        assert ticket["escalation"] == {"reason": "human_request"}
        assert [said["role"] for said in ticket["responses"]] == ["customer", "agent"]
    assert (
        await owner.fetchval("SELECT count(*) FROM outbox WHERE topic = 'fte.tickets.outgoing'")
        == 1
    )


async def test_people_who_press_the_button_many_times_at_once_are_handed_over_once(
    api: Api,
) -> None:
    path, token = await api.open_ticket()
    answers = await asyncio.gather(
        *(api.client.post(f"{path}/human", headers=token) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {202}
    ticket = (await api.client.get(path, headers=token)).json()
    assert [response["role"] for response in ticket["responses"]] == ["customer", "agent"]


async def test_feedback_is_kept_with_the_ticket(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    path, token = await api.open_ticket()
    response = await api.client.post(
        f"{path}/feedback", json={"helpful": False, "comment": " Too long. "}, headers=token
    )
    assert (response.status_code, response.json()) == (
        201,
        {"helpful": False, "comment": "Too long."},
    )
    await api.client.post(f"{path}/feedback", json={"helpful": True}, headers=token)
    rows = await owner.fetch("SELECT helpful, comment FROM feedback ORDER BY created_at")
    assert [tuple(row) for row in rows] == [(False, "Too long."), (True, None)]


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({}, "helpful", "is required"),
        ({"helpful": "perhaps"}, "helpful", "must be true or false"),
        ({"helpful": True, "comment": ""}, "comment", "must have at least 1 characters"),
        ({"helpful": True, "comment": "x" * 2001}, "comment", "must have at most 2000 characters"),
        (
            {"helpful": True, "comment": "\x00"},
            "comment",
            "contains characters that can't be stored",
        ),
    ],
)
async def test_wrong_feedback_is_refused_with_the_reason(
    api_alone: Api, body: object, field: str, why: str
) -> None:
    response = await api_alone.client.post(f"{BASE}/tickets/TKT-0000000000/feedback", json=body)
    assert (response.status_code, response.json()["fields"]) == (400, {field: why})


async def test_a_ticket_that_began_elsewhere_names_its_channel(api: Api) -> None:
    path, token = await api.open_ticket()
    conversation_id = await api.conversation_of(path)
    async with api.context.open_uow() as uow:
        conversation = await uow.conversations.get(conversation_id)
    assert conversation.channel is Channel.WEB_FORM
    ticket = (await api.client.get(path, headers=token)).json()
    assert ticket["source_channel"] == ticket["responses"][0]["channel"] == "web_form"
