"""Tests providers' webhooks: only what is certainly theirs, stored before 2xx, repeated without harm."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import asyncpg
import httpx
import pytest

from channels.gmail.transport import GmailIntake
from domain.channels import Channel
from domain.errors import ProviderRejected, ProviderUnavailable
from domain.messages import DeliveryState
from tests.integration.api import (
    BASE,
    GMAIL,
    MAILBOX,
    Api,
    InMemoryMailbox,
    OneTokenVerifier,
    push,
    sign,
)
from tests.integration.correspondence import a_message, answer

pytestmark = pytest.mark.postgres

WHATSAPP = f"{BASE}/webhooks/whatsapp"
STATUS = f"{BASE}/webhooks/whatsapp/status"
MESSAGE = {
    "MessageSid": "SM0123456789abcdef",
    "AccountSid": "AC1",
    "From": "whatsapp:+12025550143",
    "To": "whatsapp:+14155550100",
    "ProfileName": "Ada",
    "Body": "How do I export? 😀 & more = better",
    "NumMedia": "0",
}


async def post(
    api: Api, path: str, fields: dict[str, str], signature: dict[str, str] | None = None
) -> httpx.Response:
    headers = sign(path, fields) if signature is None else signature
    return await api.client.post(path, data=fields, headers=headers)


async def test_a_signed_message_is_stored_and_answered_with_empty_twiml(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    response = await post(api, WHATSAPP, MESSAGE)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    assert response.text.endswith("<Response/>")
    row = await owner.fetchrow("SELECT content, state, channel::text FROM messages")
    assert row is not None
    assert tuple(row) == (MESSAGE["Body"], "waiting", "whatsapp")
    assert await owner.fetchval("SELECT value FROM customer_identifiers") == "+12025550143"


async def test_a_message_that_comes_again_is_stored_once(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    for _ in range(3):
        assert (await post(api, WHATSAPP, MESSAGE)).status_code == 200
    assert await owner.fetchval("SELECT count(*) FROM messages") == 1
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 1


@pytest.mark.parametrize("path", [WHATSAPP, STATUS])
async def test_what_twilio_has_not_signed_is_refused(api_alone: Api, path: str) -> None:
    other_body = sign(path, MESSAGE | {"Body": "something else"})
    other_path = sign(f"{BASE}/elsewhere", MESSAGE)
    empty_token = sign(path, MESSAGE, token="")
    other_token = sign(path, MESSAGE, token="another account's token")
    for signature in (
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "ä".encode("latin-1")},
        other_body,
        other_path,
        empty_token,
        other_token,
    ):
        response = await post(api_alone, path, MESSAGE, signature)  # type: ignore[arg-type]
        assert response.status_code == 403
        assert response.json()["error"] == "forbidden"


async def test_the_signature_covers_the_query_and_not_the_host(api: Api) -> None:
    headers = sign(f"{WHATSAPP}?tenant=1", MESSAGE) | {"Host": "evil.example"}
    response = await api.client.post(f"{WHATSAPP}?tenant=1", data=MESSAGE, headers=headers)
    assert response.status_code == 200
    response = await api.client.post(f"{WHATSAPP}?tenant=2", data=MESSAGE, headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize(
    "fields",
    [{"From": "whatsapp:+12025550143", "Body": "no id"}, {**MESSAGE, "From": "whatsapp:"}],
)
async def test_a_signed_message_that_makes_no_sense_is_malformed(
    api_alone: Api, fields: dict[str, str]
) -> None:
    response = await post(api_alone, WHATSAPP, fields)
    assert response.status_code == 400
    assert response.json()["fields"]


async def test_without_a_database_twilio_is_asked_to_try_again(api_alone: Api) -> None:
    assert (await post(api_alone, WHATSAPP, MESSAGE)).status_code == 503


@pytest.mark.parametrize("path", [WHATSAPP, STATUS, GMAIL])
async def test_a_channel_that_is_off_is_not_found(api_alone: Api, path: str) -> None:
    api = api_alone.changed(intakes={})
    assert (await post(api, path, MESSAGE)).status_code == 404


async def test_a_webhook_of_more_than_a_mebibyte_is_refused(api_alone: Api) -> None:
    response = await api_alone.client.post(WHATSAPP, content=b"x" * (1024 * 1024 + 1))
    assert response.status_code == 413


async def test_a_nul_in_a_message_is_no_reason_to_lose_it(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    fields = MESSAGE | {"Body": "before\x00after"}
    body = urlencode(fields)
    headers = sign(WHATSAPP, fields) | {"Content-Type": "application/x-www-form-urlencoded"}
    response = await api.client.post(WHATSAPP, content=body, headers=headers)
    assert response.status_code == 200
    assert await owner.fetchval("SELECT content FROM messages") == "beforeafter"


async def test_a_status_of_a_message_that_is_not_ours_changes_nothing(api: Api) -> None:
    response = await post(api, STATUS, {"MessageSid": "SMother", "MessageStatus": "delivered"})
    assert response.status_code == 200


async def test_the_delivery_state_of_a_whatsapp_reply_is_what_twilio_says(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await post(api, WHATSAPP, MESSAGE)
    message_id = await owner.fetchval("SELECT id FROM messages")
    async with api.context.open_uow() as uow:
        message = await uow.messages.get(message_id)
    reply = await answer(api.context.open_uow, message)
    async with api.context.open_uow() as uow:
        await uow.deliveries.start(reply.id, message.channel, 1, 0)
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, "SMreply")
        await uow.commit()
    for status, state in (
        ("delivered", "delivered"),
        ("sent", "delivered"),
        ("read", "read"),
        ("new", "read"),
    ):
        response = await post(api, STATUS, {"MessageSid": "SMreply", "MessageStatus": status})
        assert response.status_code == 200
        assert await owner.fetchval("SELECT state FROM deliveries") == state


def with_mailbox(
    api: Api, mailbox: InMemoryMailbox, verifier: OneTokenVerifier | None = None
) -> Api:
    return api.with_intake(
        Channel.EMAIL, GmailIntake(MAILBOX, mailbox, verifier or OneTokenVerifier())
    )


async def test_a_push_brings_all_new_mail_in_once(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    mailbox = InMemoryMailbox([a_message(text="First."), a_message(text="Second.")])
    api = with_mailbox(api, mailbox)
    assert (await push(api)).status_code == 200
    mailbox.mails.append(a_message(text="Third."))
    assert (await push(api)).status_code == 200
    assert (await push(api)).status_code == 200
    rows = await owner.fetch("SELECT content FROM messages ORDER BY position")
    assert [row["content"] for row in rows] == ["First.", "Second.", "Third."]


async def test_one_push_brings_in_a_backlog_of_many_steps(
    api: Api, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    mailbox = InMemoryMailbox([a_message(text=f"{n}.") for n in range(5)], mails_a_step=2)
    assert (await push(with_mailbox(api, mailbox))).status_code == 200
    assert await owner.fetchval("SELECT count(*) FROM messages") == 5
    assert await owner.fetchval("SELECT history_id FROM gmail_mailboxes") == 5


@pytest.mark.parametrize("token", [None, "Bearer forged", "Basic abc"])
async def test_a_push_without_googles_token_is_refused(api_alone: Api, token: str | None) -> None:
    response = await push(api_alone, token=token)
    assert response.status_code == 401
    assert response.json()["error"] == "unauthorized"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"message": {}}', b'{"message": {"data": "bm8="}}', b"\xff"]
)
async def test_a_push_that_is_no_envelope_is_malformed(api_alone: Api, body: bytes) -> None:
    response = await push(api_alone, body)
    assert response.status_code == 400


async def test_a_push_for_another_mailbox_is_ignored(
    api_alone: Api,
) -> None:
    gmail = api_alone.context.intakes[Channel.EMAIL]
    assert isinstance(gmail, GmailIntake)
    intake = replace(gmail, address="other@techcorp.example")
    response = await push(api_alone.with_intake(Channel.EMAIL, intake))
    assert (response.status_code, response.json()) == (200, {"status": "ignored"})


@pytest.mark.parametrize(
    ("error", "status"), [(ProviderUnavailable("quota"), 503), (ProviderRejected("no", "403"), 500)]
)
async def test_a_mailbox_that_can_not_be_read_makes_google_push_again(
    api: Api, owner: asyncpg.Connection[asyncpg.Record], error: Exception, status: int
) -> None:
    mailbox = InMemoryMailbox([a_message(text="Not yet.")], error)
    api = with_mailbox(api, mailbox)
    assert (await push(api)).status_code == status
    mailbox.error = None
    assert (await push(api)).status_code == 200
    assert await owner.fetchval("SELECT count(*) FROM messages") == 1


async def test_while_googles_keys_can_not_be_had_a_push_is_tried_again(api_alone: Api) -> None:
    verifier = OneTokenVerifier(ProviderUnavailable("no keys"))
    api = with_mailbox(api_alone, InMemoryMailbox(), verifier)
    assert (await push(api)).status_code == 503


async def test_without_a_database_google_is_asked_to_push_again(api_alone: Api) -> None:
    assert (await push(api_alone)).status_code == 503
