"""Checks that forms that come at the same time share a commit, and nothing else."""

from __future__ import annotations

import asyncio
import itertools

import asyncpg
import httpx
import pytest

from domain.identifiers import Assurance, identify_email
from domain.tickets import new_ticket_number
from domain.traces import TraceContext
from tests.integration.api import BASE, Api

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection

CROWD = 30


async def crowd(api: Api, **changes: object) -> list[httpx.Response]:
    """Forms of as many people at once."""
    return await asyncio.gather(
        *(api.submit(email=f"guest{number}@example.com", **changes) for number in range(CROWD))  # type: ignore[arg-type]
    )


async def customers_of(owner: Owner, email: str) -> int:
    count: int = await owner.fetchval(
        """SELECT count(DISTINCT m.customer_id) FROM messages m JOIN customer_identifiers i ON i.id = m.sender_id
        AND i.customer_id = m.customer_id WHERE i.value = $1""",
        email,
    )
    return count


async def test_a_crowd_is_stored_in_a_few_commits_each_form_with_a_ticket_of_its_own(
    api: Api, owner: Owner
) -> None:
    answers = await crowd(api, subject="Export of my data", category="billing", priority="urgent")
    assert {answer.status_code for answer in answers} == {201}
    numbers = {answer.json()["ticket_id"] for answer in answers}
    assert len(numbers) == CROWD
    rows = await owner.fetch(
        """SELECT t.number, t.category, t.priority, t.subject, t.customer_id, m.created_at, m.state, i.value,
            c.subject AS topic, c.assurance::text, o.value ->> 'message_id' = m.id::text AS is_queued
        FROM tickets t JOIN conversations c ON c.id = t.conversation_id
        JOIN messages m ON m.conversation_id = c.id AND m.customer_id = t.customer_id
        JOIN customer_identifiers i ON i.id = m.sender_id AND i.customer_id = t.customer_id
        JOIN outbox o ON o.key = t.customer_id"""
    )
    assert {row["number"] for row in rows} == numbers
    assert len({row["customer_id"] for row in rows}) == CROWD
    assert {row["value"] for row in rows} == {f"guest{n}@example.com" for n in range(CROWD)}
    assert all(row["is_queued"] for row in rows)
    told = ("billing", "urgent", "Export of my data", "waiting", "Export of my data", "claimed")
    fields = ("category", "priority", "subject", "state", "topic", "assurance")
    assert {tuple(row[field] for field in fields) for row in rows} == {told}
    # now() is the transaction's: as many times as there were commits.
    assert len({row["created_at"] for row in rows}) <= CROWD // 5


async def test_each_form_of_a_crowd_stays_a_trace_of_its_own(api: Api, owner: Owner) -> None:
    traces = [TraceContext.new() for _ in range(CROWD)]
    await asyncio.gather(
        *(
            api.submit(
                email=f"guest{number}@example.com", headers={"traceparent": trace.traceparent}
            )
            for number, trace in enumerate(traces)
        )
    )
    rows = await owner.fetch(
        """SELECT m.trace_id, o.headers ->> 'traceparent' AS traceparent FROM messages m
        JOIN outbox o ON o.key = m.customer_id"""
    )
    assert {row["trace_id"] for row in rows} == {trace.trace_id for trace in traces}
    for row in rows:
        parent = TraceContext.parse(row["traceparent"])
        assert parent is not None
        assert parent.trace_id == row["trace_id"]


async def test_who_sends_twice_at_once_is_one_customer_with_two_tickets(
    api: Api, owner: Owner
) -> None:
    answers = await asyncio.gather(
        *(
            api.submit(email="ada@example.com", subject=f"Export {number} of my data")
            for number in range(CROWD)
        )
    )
    assert len({answer.json()["ticket_id"] for answer in answers}) == CROWD
    assert await customers_of(owner, "ada@example.com") == 1
    assert await owner.fetchval("SELECT count(*) FROM customers") == 1


async def test_a_repeat_within_a_crowd_gets_the_first_answer(api: Api, owner: Owner) -> None:
    first = await api.submit(key="k1", email="guest3@example.com", subject="Before the crowd")
    *others, again = await asyncio.gather(
        *(api.submit(email=f"guest{number}@example.com") for number in range(CROWD)),
        api.submit(key="k1", email="guest3@example.com", subject="Before the crowd"),
    )
    assert again.json() == first.json()
    assert len({answer.json()["ticket_id"] for answer in others}) == CROWD
    assert await owner.fetchval("SELECT count(*) FROM messages") == CROWD + 1


