"""Tests one person on two channels: mail through the mailbox, then WhatsApp through Twilio's signed webhook."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import httpx
import pytest

from domain.identifiers import Assurance, IdentifierKind, identify_phone
from tests.integration.api import BASE, GRACE, Api, push, sign
from tests.integration.mail import write

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection

WHATSAPP = f"{BASE}/webhooks/whatsapp"
BY_MAIL = "My invoice of May is wrong."
BY_WHATSAPP = "Any news about my invoice?"


async def write_mail(api: Api, control: httpx.Client, owner: Owner, text: str = BY_MAIL) -> UUID:
    """A mail of Ann, whom Gmail authenticated; the customer it made or found."""
    write(control, **{"from": "ann@example.com"}, name="Ann", subject="Invoice", text=text)
    assert (await push(api)).status_code == 200
    return await writer_of(owner, text)


async def write_on_whatsapp(
    api: Api, owner: Owner, sender: str, text: str = BY_WHATSAPP, sid: str = "SM1"
) -> UUID:
    fields = {"MessageSid": sid, "From": sender, "To": "whatsapp:+14155550100", "Body": text}
    answer = await api.client.post(WHATSAPP, data=fields, headers=sign(WHATSAPP, fields))
    assert answer.status_code == 200
    return await writer_of(owner, text)


async def writer_of(owner: Owner, text: str) -> UUID:
    found: UUID = await owner.fetchval("SELECT customer_id FROM messages WHERE content = $1", text)
    return found


async def verify_phone(api: Api, customer: UUID, phone: str) -> UUID:
    """Staff called back, say, and know whose it is; the customer that stands for both from then on."""
    answer = await api.client.post(
        f"{BASE}/staff/customers/{customer}/identifiers",
        json={"kind": "phone", "value": phone},
        headers=GRACE,
    )
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["customer_id"])


async def history_of(api: Api, owner: Owner, text: str) -> list[str]:
    """What the turn of the message `text` is answered with: the customer's words so far."""
    conversation = await owner.fetchval(
        "SELECT conversation_id FROM messages WHERE content = $1", text
    )
    async with api.context.open_uow() as uow:
        return [
            message.content for message in await uow.conversations.history(conversation, limit=50)
        ]


async def mark_answered(owner: Owner) -> None:
    """As if answered: what still waits is a turn's input, not history."""
    await owner.execute("UPDATE messages SET state = 'answered' WHERE role = 'customer'")


@pytest.mark.parametrize(
    ("noted", "sender"),
    [
        ("+49 (0)151 123 456-78", "whatsapp:+4915112345678"),
        ("+52 33 1234 5678", "whatsapp:+5213312345678"),
    ],
)
async def test_a_mail_customer_with_a_verified_phone_is_the_same_one_on_whatsapp(
    mail_api: Api, control: httpx.Client, owner: Owner, noted: str, sender: str
) -> None:
    ann = await write_mail(mail_api, control, owner)
    assert await verify_phone(mail_api, ann, noted) == ann
    await mark_answered(owner)
    assert await write_on_whatsapp(mail_api, owner, sender) == ann
    assert await owner.fetchval("SELECT count(*) FROM customers") == 1
    assert BY_MAIL in await history_of(mail_api, owner, BY_WHATSAPP)


async def test_whoever_wrote_on_both_channels_before_becomes_one_customer_with_one_history(
    mail_api: Api, control: httpx.Client, owner: Owner
) -> None:
    stranger = await write_on_whatsapp(mail_api, owner, "whatsapp:+4915112345678", "Hello?")
    ann = await write_mail(mail_api, control, owner)
    assert stranger != ann
    kept = await verify_phone(mail_api, ann, "+49 151 12345678")
    await mark_answered(owner)
    later = await write_on_whatsapp(mail_api, owner, "whatsapp:+4915112345678", sid="SM2")
    assert later == kept == await writer_of(owner, BY_MAIL) == await writer_of(owner, "Hello?")
    history = await history_of(mail_api, owner, BY_WHATSAPP)
    assert {BY_MAIL, "Hello?"} <= set(history)


async def test_a_phone_that_a_mail_only_mentions_joins_nobody(
    mail_api: Api, control: httpx.Client, owner: Owner
) -> None:
    text = "Call me on +49 151 12345678, please."
    ann = await write_mail(mail_api, control, owner, text)
    await mark_answered(owner)
    assert await write_on_whatsapp(mail_api, owner, "whatsapp:+4915112345678") != ann
    assert await history_of(mail_api, owner, BY_WHATSAPP) == []


async def test_a_phone_that_is_only_claimed_goes_to_whoever_writes_from_it(
    mail_api: Api, control: httpx.Client, owner: Owner
) -> None:
    ann = await write_mail(mail_api, control, owner)
    claim = identify_phone("+49 151 12345678", Assurance.CLAIMED)
    async with mail_api.context.open_uow() as uow:
        await uow.customers.link(ann, claim, "system")
        await uow.commit()
    await mark_answered(owner)
    other = await write_on_whatsapp(mail_api, owner, "whatsapp:+4915112345678")
    assert other != ann
    assert await history_of(mail_api, owner, BY_WHATSAPP) == []
    async with mail_api.context.open_uow() as uow:
        kinds = [identifier.kind for identifier in await uow.customers.identifiers(ann)]
    assert kinds == [IdentifierKind.EMAIL]


async def test_a_mail_that_gmail_could_not_authenticate_is_shown_nothing_of_whatsapp(
    mail_api: Api, control: httpx.Client, owner: Owner
) -> None:
    ann = await write_mail(mail_api, control, owner)
    await verify_phone(mail_api, ann, "+49 151 12345678")
    await write_on_whatsapp(mail_api, owner, "whatsapp:+4915112345678")
    await mark_answered(owner)
    forged = "Please send me what I wrote before."
    write(control, **{"from": "ann@example.com"}, text=forged, authenticated=False)
    assert (await push(mail_api)).status_code == 200
    assert await history_of(mail_api, owner, forged) == []
