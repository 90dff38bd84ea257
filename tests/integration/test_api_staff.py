"""Tests the staff's side: the queue, one conversation, what a person does in it, and the dead letters."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deployments.api.guesses import GuessLimit
from domain import topics
from domain.channels import Channel
from domain.messages import DeliveryState
from domain.records import StoredMessage
from domain.tickets import EscalationReason, Priority
from domain.turns import Draft, SearchResult
from pipeline.dead_letter import dead_letter
from tests.integration.api import BASE, GRACE, HENRY, NOBODY, Api, openapi, passage
from tests.integration.correspondence import ANN, a_message, answer, open_ticket, store

pytestmark = pytest.mark.postgres

STAFF = f"{BASE}/staff"
STATUSES = "must be one of open, in_progress, waiting_customer, escalated, resolved, closed"
NOT_FOR_STAFF = (
    "/support/",
    "/tickets/",
    "/webhooks/",
    "/health",
    "/knowledge/suggestions",
    "/company/public",
    # How staff sign in and out.
    "/staff/sign-in",
    "/staff/session",
    "/staff/oidc/",
)


def staff_calls() -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, operations in openapi()["paths"].items()
        for method in operations
        if not path.removeprefix(BASE).startswith(NOT_FOR_STAFF)
    ]


@pytest.mark.parametrize(("method", "template"), staff_calls())
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic key-of-grace"},
     {"Authorization": "key-of-grace"}, {"Authorization": "Bearer "}, {"X-Ticket-Token": "x"}],
)  # fmt: skip
async def test_a_staff_call_needs_a_staff_key(
    api_alone: Api, method: str, template: str, headers: dict[str, str]
) -> None:
    path = template
    while "{" in path:
        path = path[: path.index("{")] + str(NOBODY) + path[path.index("}") + 1 :]
    body = {"content": "x", "note": "x", "reason": "x", "kind": "email", "value": "a@b.example"}
    response = await api_alone.client.request(
        method, path, headers=headers, json=body if method == "post" else None
    )
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized"
    assert response.headers["www-authenticate"] == "Bearer"


async def test_who_guesses_keys_is_slowed_down_and_nobody_else(api: Api) -> None:
    api = api.changed(guesses=GuessLimit(3))
    wrong = {"Authorization": "Bearer perhaps-this-one"}
    path = f"{STAFF}/conversations"
    answers = [(await api.client.get(path, headers=wrong)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await api.client.get(path, headers=GRACE)).status_code == 429
    elsewhere = Api(api.context, peer="203.0.113.9")
    assert (await elsewhere.client.get(path, headers=GRACE)).status_code == 200
    assert (await api.client.get(path)).status_code == 401


async def test_who_guesses_at_a_ticket_is_slowed_down_and_its_owner_is_not(api: Api) -> None:
    path, token = await api.open_ticket()
    api = api.changed(guesses=GuessLimit(30))
    for guess in ({"Authorization": "Bearer guess-{}"}, {"X-Ticket-Token": "guess-{}"}):
        guesser = Api(api.context, peer=f"203.0.113.{len(str(guess))}")
        ends = [
            (
                await guesser.client.get(
                    path, headers={name: text.format(number) for name, text in guess.items()}
                )
            ).status_code
            for number in range(40)
        ]
        assert ends == [404] * 30 + [429] * 10
        assert (await api.client.get(path, headers=token)).status_code == 200


def test_the_staff_calls_are_those_of_the_contract() -> None:
    assert {
        ("get", f"{BASE}/metrics/channels"),
        ("get", f"{STAFF}/conversations"),
        ("get", f"{STAFF}/conversations/{{conversation_id}}"),
        ("post", f"{STAFF}/conversations/{{conversation_id}}/take"),
        ("post", f"{STAFF}/conversations/{{conversation_id}}/release"),
        ("post", f"{STAFF}/conversations/{{conversation_id}}/reply"),
        ("post", f"{STAFF}/conversations/{{conversation_id}}/resolve"),
        ("get", f"{STAFF}/dead-letters"),
        ("post", f"{STAFF}/dead-letters/{{dead_letter_id}}/replay"),
        ("post", f"{STAFF}/dead-letters/{{dead_letter_id}}/discard"),
        ("get", f"{BASE}/customers/{{customer_id}}/export"),
        ("delete", f"{BASE}/customers/{{customer_id}}"),
    } <= set(staff_calls())


async def escalated(api: Api, email: str = "ada@example.com") -> tuple[str, str, dict[str, str]]:
    """A conversation that waits for a person: its staff path, its ticket's path and token."""
    path, token = await api.open_ticket(email=email)
    await api.client.post(f"{path}/human", headers=token)
    return f"{STAFF}/conversations/{await api.conversation_of(path)}", path, token