@pytest.mark.parametrize("key", ["k1", None])
async def test_the_same_form_many_times_at_once_is_one_ticket(
    api: Api, owner: Owner, key: str | None
) -> None:
    answers = await asyncio.gather(*(api.submit(key=key) for _ in range(CROWD)))
    assert len({answer.json()["ticket_id"] for answer in answers}) == 1
    assert await owner.fetchval("SELECT count(*) FROM messages") == 1


@pytest.mark.parametrize(
    "held",
    [
        "SELECT id FROM customers WHERE id = $1 FOR UPDATE",
        "SELECT pg_advisory_xact_lock(hashtextextended('email:guest7@example.com', 0)), $1::uuid",
    ],
)
async def test_a_customer_whom_somebody_works_for_holds_up_nobody_else(
    api: Api, owner: Owner, held: str
) -> None:
    await api.submit(email="guest7@example.com")
    customer = await owner.fetchval("SELECT customer_id FROM customer_identifiers")
    async with owner.transaction():
        await owner.fetch(held, customer)
        forms = [
            asyncio.create_task(api.submit(email=f"guest{number}@example.com"))
            for number in range(CROWD)
        ]
        async with asyncio.timeout(20):
            await asyncio.gather(*(form for number, form in enumerate(forms) if number != 7))
        assert not forms[7].done()
    assert (await forms[7]).status_code == 201
    assert await customers_of(owner, "guest7@example.com") == 1


async def test_who_claimed_an_address_before_is_in_a_crowd_not_made_again(
    api: Api, owner: Owner
) -> None:
    async with api.context.open_uow() as uow:
        sender = identify_email("guest2@example.com", Assurance.CLAIMED)
        known = await uow.customers.resolve(sender, "Grace")
        await uow.commit()
    await crowd(api, name="Grace Hall")
    assert await customers_of(owner, "guest2@example.com") == 1
    row = await owner.fetchrow(
        """SELECT u.name, c.sender_name, c.assurance::text
        FROM customers u JOIN conversations c ON c.customer_id = u.id WHERE u.id = $1""",
        known.id,
    )
    assert row is not None
    assert tuple(row) == ("Grace", "Grace Hall", "claimed")


async def test_a_form_of_a_crowd_touches_nothing_of_whoever_proved_its_address(
    api: Api, owner: Owner
) -> None:
    async with api.context.open_uow() as uow:
        sender = identify_email("guest2@example.com", Assurance.PROVIDER_ATTESTED)
        proven = await uow.customers.resolve(sender, "")
        await uow.commit()
    await crowd(api, name="Grace Hall")
    assert await customers_of(owner, "guest2@example.com") == 1
    name, conversations = await owner.fetchrow(
        "SELECT name, (SELECT count(*) FROM conversations WHERE customer_id = u.id) FROM customers u WHERE id = $1",
        proven.id,
    )
    assert (name, conversations) == ("", 0)


async def test_a_taken_ticket_number_spoils_no_form_of_a_crowd(
    api: Api, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = (await api.submit()).json()["ticket_id"]
    numbers = itertools.chain([taken], iter(new_ticket_number, ""))
    monkeypatch.setattr("pipeline.receive.new_ticket_number", lambda: next(numbers))
    answers = await crowd(api)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["ticket_id"] for answer in answers} - {taken}) == CROWD
    assert await owner.fetchval("SELECT count(*) FROM customers") == CROWD + 1


async def test_a_form_sent_again_after_its_sender_was_erased_makes_no_new_customer(
    api: Api, owner: Owner
) -> None:
    first = await api.submit(key="k1", email="guest5@example.com")
    customer = await owner.fetchval("SELECT customer_id FROM customer_identifiers")
    async with api.context.open_uow() as uow:
        await uow.customers.erase(customer)
        await uow.commit()
    *_, again = await asyncio.gather(
        *(api.submit(email=f"visitor{number}@example.com") for number in range(CROWD)),
        api.submit(key="k1", email="guest5@example.com"),
    )
    assert again.json()["ticket_id"] == first.json()["ticket_id"]
    assert not await owner.fetchval(
        "SELECT count(*) FROM customer_identifiers WHERE value = 'guest5@example.com'"
    )


async def test_the_groups_way_in_says_the_same_as_the_way_alone(api: Api, owner: Owner) -> None:
    """A follow-up, the ticket's page and a person's queue find what a crowd's form opened."""
    answers = await crowd(api)
    body = answers[-1].json()
    ticket = f"{BASE}/tickets/{body['ticket_id']}"
    token = {"X-Ticket-Token": body["access_token"]}
    page = (await api.client.get(ticket, headers=token)).json()
    assert [response["role"] for response in page["responses"]] == ["customer"]
    more = await api.client.post(
        f"{ticket}/messages", json={"message": "And as PDF?"}, headers=token
    )
    assert more.status_code == 201
    assert await owner.fetchval("SELECT count(*) FROM messages") == CROWD + 1
