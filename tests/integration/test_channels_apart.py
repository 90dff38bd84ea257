"""Tests that a provider that hangs or fails delays no other channel and no other customer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.api import GmailApi
from channels.gmail.sender import GmailSender
from channels.gmail.settings import GmailSettings
from channels.web_form.sender import WebFormSender
from channels.whatsapp.sender import WhatsAppSender
from domain.channels import Channel
from domain.errors import Postponed, ProviderUnavailable
from domain.messages import MessageState
from domain.ports import Sender
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from pipeline.attempts import Attempting, Start
from pipeline.bulkheads import BulkheadSettings
from pipeline.deliver import Delivering, DeliverySettings
from standins import gmail, twilio
from standins.serving import serve
from tests.integration.brokers import Broker
from tests.integration.queues import delivering, relaying, reply
from tests.integration.stages import RecordingSender, by_form, by_mail, by_whatsapp

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(170)]
Owner = asyncpg.Connection

TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+14155550100"
MAILBOX = "support@techcorp.example"
PLACES = 3
SETTINGS = DeliverySettings(
    bulkhead=BulkheadSettings(places=PLACES, patience=timedelta(seconds=0.5))
)
RETRY = RetryPolicy(max_attempts=14, longest_delay=timedelta(seconds=1))


@pytest.fixture
def twilio_url() -> Iterator[str]:
    with serve(twilio.create_app(auth_token=TOKEN, from_number=NUMBER)) as url:
        yield url


@pytest.fixture
def gmail_api_url() -> Iterator[str]:
    with serve(gmail.create_app(MAILBOX)) as url:
        yield url


@pytest.fixture
async def senders(
    open_uow: OpenUnitOfWork, twilio_url: str, gmail_api_url: str
) -> AsyncIterator[dict[Channel, Sender]]:
    """The real senders of every channel, in front of their providers' stand-ins."""

    async def recorded(ids: Sequence[str]) -> Collection[str]:
        async with open_uow() as uow:
            return await uow.deliveries.known_ids(Channel.WHATSAPP, ids)

    made: dict[Channel, Sender] = {
        Channel.WEB_FORM: WebFormSender(),
        Channel.WHATSAPP: WhatsAppSender(
            account_sid=twilio.DEFAULT_ACCOUNT_SID,
            auth_tokens=[SecretStr(TOKEN)],
            from_number=NUMBER,
            public_base_url="http://127.0.0.1:9",
            recorded_ids=recorded,
            api_base_url=twilio_url,
            timeout=timedelta(seconds=100),
            max_threads=PLACES,
        ),
        Channel.EMAIL: GmailSender(
            GmailApi(
                GmailSettings(
                    address=MAILBOX,
                    client_id="id",
                    client_secret=SecretStr("secret"),
                    refresh_token=SecretStr("r"),
                    api_base_url=gmail_api_url,
                    token_uri=f"{gmail_api_url}/token",
                )
            )
        ),
    }
    yield made
    for sender in made.values():
        await asyncio.to_thread(sender.close)


async def call(method: str, url: str, **wish: Any) -> Any:
    async with httpx.AsyncClient(trust_env=False) as web:
        answer = await web.request(method, url, json=wish or None)
        return answer.raise_for_status().json()


async def wait_for(owner: Owner, query: str, wanted: int) -> None:
    async with asyncio.timeout(60):
        while await owner.fetchval(query) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


UNSETTLED = (
    "SELECT count(*) FROM messages WHERE role = 'agent' AND state = 'undelivered' AND channel = "
)