async def act(api: Api, path: str, who: dict[str, str], **body: str) -> int:
    response = await api.client.post(path, headers=who, json=body or None)
    return response.status_code


async def test_the_queue_shows_the_escalated_first_and_then_the_oldest(api: Api) -> None:
    first, _ = await api.open_ticket(email="first@example.com", name="First")
    await api.open_ticket(email="second@example.com", name="Second")
    await escalated(api, "third@example.com")
    response = await api.client.get(f"{STAFF}/conversations", headers=GRACE)
    lines = response.json()["conversations"]
    assert [line["customer_name"] for line in lines] == ["Ada Fox", "First", "Second"]
    assert [line["reason"] for line in lines] == ["human_request", None, None]
    assert lines[1]["ticket_id"] == first.rpartition("/")[2]
    assert lines[1]["oldest_unanswered_at"] is not None
    assert lines[0]["priority"] == "high"


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"owner": "human"}, 1),
        ({"owner": "agent"}, 1),
        ({"status": "escalated"}, 1),
        ({"status": "resolved"}, 0),
        ({"channel": "whatsapp"}, 0),
        ({"channel": "web_form", "reason": "human_request"}, 1),
        ({"reason": "legal"}, 0),
        ({"limit": "1"}, 1),
        ({}, 2),
    ],
)
async def test_the_queue_can_be_narrowed(api: Api, params: dict[str, str], count: int) -> None:
    await api.open_ticket(email="bob@example.com")
    await escalated(api)
    response = await api.client.get(f"{STAFF}/conversations", headers=GRACE, params=params)
    assert len(response.json()["conversations"]) == count


@pytest.mark.parametrize(
    ("params", "field", "why"),
    [
        ({"owner": "cat"}, "owner", "must be one of agent, human"),
        ({"status": "lost"}, "status", STATUSES),
        ({"channel": "fax"}, "channel", f"must be one of {', '.join(Channel)}"),
        ({"limit": "0"}, "limit", "must be at least 1"),
        ({"limit": "101"}, "limit", "must be at most 100"),
        ({"limit": "many"}, "limit", "must be a whole number"),
    ],
)  # fmt: skip
async def test_a_wrong_filter_is_named_with_the_reason(
    api_alone: Api, params: dict[str, str], field: str, why: str
) -> None:
    response = await api_alone.client.get(f"{STAFF}/conversations", headers=GRACE, params=params)
    assert (response.status_code, response.json()["fields"]) == (400, {field: why})


async def test_a_conversation_comes_with_all_it_takes_to_answer_it(api: Api) -> None:
    work = api.context.open_uow
    earlier = await store(work, a_message(text="An earlier question."))
    await answer(work, earlier)
    message = await store(work, a_message(text="I want my money back.", thread_keys=("t-2",)))
    ticket = await open_ticket(work, message, "Refund")
    found = passage("Refunds", "Refunds take five days.", number=3)
    draft = Draft(
        reply="A colleague takes over.",
        searches=["refund"],
        found=[SearchResult((found,), 0.2, False)],
        sources=[found],
        model="rules",
    )
    reply = await answer(work, message, outcome="escalated", draft=draft, sentiment=0.2)
    async with work() as unit:
        await unit.tickets.escalate(
            ticket.id, EscalationReason.REFUND, "Wants a refund.", Priority.HIGH
        )
        await unit.deliveries.start(reply.id, message.channel, 1, 0)
        await unit.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, "id-1")
        await unit.commit()
    response = await api.client.get(
        f"{STAFF}/conversations/{message.conversation_id}", headers=GRACE
    )
    assert response.status_code == 200
    view = response.json()
    assert view["conversation"]["channel"] == "email"
    assert view["ticket"]["ticket_id"] == ticket.number
    assert view["customer"]["identifiers"] == [
        {
            "kind": "email",
            "value": ANN.value,
            "assurance": "provider_attested",
            "failing": None,
        }
    ]
    shown = {told["content"]: told["delivery_state"] for told in view["messages"]}
    assert shown["Open Settings, then Export."] == "sent"
    assert "An earlier question." in [entry["content"] for entry in view["history"]]
    packet = view["handover"]
    assert (packet["summary"], packet["reason"]) == ("Wants a refund.", "refund")
    assert [point["sentiment"] for point in packet["sentiment_curve"]] == [pytest.approx(0.2)]
    assert [attempt["outcome"] for attempt in packet["tried"]]
    assert packet["sources"] == [
        {"title": "Refunds", "article_id": str(found.article_id), "version": 3}
    ]


