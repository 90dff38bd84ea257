"""Tests what may go out on WhatsApp, from the customer's words in the database to what Twilio is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from channels.whatsapp.opt_out import standing_of
from channels.whatsapp.sender import WhatsAppSender
from domain.channels import Channel
from domain.errors import SendUnsure
from domain.messages import DeliveryState, Part, Receipt
from domain.stores import OpenUnitOfWork
from pipeline import staff
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.receive import receive
from standins.serving import serve
from standins.twilio import DEFAULT_ACCOUNT_SID, create_app
from tests.integration.stages import RecordingSender, by_whatsapp

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+14155550100"


@pytest.fixture
def twilio() -> Iterator[str]:
    with serve(create_app(auth_token=TOKEN, from_number=NUMBER)) as url:
        yield url


@pytest.fixture
async def delivering(open_uow: OpenUnitOfWork, twilio: str) -> AsyncIterator[Delivering]:
    async def recorded(ids: Sequence[str]) -> Sequence[str]:
        return [message_id for message_id in ids if message_id == "none of ours"]

    sender = WhatsAppSender(
        account_sid=DEFAULT_ACCOUNT_SID,
        auth_tokens=[SecretStr(TOKEN)],
        from_number=NUMBER,
        public_base_url="https://support.example",
        recorded_ids=recorded,
        api_base_url=twilio,
    )
    yield Delivering(open_uow, {Channel.WHATSAPP: sender}, DeliverySettings())
    sender.close()


async def write(open_uow: OpenUnitOfWork, text: str) -> UUID:
    """The customer writes; the conversation it went into."""
    inbound = by_whatsapp(text, standing=standing_of(text))
    return (await receive(open_uow, inbound)).conversation_id


async def reply(open_uow: OpenUnitOfWork, conversation_id: UUID, text: str) -> UUID:
    """A person answers: whoever writes, the channel's rules hold."""
    await staff.take(open_uow, conversation_id, "Bo")
    return (await staff.reply(open_uow, conversation_id, "Bo", text)).id


async def sent(twilio: str) -> list[str]:
    async with httpx.AsyncClient(trust_env=False) as web:
        return [message["body"] for message in (await web.get(f"{twilio}/_sent")).json()]


async def test_after_stop_nobodys_reply_goes_out_until_start(
    open_uow: OpenUnitOfWork, delivering: Delivering, twilio: str, owner: Owner
) -> None:
    conversation_id = await write(open_uow, "How do I export my data?")
    await write(open_uow, "STOP")
    after_stop = await reply(open_uow, conversation_id, "Like this.")
    assert await delivering.deliver(after_stop) is DeliveryState.PARKED
    assert await sent(twilio) == []
    code = "SELECT error_code FROM deliveries WHERE message_id = $1"
    assert await owner.fetchval(code, after_stop) == "21610"
    await write(open_uow, "START")
    after_start = await reply(open_uow, conversation_id, "Welcome back.")
    assert await delivering.deliver(after_start) in (DeliveryState.QUEUED, DeliveryState.SENT)
    assert await sent(twilio) == ["Welcome back."]


async def test_the_window_is_the_customers_and_not_the_conversations(
    open_uow: OpenUnitOfWork, delivering: Delivering, twilio: str, owner: Owner
) -> None:
    older = await write(open_uow, "My invoice is wrong.")
    await owner.execute("UPDATE messages SET created_at = created_at - interval '30 hours'")
    too_late = await reply(open_uow, older, "Too late.")
    assert await delivering.deliver(too_late) is DeliveryState.PARKED
    newer = await write(open_uow, "And how do I export my data?")
    assert newer == older
    in_time = await reply(open_uow, older, "Your invoice is right now.")
    assert await delivering.deliver(in_time) in (DeliveryState.QUEUED, DeliveryState.SENT)
    assert await sent(twilio) == ["Your invoice is right now."]


class LateProvider(RecordingSender):
    """Takes a message whose answer nobody waited for, and shows it only some seconds later."""

    async def send(self, part: Part) -> Receipt:
        self.sent.append(part)
        raise SendUnsure("no answer in time")

    async def find_sent(self, part: Part) -> Receipt | None:
        shows, self.shows = self.shows, True
        return Receipt("late", DeliveryState.SENT) if shows else None

    shows = False


async def test_what_a_first_look_did_not_find_is_looked_up_again_and_not_sent_again(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    provider = LateProvider()
    delivering = Delivering(open_uow, {Channel.WHATSAPP: provider}, DeliverySettings())
    conversation_id = await write(open_uow, "How do I export my data?")
    message_id = await reply(open_uow, conversation_id, "Like this.")
    with pytest.raises(SendUnsure):
        await delivering.deliver(message_id)
    assert await delivering.deliver(message_id) is DeliveryState.SENT
    assert len(provider.sent) == 1
    states = await owner.fetch("SELECT state, provider_message_id FROM deliveries ORDER BY attempt")
    assert [tuple(row) for row in states] == [("sent", "late")]