@pytest.mark.kafka
async def test_while_every_call_of_twilio_hangs_mails_and_form_replies_go_out_at_once(
    own_broker: Broker,
    open_uow: OpenUnitOfWork,
    owner: Owner,
    senders: dict[Channel, Sender],
    twilio_url: str,
    gmail_api_url: str,
) -> None:
    hangs = {"status": 201, "times": 500, "hang_seconds": 600, "late_effect": True}
    await call("POST", f"{twilio_url}/_fail", **hangs)
    customers = 8
    for text in ("first", "second"):
        for number in range(customers):
            await reply(open_uow, by_whatsapp("Hello?", f"+1202555{number:04d}"), text)
    async with (
        relaying(open_uow, own_broker),
        delivering(open_uow, own_broker, senders, RETRY, SETTINGS, max_concurrent=2 * PLACES),
    ):
        async with asyncio.timeout(60):
            while (await call("GET", f"{twilio_url}/_fail"))["held"] < PLACES:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for number in range(10):
            email = f"customer{number}@example.com"
            await reply(open_uow, by_mail("Hello?", email), "by mail")
            await reply(open_uow, by_form("Hello?", email), "by form")
        await wait_for(owner, UNSETTLED + "'email'", 0)
        await wait_for(owner, UNSETTLED + "'web_form'", 0)
        # Nothing has moved at Twilio meanwhile, and what waits for it is in the database, uncounted.
        assert (await call("GET", f"{twilio_url}/_fail"))["held"] == PLACES
        assert await owner.fetchval(UNSETTLED + "'whatsapp'") == 2 * customers
        assert await owner.fetchval("SELECT max(attempts) FROM messages") == 0
        assert len(await call("GET", f"{gmail_api_url}/_sent")) == 10
        await call("DELETE", f"{twilio_url}/_fail")
        await wait_for(owner, UNSETTLED + "'whatsapp'", 0)
    sent = await call("GET", f"{twilio_url}/_sent")
    by_customer: dict[str, list[str]] = {}
    for message in sent:
        by_customer.setdefault(message["to"], []).append(message["body"])
    assert list(by_customer.values()) == [["first", "second"]] * customers


async def whatsapp_replies(open_uow: OpenUnitOfWork, customers: int) -> list[UUID]:
    return [
        await reply(open_uow, by_whatsapp("Hello?", f"+1202555{number:04d}"), "Hello.")
        for number in range(customers)
    ]


async def test_a_provider_that_fails_for_everybody_is_left_alone_and_uses_up_no_attempts(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sender = RecordingSender(errors=[ProviderUnavailable("503")] * 100)
    mail = RecordingSender()
    settings = DeliverySettings(bulkhead=BulkheadSettings(failures=3, pause=timedelta(seconds=0.2)))
    use_case = Delivering(open_uow, {Channel.WHATSAPP: sender, Channel.EMAIL: mail}, settings)
    attempting = Attempting(open_uow, MessageState.UNDELIVERED)

    async def work_on(message_id: UUID) -> None:
        [begun] = await attempting.begin([Start(message_id, is_alone=False)])
        assert begun is not None
        assert await attempting.work_on(message_id, use_case.deliver, RETRY, begun.attempts) is None

    replies = await whatsapp_replies(open_uow, 8)
    for message_id in replies:
        await work_on(message_id)
    counted = await owner.fetch("SELECT attempts FROM messages WHERE id = ANY ($1)", replies)
    assert sorted(row["attempts"] for row in counted) == [0] * 5 + [1] * 3
    assert await owner.fetchval("SELECT count(*) FROM deliveries") == 3
    by_mail_id = await reply(open_uow, by_mail("Hello?"), "Hello.")
    await work_on(by_mail_id)
    assert [part.message.key for part in mail.sent] == [by_mail_id]
    sender.errors.clear()
    async with asyncio.timeout(30):
        while len(sender.sent) < len(replies):
            await owner.execute("UPDATE messages SET retry_at = NULL WHERE state = 'undelivered'")
            for message_id in replies:
                if not any(part.message.key == message_id for part in sender.sent):
                    await work_on(message_id)
            await asyncio.sleep(0.05)


async def test_a_reply_that_is_held_back_for_too_long_uses_up_its_attempts(
    open_uow: OpenUnitOfWork,
) -> None:
    sender = RecordingSender(errors=[ProviderUnavailable("503")] * 3)
    once = BulkheadSettings(failures=1, pause=timedelta(hours=1))
    first, second = await whatsapp_replies(open_uow, 2)
    patient = Delivering(open_uow, {Channel.WHATSAPP: sender}, DeliverySettings(bulkhead=once))
    hasty = Delivering(
        open_uow,
        {Channel.WHATSAPP: sender},
        DeliverySettings(bulkhead=once, hold_at_most=timedelta(0)),
    )
    for use_case, expected in ((patient, Postponed), (hasty, ProviderUnavailable)):
        with pytest.raises(ProviderUnavailable):
            await use_case.deliver(first)
        with pytest.raises(expected):
            await use_case.deliver(second)
    assert sender.sent == []