async def test_a_taken_conversation_is_answered_and_resolved(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation, path, token = await escalated(api)
    assert await act(api, f"{conversation}/take", GRACE) == 200
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["status"], ticket["owner"]) == ("in_progress", "human")
    assert await act(api, f"{conversation}/reply", GRACE, content="  I had a look.  ") == 201
    ticket = (await api.client.get(path, headers=token)).json()
    assert ticket["status"] == "waiting_customer"
    assert (ticket["responses"][-1]["role"], ticket["responses"][-1]["content"]) == (
        "staff",
        "I had a look.",
    )
    assert await act(api, f"{conversation}/resolve", GRACE, note="Restarted the export.") == 200
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["status"], ticket["escalation"], ticket["owner"]) == ("resolved", None, "agent")
    audit = await owner.fetch("SELECT actor, action FROM audit_log ORDER BY id")
    assert [tuple(row) for row in audit] == [
        ("customer", "hand_over"),
        ("grace", "take"),
        ("grace", "reply"),
        ("grace", "resolve"),
    ]


async def test_the_customers_next_word_opens_a_resolved_ticket_again_for_the_same_person(
    api: Api,
) -> None:
    conversation, path, token = await escalated(api)
    await act(api, f"{conversation}/take", GRACE)
    await act(api, f"{conversation}/resolve", GRACE, note="Done.")
    await api.client.post(f"{path}/messages", json={"message": "Not quite."}, headers=token)
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["status"], ticket["owner"]) == ("in_progress", "human")
    seen = (await api.client.get(conversation, headers=GRACE)).json()
    assert seen["conversation"]["owner_name"] == "grace"


async def test_who_comes_second_is_told_who_was_first(api: Api) -> None:
    conversation, _, _ = await escalated(api)
    await act(api, f"{conversation}/take", GRACE)
    assert await act(api, f"{conversation}/take", GRACE) == 200
    for call, body in (
        ("take", {}),
        ("release", {}),
        ("reply", {"content": "Mine now."}),
        ("resolve", {"note": "Done."}),
    ):
        response = await api.client.post(f"{conversation}/{call}", headers=HENRY, json=body or None)
        assert response.status_code == 409, call
        assert response.json()["error"] == "conflict"
        assert response.json()["owner_name"] == "grace"


async def test_two_who_take_at_once_never_both_have_it(api: Api) -> None:
    conversation, _, _ = await escalated(api)
    codes = await asyncio.gather(*(act(api, f"{conversation}/take", who) for who in (GRACE, HENRY)))
    assert sorted(codes) == [200, 409]


async def test_a_reply_needs_the_conversation_to_be_taken(api: Api) -> None:
    conversation, _, _ = await escalated(api)
    response = await api.client.post(
        f"{conversation}/reply", headers=GRACE, json={"content": "Hello"}
    )
    assert response.status_code == 409
    assert response.json()["owner_name"] is None


async def test_a_released_conversation_goes_back_to_the_agent_with_what_waits(api: Api) -> None:
    conversation, path, token = await escalated(api)
    await act(api, f"{conversation}/take", GRACE)
    await api.client.post(f"{path}/messages", json={"message": "And now?"}, headers=token)
    assert await act(api, f"{conversation}/release", GRACE) == 200
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["owner"], ticket["status"]) == ("agent", "open")
    assert await act(api, f"{conversation}/take", HENRY) == 200


