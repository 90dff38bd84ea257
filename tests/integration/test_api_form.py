"""Tests `POST /support/form` to the letter of the contract."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import httpx
import pytest

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.api.limits import FormLimit, RateLimit, SenderAddress
from domain.errors import StoreUnavailable
from tests.integration.api import BASE, FORM, Api, InMemoryPassages, passage

pytestmark = pytest.mark.postgres

URL = f"{BASE}/support/form"
CATEGORIES = "must be one of general, technical, billing, bug_report, feedback"
PRIORITIES = "must be one of low, medium, high, urgent"


async def test_a_form_becomes_a_ticket_with_a_token_that_opens_it(api: Api) -> None:
    response = await api.submit()
    assert response.status_code == 201
    body = response.json()
    assert set(body) == {"ticket_id", "status", "message", "created_at", "access_token"}
    assert body["status"] == "open"
    assert body["message"]
    assert re.fullmatch(r"TKT-[0-9A-HJKMNP-TV-Z]{8,}", body["ticket_id"])
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None
    opened = await api.client.get(
        f"{BASE}/tickets/{body['ticket_id']}", headers={"X-Ticket-Token": body["access_token"]}
    )
    assert opened.status_code == 200


async def test_what_was_accepted_is_stored_and_queued_for_the_agent(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await api.submit(message="  Tabs\tand\nlines stay, the rim does not.  ")
    message = await owner.fetchrow("SELECT content, state, channel::text FROM messages")
    assert message is not None
    assert tuple(message) == ("Tabs\tand\nlines stay, the rim does not.", "waiting", "web_form")
    assert (
        await owner.fetchval("SELECT count(*) FROM outbox WHERE topic = 'fte.tickets.incoming'")
        == 1
    )


async def test_ticket_numbers_are_not_in_sequence(api: Api) -> None:
    numbers = [
        (await api.submit(subject=f"Export {at} of my data")).json()["ticket_id"] for at in range(5)
    ]
    assert len(set(numbers)) == 5
    assert len({number[:8] for number in numbers}) > 1


@pytest.mark.parametrize("left_out", ["name", "email", "subject", "message"])
async def test_a_missing_field_is_named(api_alone: Api, left_out: str) -> None:
    response = await api_alone.client.post(
        URL, json={k: v for k, v in FORM.items() if k != left_out}
    )
    assert response.status_code == 400
    assert response.json() == {
        "error": "bad_request",
        "detail": "Some fields are missing or wrong.",
        "fields": {left_out: "is required"},
    }


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "7", "must have a letter in it"),
        ("name", "   ", "must not be empty"),
        ("name", 7, "must be text"),
        ("name", None, "must be text"),
        ("name", "Ada\x00Fox", "must not contain control characters"),
        ("email", "ada", "is not a valid e-mail address"),
        ("email", "ada@example", "is not a valid e-mail address"),
        ("email", "ada@example.com\nBcc: all@example.com", "is not a valid e-mail address"),
        ("email", "a@" + "b" * 60 + ".example." * 40, "is not a valid e-mail address"),
        ("email", ["ada@example.com"], "must be text"),
        ("subject", "Hey", "must have at least 5 characters"),
        ("subject", " \t \t ", "must not be empty"),
        ("subject", {"a": 1}, "must be text"),
        ("category", "gossip", CATEGORIES),
        ("category", 3, CATEGORIES),
        ("category", None, CATEGORIES),
        ("priority", "now", PRIORITIES),
        ("priority", ["low"], PRIORITIES),
        ("message", "Help me", "must have at least 10 characters"),
        ("message", "          \n    ", "must not be empty"),
        ("message", "x" * 10_001, "must have at most 10000 characters"),
        ("message", "a NUL \x00 in the middle", "must not contain control characters"),
        ("message", True, "must be text"),
    ],
)
async def test_a_wrong_field_is_named_with_the_reason(
    api_alone: Api, field: str, value: object, why: str
) -> None:
    response = await api_alone.submit(**{field: value})
    assert response.status_code == 400
    assert response.json()["fields"] == {field: why}


async def test_all_wrong_fields_are_named_at_once(api_alone: Api) -> None:
    response = await api_alone.client.post(URL, json={"category": "x"})
    assert set(response.json()["fields"]) == {"name", "email", "subject", "category", "message"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is required"),
        (b"{", "is not valid JSON"),
        (b"name=Ada", "is not valid JSON"),
        (b'{"name": "\xff\xfe"}', "is not valid JSON"),
        (b"[" * 5000, "is not valid JSON"),
        (b'{"a":' * 5000, "is not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'[{"name": "Ada"}]', "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"17", "must be a JSON object"),
        (b"NaN", "must be a JSON object"),
        (b"null", "must be a JSON object"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(
    api_alone: Api, body: bytes, why: str
) -> None:
    headers = {"Content-Type": "application/json"}
    response = await api_alone.client.post(URL, content=body, headers=headers)
    assert response.status_code == 400
    assert response.json()["fields"] == {"body": why}


async def test_a_body_of_another_type_is_refused(api_alone: Api) -> None:
    response = await api_alone.client.post(URL, data={"name": "Ada"})
    assert response.status_code == 400
    response = await api_alone.client.post(
        URL, content=json.dumps(FORM), headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 400


@pytest.mark.parametrize("field", ["name", "email", "subject", "category", "priority", "message"])
async def test_lone_surrogates_are_refused_in_every_field(api_alone: Api, field: str) -> None:
    escaped = json.dumps(FORM | {field: "a lone \ud800 surrogate"})
    response = await api_alone.client.post(
        URL, content=escaped, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert set(response.json()["fields"]) == {field}


async def test_fields_that_we_do_not_know_are_ignored(api: Api) -> None:
    assert (await api.submit(is_staff=True, status="resolved")).status_code == 201


async def test_every_script_is_stored_as_it_came(api: Api) -> None:
    text = "Wie exportiere ich? Как? どうやって 👩‍💻 مرحبا"
    path, token = await api.open_ticket(message=text, name="Łukasz Żółć")
    ticket = (await api.client.get(path, headers=token)).json()
    assert ticket["responses"][0]["content"] == text


async def test_more_than_64_kib_are_refused_by_the_declared_length(api_alone: Api) -> None:
    response = await api_alone.submit(message="x" * (64 * 1024))
    assert response.status_code == 413
    response = await api_alone.client.post(URL, content=b"x", headers={"Content-Length": "9" * 30})
    assert response.status_code == 413


async def test_more_than_64_kib_are_refused_while_they_stream_in(api_alone: Api) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * 64 * 1024:
            sent += 16 * 1024
            yield b"x" * (16 * 1024)

    response = await api_alone.client.post(URL, content=endless())
    assert response.status_code == 413
    assert sent <= 64 * 1024 + 2 * 16 * 1024


async def test_a_form_that_streams_in_is_taken(api: Api) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        body = json.dumps(FORM).encode()
        for start in range(0, len(body), 20):
            yield body[start : start + 20]

    response = await api.client.post(
        URL, content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 201


@pytest.mark.parametrize("name", ["李", "O", "ب", "x"])
async def test_one_letter_is_a_name(api: Api, name: str) -> None:
    assert (await api.submit(name=name)).status_code == 201


async def test_too_many_forms_from_one_address_are_told_when_to_come_back(api: Api) -> None:
    api = api.changed(forms=FormLimit(2))
    answers = [await api.submit(subject=f"Export {at} of my data") for at in range(3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    async with api.context.open_uow() as uow:
        queue = await uow.conversations.queue(
            owner=None, status=None, channel=None, reason=None, limit=10
        )
    assert len(queue) == 2
    elsewhere = Api(api.context, peer="203.0.113.9")
    assert (await elsewhere.submit()).status_code == 201


async def test_too_many_forms_with_one_address_are_refused_from_their_network_alone(
    api: Api,
) -> None:
    api = api.changed(per_customer=RateLimit(1))
    assert (await api.submit(email="Ada@Example.com")).status_code == 201
    response = await Api(api.context, peer="198.51.100.9").submit(email="ada@example.com")
    assert response.status_code == 429
    assert response.json()["error"] == "too_many_requests"
    assert (await api.submit(email="bob@example.com")).status_code == 201
    ada = Api(api.context, peer="203.0.113.9")
    assert (await ada.submit(email="ada@example.com")).status_code == 201


async def test_a_forged_forwarded_header_gets_nobody_around_the_limit(api: Api) -> None:
    api = api.changed(forms=FormLimit(1))
    answers = [await api.submit(headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(2)]
    assert [answer.status_code for answer in answers] == [201, 429]


async def test_behind_a_trusted_proxy_each_client_has_a_limit_of_its_own(api: Api) -> None:
    api = api.changed(forms=FormLimit(1), sender_address=SenderAddress("198.51.100.7"))
    first = await api.submit(headers={"X-Forwarded-For": "203.0.113.1"})
    forged = await api.submit(headers={"X-Forwarded-For": "203.0.113.99, 203.0.113.1"})
    other = await api.submit(headers={"X-Forwarded-For": "203.0.113.2"})
    assert [answer.status_code for answer in (first, forged, other)] == [201, 429, 201]


async def test_without_a_database_the_answer_is_503_within_seconds(api_alone: Api) -> None:
    started = time.monotonic()
    response = await api_alone.submit()
    assert response.status_code == 503
    assert response.json()["error"] == "unavailable"
    assert time.monotonic() - started < 10


async def test_a_database_that_says_nothing_is_not_waited_for(api_alone: Api) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = Pool(
        f"postgresql://nobody@127.0.0.1:{port}/nowhere", connect_timeout=timedelta(seconds=1)
    )
    started = time.monotonic()
    assert (await api_alone.changed(open_uow=open_uow(pool)).submit()).status_code == 503
    assert time.monotonic() - started < 10
    await pool.close()
    server.close()
    await server.wait_closed()


async def test_a_repeat_with_the_same_key_gets_the_first_answer(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    first = await api.submit(key="key-1")
    path = f"{BASE}/tickets/{first.json()['ticket_id']}"
    token = {"X-Ticket-Token": first.json()["access_token"]}
    await api.client.post(f"{path}/human", headers=token)
    again = await api.submit(key="key-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE role = 'customer'") == 1


async def test_repeats_that_race_make_one_ticket(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    answers = await asyncio.gather(*(api.submit(key="key-1") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
    counts = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM tickets), "
        "(SELECT count(*) FROM customers), (SELECT count(*) FROM outbox)"
    )
    assert counts is not None
    assert tuple(counts) == (1, 1, 1, 1)


async def test_the_same_key_with_other_words_is_another_ticket(api: Api) -> None:
    first = await api.submit(key="key-1")
    other = await api.submit(key="key-1", message="Something else altogether, please.")
    assert other.status_code == 201
    assert other.json()["ticket_id"] != first.json()["ticket_id"]


async def test_without_a_key_the_same_form_is_one_ticket_for_ten_minutes(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    first = await api.submit()
    again = await asyncio.gather(*(api.submit() for _ in range(8)))
    assert {answer.status_code for answer in again} == {201}
    assert {answer.json()["ticket_id"] for answer in again} == {first.json()["ticket_id"]}
    for changes in ({"email": "bob@example.com"}, {"subject": "Export of all my data"}):
        other = await api.submit(**changes)  # type: ignore[arg-type]
        assert other.json()["ticket_id"] != first.json()["ticket_id"]
    keyed = await api.submit(key="key-1")
    assert keyed.json()["ticket_id"] != first.json()["ticket_id"]
    await owner.execute("UPDATE messages SET created_at = created_at - interval '11 minutes'")
    later = await api.submit()
    assert later.json()["ticket_id"] not in (first.json()["ticket_id"], keyed.json()["ticket_id"])


async def test_a_form_sent_again_without_its_key_is_the_same_ticket(api: Api) -> None:
    first = await api.submit(key="key-1")
    assert (await api.submit()).json()["ticket_id"] == first.json()["ticket_id"]


async def test_a_key_that_is_too_long_is_refused(api_alone: Api) -> None:
    response = await api_alone.submit(key="k" * 201)
    assert response.status_code == 400
    assert response.json()["fields"] == {"idempotency-key": "must have at most 200 characters"}


async def test_a_form_that_is_off_is_not_found(api_alone: Api) -> None:
    assert (await api_alone.changed(intakes={}).submit()).status_code == 404


async def test_articles_are_offered_while_the_customer_types(api_alone: Api) -> None:
    passages = [
        passage("Exports", "Export your data as a CSV file under Settings. " + "More words. " * 40),
        passage("Exports", "An export of data takes a minute as a rule."),
        passage("Billing", "Invoices come by mail."),
    ]
    api = api_alone.changed(search=InMemoryPassages(passages))
    response = await api.client.get(
        f"{BASE}/knowledge/suggestions", params={"q": "export my data as csv"}
    )
    assert response.status_code == 200
    titles = [suggestion["title"] for suggestion in response.json()["suggestions"]]
    assert titles == ["Exports"]
    assert len(response.json()["suggestions"][0]["excerpt"]) <= 242


async def test_nothing_is_offered_where_nothing_fits(api_alone: Api) -> None:
    api = api_alone.changed(search=InMemoryPassages([passage("Billing", "Invoices come by mail.")]))
    response = await api.client.get(
        f"{BASE}/knowledge/suggestions", params={"q": "colour of the mail"}
    )
    assert response.json() == {"suggestions": []}


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({}, "is required"),
        ({"q": "ab"}, "must have at least 3 characters"),
        ({"q": "x" * 1001}, "must have at most 1000 characters"),
    ],
)
async def test_a_search_needs_some_words(api_alone: Api, params: dict[str, str], why: str) -> None:
    response = await api_alone.client.get(f"{BASE}/knowledge/suggestions", params=params)
    assert (response.status_code, response.json()["fields"]) == (400, {"q": why})


async def test_suggestions_without_a_knowledge_base_are_unavailable(api_alone: Api) -> None:
    api = api_alone.changed(search=InMemoryPassages(error=StoreUnavailable("away")))
    response = await api.client.get(f"{BASE}/knowledge/suggestions", params={"q": "export"})
    assert response.status_code == 503


async def test_suggestions_are_limited_as_the_form_is(api_alone: Api) -> None:
    api = api_alone.changed(per_address=RateLimit(1))
    ask: list[httpx.Response] = [
        await api.client.get(f"{BASE}/knowledge/suggestions", params={"q": "export"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in ask] == [200, 429]
