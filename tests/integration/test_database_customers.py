"""One customer a person, over channels, races, claims, merges and their undoing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from domain.channels import Channel
from domain.errors import Conflict, NotFound
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.records import Customer
from domain.stores import OpenWork
from tests.integration.correspondence import (
    ANN,
    ANN_PHONE,
    BOB_PHONE,
    CLAIMED_ANN,
    a_message,
    answer,
    open_ticket,
    store,
)

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection


async def resolve(open_work: OpenWork, identifier: Identifier, name: str = "") -> Customer:
    async with open_work() as work:
        customer = await work.customers.resolve(identifier, name)
        await work.commit()
    return customer


async def link(open_work: OpenWork, customer_id: UUID, identifier: Identifier) -> UUID:
    async with open_work() as work:
        kept = await work.customers.link(customer_id, identifier, "mia")
        await work.commit()
    return kept


async def contents(open_work: OpenWork, conversation_id: UUID) -> list[str]:
    async with open_work() as work:
        return [one.content for one in await work.conversations.history(conversation_id, limit=50)]


async def test_concurrent_first_messages_of_one_person_make_one_customer(
    open_work: OpenWork, owner: Owner
) -> None:
    found = await asyncio.gather(*(resolve(open_work, ANN, "Ann") for _ in range(20)))
    assert len({customer.id for customer in found}) == 1
    assert await owner.fetchval("SELECT count(*) FROM customers") == 1
    assert await owner.fetchval("SELECT count(*) FROM customer_identifiers") == 1


async def test_resolving_holds_the_customer_until_the_commit(open_work: OpenWork) -> None:
    await resolve(open_work, ANN)
    async with open_work() as first:
        await first.customers.resolve(ANN, "")
        second = asyncio.create_task(resolve(open_work, ANN))
        done, _ = await asyncio.wait({second}, timeout=0.3)
        assert not done
        await first.commit()
    await second


async def test_a_name_is_filled_in_once_and_not_replaced(open_work: OpenWork) -> None:
    await resolve(open_work, ANN, "")
    assert (await resolve(open_work, ANN, "Ann")).name == "Ann"
    assert (await resolve(open_work, ANN, "Mallory")).name == "Ann"


async def test_a_claim_becomes_proven_when_its_owner_writes_from_there(
    open_work: OpenWork,
) -> None:
    claimed = await resolve(open_work, CLAIMED_ANN, "Ann")
    proven = await resolve(open_work, ANN)
    assert proven.id == claimed.id
    async with open_work() as work:
        assert await work.customers.identifiers(proven.id) == [ANN]
    assert (await resolve(open_work, CLAIMED_ANN)).id == proven.id
    async with open_work() as work:
        assert await work.customers.identifiers(proven.id) == [ANN]


async def test_a_claim_of_somebody_else_is_taken_away_by_whoever_proves_it(
    open_work: OpenWork, owner: Owner
) -> None:
    bob = await resolve(open_work, BOB_PHONE, "Bob")
    await link(open_work, bob.id, CLAIMED_ANN)
    by_claim = await store(open_work, a_message(CLAIMED_ANN, Channel.WEB_FORM, "Bob wrote this"))
    assert by_claim.customer_id == bob.id

    ann = await store(open_work, a_message(ANN, Channel.EMAIL, "Ann wrote this"))

    assert ann.customer_id != bob.id
    assert await contents(open_work, ann.conversation_id) == []
    async with open_work() as work:
        assert await work.customers.identifiers(bob.id) == [BOB_PHONE]
        assert await work.customers.identifiers(ann.customer_id) == [ANN]
    action = await owner.fetchval("SELECT action FROM audit_log ORDER BY id DESC LIMIT 1")
    assert action == "identifier_taken_over"


async def test_the_form_and_then_mail_of_one_person_are_one_customer_with_one_history(
    open_work: OpenWork,
) -> None:
    form = await store(open_work, a_message(CLAIMED_ANN, Channel.WEB_FORM, "by form"))
    await answer(open_work, form, reply="answer to the form")
    mail = await store(open_work, a_message(ANN, Channel.EMAIL, "by mail"))
    assert mail.customer_id == form.customer_id
    assert await contents(open_work, mail.conversation_id) == ["by form", "answer to the form"]


async def test_a_claimed_sender_sees_its_own_conversation_alone(open_work: OpenWork) -> None:
    mail = await store(open_work, a_message(ANN, Channel.EMAIL, "secret of Ann"))
    await answer(open_work, mail)
    form = await store(open_work, a_message(CLAIMED_ANN, Channel.WEB_FORM, "I am Ann, really"))
    await answer(open_work, form, reply="hello")
    assert form.customer_id == mail.customer_id
    assert await contents(open_work, form.conversation_id) == ["I am Ann, really", "hello"]


async def test_a_claimed_sender_joins_no_proven_conversation(open_work: OpenWork) -> None:
    real = await store(open_work, a_message(ANN, header="<1@example.com>"))
    forged = await store(open_work, a_message(CLAIMED_ANN, thread_keys=("<1@example.com>",)))
    assert forged.customer_id == real.customer_id
    assert forged.conversation_id != real.conversation_id


async def test_a_claimed_identifier_of_somebody_else_is_never_linked(open_work: OpenWork) -> None:
    ann = await resolve(open_work, ANN)
    bob = await resolve(open_work, BOB_PHONE)
    with pytest.raises(Conflict):
        await link(open_work, bob.id, CLAIMED_ANN)
    async with open_work() as work:
        assert await work.customers.identifiers(ann.id) == [ANN]
        assert await work.customers.identifiers(bob.id) == [BOB_PHONE]


async def test_linking_a_phone_makes_the_next_whatsapp_message_the_same_customers(
    open_work: OpenWork,
) -> None:
    ann = await resolve(open_work, ANN, "Ann")
    assert await link(open_work, ann.id, ANN_PHONE) == ann.id
    assert await link(open_work, ann.id, ANN_PHONE) == ann.id
    assert (await resolve(open_work, ANN_PHONE)).id == ann.id


async def test_a_proven_identifier_of_somebody_else_merges_the_two_and_can_be_undone(
    open_work: OpenWork, owner: Owner
) -> None:
    mail = await store(open_work, a_message(ANN, text="by mail", name="Ann"))
    chat = await store(open_work, a_message(ANN_PHONE, Channel.WHATSAPP, "by phone", name=""))
    ticket = await open_ticket(open_work, chat)

    kept = await link(open_work, mail.customer_id, replace(ANN_PHONE, assurance=Assurance.VERIFIED))

    assert kept == mail.customer_id
    resolved = await resolve(open_work, ANN_PHONE)
    assert (resolved.id, resolved.name) == (kept, "Ann")
    async with open_work() as work:
        assert (await work.customers.get(chat.customer_id)).id == kept
        assert (await work.messages.get(chat.id)).customer_id == kept
        current = await work.tickets.current(chat.conversation_id)
        assert current is not None
        assert current.customer_id == kept
    merge = await owner.fetchrow("SELECT id, actor, merged_id FROM customer_merges")
    assert merge is not None
    assert (merge["actor"], merge["merged_id"]) == ("mia", chat.customer_id)
    since = await store(open_work, a_message(ANN_PHONE, Channel.WHATSAPP, "after the merge"))
    assert since.conversation_id == chat.conversation_id

    async with open_work() as work:
        await work.customers.undo_merge(merge["id"], "mia")
        await work.commit()

    assert (await resolve(open_work, ANN_PHONE)).id == chat.customer_id
    assert (await resolve(open_work, ANN)).id == mail.customer_id
    async with open_work() as work:
        assert (await work.messages.get(chat.id)).customer_id == chat.customer_id
        assert (await work.messages.get(since.id)).customer_id == chat.customer_id
        assert (await work.messages.get(mail.id)).customer_id == mail.customer_id
        undone = await work.tickets.current(chat.conversation_id)
        assert undone is not None
        assert (undone.id, undone.customer_id) == (ticket.id, chat.customer_id)
        with pytest.raises(Conflict):
            await work.customers.undo_merge(merge["id"], "mia")
        with pytest.raises(NotFound):
            await work.customers.undo_merge(uuid4(), "mia")
    actions = [
        row["action"] for row in await owner.fetch("SELECT action FROM audit_log ORDER BY id")
    ]
    assert actions == ["customers_merged", "merge_undone"]


async def test_merges_upon_merges_are_followed_and_undone_one_by_one(
    open_work: OpenWork, owner: Owner
) -> None:
    third = Identifier(IdentifierKind.WHATSAPP, "user.12345", Assurance.PROVIDER_ATTESTED)
    ann, phone, chat = [await resolve(open_work, one) for one in (ANN, ANN_PHONE, third)]
    await link(open_work, phone.id, third)
    await link(open_work, ann.id, ANN_PHONE)
    for identifier in (ANN, ANN_PHONE, third):
        assert (await resolve(open_work, identifier)).id == ann.id
    first, second = await owner.fetch("SELECT id FROM customer_merges ORDER BY created_at")
    async with open_work() as work:
        await work.customers.undo_merge(first["id"], "mia")
        await work.customers.undo_merge(second["id"], "mia")
        await work.commit()
    assert (await resolve(open_work, third)).id == chat.id
    assert (await resolve(open_work, ANN_PHONE)).id == phone.id


async def test_a_stop_holds_after_a_merge(open_work: OpenWork) -> None:
    ann, phone = await resolve(open_work, ANN), await resolve(open_work, ANN_PHONE)
    async with open_work() as work:
        await work.customers.set_opted_out(phone.id, True)
        await work.commit()
    await link(open_work, ann.id, ANN_PHONE)
    assert (await resolve(open_work, ANN)).is_opted_out


async def test_messages_and_merges_at_once_lose_nothing(open_work: OpenWork, owner: Owner) -> None:
    ann, phone = await resolve(open_work, ANN), await resolve(open_work, ANN_PHONE)
    writing = [
        store(open_work, a_message(sender, channel, str(number)))
        for number in range(15)
        for sender, channel in ((ANN, Channel.EMAIL), (ANN_PHONE, Channel.WHATSAPP))
    ]
    await asyncio.gather(*writing[:20], link(open_work, ann.id, ANN_PHONE), *writing[20:])
    owners = await owner.fetch("SELECT customer_id, count(*) AS n FROM messages GROUP BY 1")
    assert [(row["customer_id"], row["n"]) for row in owners] == [(ann.id, 30)]
    strays = await owner.fetchval(
        "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        " WHERE c.customer_id <> m.customer_id"
    )
    assert strays == 0
    assert phone.id != ann.id


async def test_people_who_are_linked_crosswise_at_once_end_as_one(
    open_work: OpenWork, owner: Owner
) -> None:
    ann, phone = await resolve(open_work, ANN), await resolve(open_work, ANN_PHONE)
    kept = await asyncio.gather(
        *(link(open_work, ann.id, ANN_PHONE) for _ in range(3)),
        *(link(open_work, phone.id, ANN) for _ in range(3)),
    )
    assert len(set(kept)) == 1
    assert await owner.fetchval("SELECT count(*) FROM customer_merges") == 1


async def test_a_reply_goes_to_the_address_last_written_from(open_work: OpenWork) -> None:
    work_address = Identifier(IdentifierKind.EMAIL, "ann@work.example", Assurance.VERIFIED)
    mail = await store(open_work, a_message(ANN))
    await link(open_work, mail.customer_id, work_address)
    await store(open_work, a_message(work_address))
    async with open_work() as work:
        assert await work.customers.recipient(mail.customer_id, Channel.EMAIL) == work_address
    await store(open_work, a_message(ANN))
    async with open_work() as work:
        assert await work.customers.recipient(mail.customer_id, Channel.EMAIL) == ANN
        with pytest.raises(NotFound):
            await work.customers.recipient(mail.customer_id, Channel.WHATSAPP)
    await link(open_work, mail.customer_id, ANN_PHONE)
    async with open_work() as work:
        found = await work.customers.recipient(mail.customer_id, Channel.WHATSAPP)
        assert found == ANN_PHONE


async def test_opting_out_and_in_again(open_work: OpenWork) -> None:
    ann = await resolve(open_work, ANN)
    for wish in (True, True, False):
        async with open_work() as work:
            await work.customers.set_opted_out(ann.id, wish)
            await work.commit()
        assert (await resolve(open_work, ANN)).is_opted_out is wish


async def test_an_unknown_customer_is_not_found(open_work: OpenWork) -> None:
    async with open_work() as work:
        for act in (work.customers.get, work.customers.export, work.customers.erase):
            with pytest.raises(NotFound):
                await act(uuid4())