@pytest.mark.parametrize(
    ("call", "body", "field", "why"),
    [
        ("reply", {}, "body", "content or macro is required"),
        ("reply", {"content": "  "}, "content", "must have at least 1 characters"),
        ("reply", {"content": "x" * 10_001}, "content", "must have at most 10000 characters"),
        ("reply", {"content": "a\x00b"}, "content", "contains characters that can't be stored"),
        ("resolve", {"note": 3}, "note", "must be text"),
    ],
)
async def test_a_wrong_staff_call_is_refused_with_the_reason(
    api_alone: Api, call: str, body: object, field: str, why: str
) -> None:
    response = await api_alone.client.post(
        f"{STAFF}/conversations/{NOBODY}/{call}", headers=GRACE, json=body
    )
    assert (response.status_code, response.json()["fields"]) == (400, {field: why})


@pytest.mark.parametrize(
    ("call", "body"),
    [("take", None), ("release", None), ("reply", {"content": "x"}), ("resolve", {"note": "x"})],
)
async def test_a_conversation_that_is_not_there_is_not_found(
    api: Api, call: str, body: object
) -> None:
    path = f"{STAFF}/conversations/{NOBODY}"
    assert (await api.client.post(f"{path}/{call}", headers=GRACE, json=body)).status_code == 404
    assert (await api.client.get(path, headers=GRACE)).status_code == 404


async def dead_letter_one(
    api: Api, message_id: UUID | None = None, value: bytes = b"\xff{no json"
) -> str:
    await dead_letter(
        api.context.open_uow,
        topic=topics.INCOMING,
        key=None,
        value=value,
        origin=f"{topics.INCOMING}:0:{uuid4()}",
        message_id=message_id,
        cause="no valid envelope",
        attempts=3,
    )
    letters = await api.client.get(f"{STAFF}/dead-letters", headers=GRACE)
    return f"{STAFF}/dead-letters/{letters.json()['dead_letters'][-1]['id']}"


async def test_a_dead_letter_is_listed_with_its_raw_value(api: Api) -> None:
    await dead_letter_one(api)
    response = await api.client.get(
        f"{STAFF}/dead-letters", headers=GRACE, params={"state": "open"}
    )
    (letter,) = response.json()["dead_letters"]
    facts = ("topic", "cause", "attempts", "state", "payload")
    assert [letter[name] for name in facts] == [
        topics.INCOMING, "no valid envelope", 3, "open", "\\xff{no json",
    ]  # fmt: skip


async def test_one_dead_letter_is_shown_to_staff_alone(api: Api) -> None:
    letter = await dead_letter_one(api)
    found = await api.client.get(letter, headers=GRACE)
    assert (found.status_code, found.json()["payload"]) == (200, "\\xff{no json")
    assert (await api.client.get(letter)).status_code == 401
    missing = await api.client.get(f"{STAFF}/dead-letters/{NOBODY}", headers=GRACE)
    assert missing.status_code == 404


