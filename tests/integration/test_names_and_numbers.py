"""Tests whose name a reply bears, which number it goes to, and that one person stays one customer."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import asyncpg
import pytest

from channels.whatsapp.parse import parse_inbound
from domain.channels import Channel
from domain.identifiers import Assurance, identify_email, identify_phone
from domain.messages import InboundMessage
from domain.records import Conversation, Customer
from domain.stores import OpenUnitOfWork
from pipeline.receive import Accepted, receive
from tests.integration.correspondence import a_message

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection


def whatsapp(number: str, name: str = "Ada Fox", **extra: str) -> InboundMessage:
    form = {
        "MessageSid": f"SM{uuid4().hex}",
        "From": f"whatsapp:{number}",
        "ProfileName": name,
        "Body": "How do I archive a project?",
    } | extra
    return parse_inbound(urlencode(form).encode(), datetime.now(UTC))


async def people(open_uow: OpenUnitOfWork, accepted: Accepted) -> tuple[Conversation, Customer]:
    async with open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
        return conversation, await uow.customers.get(conversation.customer_id)


async def count_customers(owner: Owner) -> int:
    return int(await owner.fetchval("SELECT count(*) FROM customers WHERE merged_into IS NULL"))


@pytest.mark.parametrize("number", ["+551187654321", "+5215512345678", "+541155531048"])
async def test_a_reply_goes_to_the_very_number_that_wrote(
    open_uow: OpenUnitOfWork, number: str
) -> None:
    accepted = await receive(open_uow, whatsapp(number))
    _, customer = await people(open_uow, accepted)
    async with open_uow() as uow:
        recipient = await uow.customers.recipient(customer.id, Channel.WHATSAPP)
    assert recipient.reachable_at == number
    assert recipient.value != number


@pytest.mark.parametrize(
    ("wrote", "linked"),
    [
        ("+5491155531048", "+54 11 5553-1048"),
        ("+541155531048", "+54 9 11 5553-1048"),
        ("+551187654321", "+55 11 98765-4321"),
        ("+5215512345678", "+52 55 1234 5678"),
    ],
)
async def test_the_forms_of_a_number_are_one_customer(
    open_uow: OpenUnitOfWork, owner: Owner, wrote: str, linked: str
) -> None:
    await receive(open_uow, whatsapp(wrote))
    mail = await receive(open_uow, a_message(identify_email("a@b.example", Assurance.VERIFIED)))
    conversation, _ = await people(open_uow, mail)
    async with open_uow() as uow:
        identifier = identify_phone(linked, Assurance.VERIFIED)
        await uow.customers.link(conversation.customer_id, identifier, "ines")
        await uow.commit()
    assert await count_customers(owner) == 1


async def test_a_number_and_a_user_id_of_one_webhook_are_one_customer_and_conversation(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    first = await receive(open_uow, whatsapp("+491701234567", ExternalUserId="DE.1796029385164"))
    second = await receive(open_uow, whatsapp("DE.1796029385164"))
    assert first.conversation_id == second.conversation_id
    assert await count_customers(owner) == 1
    merges = await owner.fetchval("SELECT count(*) FROM customer_merges")
    await receive(open_uow, whatsapp("+491701234567", ExternalUserId="DE.1796029385164"))
    assert await owner.fetchval("SELECT count(*) FROM customer_merges") == merges


async def test_a_user_id_that_wrote_before_is_merged_once_its_number_is_attested(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    await receive(open_uow, whatsapp("DE.1796029385164"))
    await receive(open_uow, whatsapp("+491701234567"))
    assert await count_customers(owner) == 2
    await receive(open_uow, whatsapp("+491701234567", ExternalUserId="DE.1796029385164"))
    assert await count_customers(owner) == 1


async def test_an_attested_name_is_renewed(open_uow: OpenUnitOfWork) -> None:
    await receive(open_uow, whatsapp("+491701234567", "Old Owner"))
    accepted = await receive(open_uow, whatsapp("+491701234567", "New \u202eOwner"))
    conversation, customer = await people(open_uow, accepted)
    assert customer.name == "New Owner"
    assert conversation.name_of(customer) == "New Owner"
    await receive(open_uow, whatsapp("+491701234567", ""))
    assert (await people(open_uow, accepted))[1].name == "New Owner"


async def test_a_typed_name_sticks_to_no_proven_owner(open_uow: OpenUnitOfWork) -> None:
    typed = a_message(
        identify_email("owner@example.com", Assurance.CLAIMED),
        Channel.WEB_FORM,
        name="Mallory Evil",
    )
    form = await receive(open_uow, typed)
    proven = identify_email("owner@example.com", Assurance.PROVIDER_ATTESTED)
    mail = await receive(open_uow, a_message(proven, name="Olga Owner"))
    again = await receive(open_uow, a_message(identify_email("owner@example.com", Assurance.CLAIMED),
                                              Channel.WEB_FORM, name="Eve"))  # fmt: skip
    names = [
        conversation.name_of(customer)
        for conversation, customer in [
            await people(open_uow, accepted) for accepted in (form, mail, again)
        ]
    ]
    assert names == ["Mallory Evil", "Olga Owner", "Eve"]
    assert (await people(open_uow, mail))[1].name == "Olga Owner"