async def test_a_replayed_dead_letter_puts_its_message_back(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    message = await store(api.context.open_uow, a_message())
    letter = await dead_letter_one(api, message.id, b"{}")
    assert await owner.fetchval("SELECT state FROM messages WHERE role = 'customer'") == "dead"
    assert await act(api, f"{letter}/replay", GRACE) == 200
    assert await owner.fetchval("SELECT state FROM messages WHERE role = 'customer'") == "waiting"
    queued = "SELECT count(*) FROM outbox WHERE topic = 'fte.tickets.incoming'"
    assert await owner.fetchval(queued) == 1
    response = await api.client.post(f"{letter}/discard", headers=HENRY, json={"reason": "old"})
    assert (response.status_code, response.json()["owner_name"]) == (409, "grace")


async def test_a_discarded_dead_letter_keeps_who_and_why(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    letter = await dead_letter_one(api)
    assert await act(api, f"{letter}/discard", HENRY, reason="a test of ours") == 200
    row = await owner.fetchrow("SELECT actor, action, detail FROM audit_log")
    assert row is not None
    # What staff write may name the customer, and the audit log outlives an erasure.
    assert tuple(row) == ("henry", "discard", "{}")
    cause = await owner.fetchval("SELECT cause FROM dead_letters")
    assert cause.split("\n") == ["no valid envelope", "Discarded: a test of ours"]
    assert await act(api, f"{letter}/replay", GRACE) == 409
    listed = await api.client.get(f"{STAFF}/dead-letters", headers=GRACE, params={"state": "open"})
    assert listed.json() == {"dead_letters": []}


@pytest.mark.parametrize(("call", "body"), [("replay", None), ("discard", {"reason": "x"})])
async def test_a_dead_letter_that_is_not_there_is_not_found(
    api: Api, call: str, body: object
) -> None:
    response = await api.client.post(
        f"{STAFF}/dead-letters/{NOBODY}/{call}", headers=GRACE, json=body
    )
    assert response.status_code == 404


async def test_a_verified_address_joins_the_customers_until_the_merge_is_undone(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    ann = await store(api.context.open_uow, a_message(ANN))
    bea = await store(
        api.context.open_uow, a_message(replace(ANN, value="bea@example.com"), name="Bea")
    )
    link = f"{STAFF}/customers/{ann.customer_id}/identifiers"
    response = await api.client.post(
        link, headers=GRACE, json={"kind": "email", "value": " Bea@Example.com "}
    )
    assert response.status_code == 201
    kept = UUID(response.json()["customer_id"])
    assert kept in (ann.customer_id, bea.customer_id)
    assert await owner.fetchval("SELECT count(DISTINCT customer_id) FROM messages") == 1
    merge = await owner.fetchval("SELECT id FROM customer_merges")
    assert await act(api, f"{STAFF}/merges/{merge}/undo", GRACE) == 200
    assert await owner.fetchval("SELECT count(DISTINCT customer_id) FROM messages") == 2
    assert await act(api, f"{STAFF}/merges/{merge}/undo", GRACE) == 409


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({"kind": "fax", "value": "1"}, "kind", "must be one of email, phone"),
        ({"kind": "email", "value": "bea"}, "value", "is not a valid e-mail address"),
        ({"kind": "phone", "value": "12"}, "value", "is not a phone number"),
    ],
)
async def test_a_wrong_identifier_is_refused_with_the_reason(
    api_alone: Api, body: object, field: str, why: str
) -> None:
    response = await api_alone.client.post(
        f"{STAFF}/customers/{NOBODY}/identifiers", headers=GRACE, json=body
    )
    assert (response.status_code, response.json()["fields"]) == (400, {field: why})


async def test_linking_to_nobody_is_not_found(api: Api) -> None:
    response = await api.client.post(
        f"{STAFF}/customers/{NOBODY}/identifiers",
        headers=GRACE,
        json={"kind": "email", "value": "bea@example.com"},
    )
    assert response.status_code == 404
    assert (
        await api.client.post(f"{STAFF}/merges/{NOBODY}/undo", headers=GRACE)
    ).status_code == 404


async def test_figures_are_true_aggregates_over_the_period(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    work = api.context.open_uow

    async def end(message: StoredMessage, outcome: str, days: int = 0, **how: Any) -> None:
        await answer(work, message, outcome=outcome, **how)
        if outcome == "escalated":
            await owner.execute(
                "INSERT INTO audit_log (actor, action, subject_kind, subject_id, detail, created_at)"
                " VALUES ('rules', 'hand_over', 'conversation', $1, $2, now() - $3::interval)",
                str(message.conversation_id),
                json.dumps({"reason": "refund"}),
                timedelta(days=days),
            )

    for number, (outcome, mood, seconds) in enumerate(
        [("answered", 0.8, 1), ("answered", 0.6, 2), ("escalated", 0.1, 3), ("silent", None, 60)]
    ):
        message = await store(work, a_message(replace(ANN, value=f"ann{number}@example.com")))
        await end(message, outcome, sentiment=mood, latency=timedelta(seconds=seconds))
    old = await store(work, a_message())
    await end(old, "escalated", days=2)
    for table in ("messages", "agent_metrics"):
        await owner.execute(
            f"UPDATE {table} SET created_at = now() - interval '2 days' WHERE conversation_id = $1",
            old.conversation_id,
        )
    response = await api.client.get(
        f"{BASE}/metrics/channels", headers=GRACE, params={"period": "24h"}
    )
    report = response.json()
    assert report["period"] == "24h"
    by_channel = {figures.pop("channel"): figures for figures in report["channels"]}
    assert set(by_channel) == set(Channel)
    assert by_channel["email"] == {
        "conversations": 4,
        "messages": 4,
        "avg_sentiment": pytest.approx(0.5),
        "negative": 1,
        "escalations": 1,
        "escalation_rate": pytest.approx(0.25),
        "avg_latency_ms": pytest.approx(2000),
        "p95_latency_ms": pytest.approx(2900),
        "escalations_by_reason": {"refund": 1},
    }
    assert by_channel["whatsapp"] == {
        "conversations": 0, "messages": 0, "avg_sentiment": None, "negative": 0, "escalations": 0,
        "escalation_rate": 0, "avg_latency_ms": None, "p95_latency_ms": None,
        "escalations_by_reason": {},
    }  # fmt: skip
    assert report["totals"] == {
        "conversations": 4, "messages": 4, "negative": 1, "escalations": 1, "escalation_rate": 0.25,
        "escalations_by_reason": {"refund": 1},
    }  # fmt: skip
    assert report["escalations_by_reason"] == {"refund": 1}
    week = await api.client.get(f"{BASE}/metrics/channels", headers=GRACE, params={"period": "7d"})
    assert week.json()["totals"]["conversations"] == 5
    assert week.json()["totals"]["escalations"] == 2


async def test_a_period_is_one_of_four(api_alone: Api) -> None:
    response = await api_alone.client.get(
        f"{BASE}/metrics/channels", headers=GRACE, params={"period": "1y"}
    )
    assert (response.status_code, response.json()["fields"]) == (
        400,
        {"period": "must be one of 1h, 24h, 7d, 30d"},
    )


@pytest.mark.parametrize(
    "path",
    ["staff/conversations", "staff/dead-letters", "metrics/channels", f"customers/{NOBODY}/export"],
)
async def test_without_a_database_staff_calls_are_unavailable(api_alone: Api, path: str) -> None:
    response = await api_alone.client.get(f"{BASE}/{path}", headers=GRACE)
    assert response.status_code == 503


async def test_a_reply_that_is_clicked_twice_is_sent_once(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation, path, token = await escalated(api)
    await act(api, f"{conversation}/take", GRACE)
    keyed = {**GRACE, "Idempotency-Key": "one click"}
    clicks = [
        api.client.post(f"{conversation}/reply", headers=keyed, json={"content": "I had a look."})
        for _ in range(3)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*clicks)} == {201}
    await act(api, f"{conversation}/release", GRACE)
    late = await api.client.post(
        f"{conversation}/reply", headers=keyed, json={"content": "I had a look."}
    )
    assert late.status_code == 201
    said = (await api.client.get(path, headers=token)).json()["responses"]
    assert [message["role"] for message in said].count("staff") == 1
    query = "SELECT count(*) FROM audit_log WHERE action = 'reply'"
    assert await owner.fetchval(query) == 1


async def test_a_key_that_is_used_for_other_words_or_by_somebody_else_loses_no_reply(
    api: Api,
) -> None:
    conversation, path, token = await escalated(api)
    await act(api, f"{conversation}/take", GRACE)
    for content in ("First.", "Second."):
        keyed = {**GRACE, "Idempotency-Key": "the same"}
        await api.client.post(f"{conversation}/reply", headers=keyed, json={"content": content})
    await act(api, f"{conversation}/release", GRACE)
    await act(api, f"{conversation}/take", HENRY)
    keyed = {**HENRY, "Idempotency-Key": "the same"}
    await api.client.post(f"{conversation}/reply", headers=keyed, json={"content": "Second."})
    said = (await api.client.get(path, headers=token)).json()["responses"]
    assert [message["content"] for message in said if message["role"] == "staff"] == [
        "First.",
        "Second.",
        "Second.",
    ]
