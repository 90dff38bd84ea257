"""Tests one customer a person, over channels, races, claims, merges and their undoing."""

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
from domain.stores import OpenUnitOfWork
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


async def resolve(open_uow: OpenUnitOfWork, identifier: Identifier, name: str = "") -> Customer:
    async with open_uow() as uow:
        customer = await uow.customers.resolve(identifier, name)
        await uow.commit()
    return customer


async def link(open_uow: OpenUnitOfWork, customer_id: UUID, identifier: Identifier) -> UUID:
    async with open_uow() as uow:
        kept = await uow.customers.link(customer_id, identifier, "mia")
        await uow.commit()
    return kept


async def contents(open_uow: OpenUnitOfWork, conversation_id: UUID) -> list[str]:
    async with open_uow() as uow:
        return [
            message.content
            for message in await uow.conversations.history(conversation_id, limit=50)
        ]


async def test_concurrent_first_messages_of_one_person_make_one_customer(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    found = await asyncio.gather(*(resolve(open_uow, ANN, "Ann") for _ in range(20)))
    assert len({customer.id for customer in found}) == 1
    assert await owner.fetchval("SELECT count(*) FROM customers") == 1
    assert await owner.fetchval("SELECT count(*) FROM customer_identifiers") == 1


async def test_resolving_holds_the_customer_until_the_commit(open_uow: OpenUnitOfWork) -> None:
    await resolve(open_uow, ANN)
    async with open_uow() as first:
        await first.customers.resolve(ANN, "")
        second = asyncio.create_task(resolve(open_uow, ANN))
        done, _ = await asyncio.wait({second}, timeout=0.3)
        assert not done
        await first.commit()
    await second


async def test_a_proven_sender_renews_the_name_and_a_claim_only_fills_it_in(
    open_uow: OpenUnitOfWork,
) -> None:
    await resolve(open_uow, ANN, "")
    assert (await resolve(open_uow, ANN, "Ann")).name == "Ann"
    assert (await resolve(open_uow, ANN, "Ann Fox")).name == "Ann Fox"
    assert (await resolve(open_uow, ANN, "")).name == "Ann Fox"
    assert (await resolve(open_uow, CLAIMED_ANN, "Mallory")).name == "Mallory"
    assert (await resolve(open_uow, CLAIMED_ANN, "Eve")).name == "Mallory"
    assert (await resolve(open_uow, ANN, "")).name == "Ann Fox"


async def test_a_claim_stays_apart_when_its_owner_writes_from_there(
    open_uow: OpenUnitOfWork,
) -> None:
    claimed = await resolve(open_uow, CLAIMED_ANN, "Mallory")
    proven = await resolve(open_uow, ANN, "Ann")
    assert proven.id != claimed.id
    assert proven.name == "Ann"
    assert (await resolve(open_uow, CLAIMED_ANN, "Eve")).id == claimed.id
    assert (await resolve(open_uow, ANN)).id == proven.id
    async with open_uow() as uow:
        assert await uow.customers.identifiers(proven.id) == [ANN]
        assert await uow.customers.identifiers(claimed.id) == [CLAIMED_ANN]
        assert await uow.customers.find(CLAIMED_ANN) == proven


async def test_what_was_claimed_joins_its_owner_when_staff_verify_it_and_no_later_claim_does(
    open_uow: OpenUnitOfWork,
) -> None:
    form = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "by form", name="Annie"))
    ann = await resolve(open_uow, ANN, "Ann")
    verified = replace(ANN, assurance=Assurance.VERIFIED)
    assert await link(open_uow, form.customer_id, verified) == ann.id
    async with open_uow() as uow:
        kept = await uow.customers.get(form.customer_id)
        assert await uow.customers.identifiers(ann.id) == [verified]
    assert (kept.id, kept.name) == (ann.id, "Ann")
    assert (await resolve(open_uow, CLAIMED_ANN)).id != ann.id


async def test_a_claim_that_staff_verify_is_proven_and_the_next_one_starts_anew(
    open_uow: OpenUnitOfWork,
) -> None:
    form = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "by form"))
    verified = replace(ANN, assurance=Assurance.VERIFIED)
    assert await link(open_uow, form.customer_id, verified) == form.customer_id
    assert (await resolve(open_uow, ANN)).id == form.customer_id
    assert (await resolve(open_uow, CLAIMED_ANN)).id != form.customer_id


async def test_a_claim_of_somebody_else_is_taken_away_by_whoever_proves_it(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    bob = await resolve(open_uow, BOB_PHONE, "Bob")
    await link(open_uow, bob.id, CLAIMED_ANN)
    by_claim = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "Bob wrote this"))
    assert by_claim.customer_id != bob.id

    ann = await store(open_uow, a_message(ANN, Channel.EMAIL, "Ann wrote this"))

    assert ann.customer_id != bob.id
    assert await contents(open_uow, ann.conversation_id) == []
    async with open_uow() as uow:
        assert await uow.customers.identifiers(bob.id) == [BOB_PHONE]
        assert await uow.customers.identifiers(ann.customer_id) == [ANN]
    action = await owner.fetchval("SELECT action FROM audit_log ORDER BY id DESC LIMIT 1")
    assert action == "identifier_taken_over"


async def test_what_was_claimed_is_no_history_of_its_owner_and_is_offered_to_staff(
    open_uow: OpenUnitOfWork,
) -> None:
    form = await store(
        open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "by form", name="Mallory")
    )
    await answer(open_uow, form, reply="answer to the form")
    mail = await store(open_uow, a_message(ANN, Channel.EMAIL, "by mail"))
    assert mail.customer_id != form.customer_id
    assert await contents(open_uow, mail.conversation_id) == []
    async with open_uow() as uow:
        (offered,) = await uow.conversations.also_claimed(mail.customer_id, 10)
        assert await uow.conversations.also_claimed(form.customer_id, 10) == []
    assert (offered.id, offered.sender_name) == (form.conversation_id, "Mallory")


async def test_words_of_a_claim_that_was_merged_are_no_history_of_a_proven_conversation(
    open_uow: OpenUnitOfWork,
) -> None:
    form = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "by form"))
    await answer(open_uow, form)
    mail = await store(open_uow, a_message(ANN, Channel.EMAIL, "by mail"))
    await answer(open_uow, mail, reply="answer to the mail")
    await link(open_uow, form.customer_id, replace(ANN, assurance=Assurance.VERIFIED))
    assert await contents(open_uow, mail.conversation_id) == ["by mail", "answer to the mail"]
    async with open_uow() as uow:
        seen = await uow.conversations.history(mail.conversation_id, limit=50, for_staff=True)
    assert {entry.content: entry.assurance for entry in seen}["by form"] is Assurance.CLAIMED


async def test_a_claimed_sender_sees_its_own_conversation_alone(open_uow: OpenUnitOfWork) -> None:
    mail = await store(open_uow, a_message(ANN, Channel.EMAIL, "secret of Ann"))
    await answer(open_uow, mail)
    form = await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM, "I am Ann, really"))
    await answer(open_uow, form, reply="hello")
    assert form.customer_id != mail.customer_id
    assert await contents(open_uow, form.conversation_id) == ["I am Ann, really", "hello"]


async def test_a_claimed_sender_joins_no_proven_conversation(open_uow: OpenUnitOfWork) -> None:
    real = await store(open_uow, a_message(ANN, header="<1@example.com>"))
    forged = await store(open_uow, a_message(CLAIMED_ANN, thread_keys=("<1@example.com>",)))
    assert forged.customer_id != real.customer_id
    assert forged.conversation_id != real.conversation_id


async def test_a_claimed_identifier_of_somebody_else_is_never_linked(
    open_uow: OpenUnitOfWork,
) -> None:
    ann = await resolve(open_uow, ANN)
    bob = await resolve(open_uow, BOB_PHONE)
    with pytest.raises(Conflict):
        await link(open_uow, bob.id, CLAIMED_ANN)
    async with open_uow() as uow:
        assert await uow.customers.identifiers(ann.id) == [ANN]
        assert await uow.customers.identifiers(bob.id) == [BOB_PHONE]


async def test_linking_a_phone_makes_the_next_whatsapp_message_the_same_customers(
    open_uow: OpenUnitOfWork,
) -> None:
    ann = await resolve(open_uow, ANN, "Ann")
    assert await link(open_uow, ann.id, ANN_PHONE) == ann.id
    assert await link(open_uow, ann.id, ANN_PHONE) == ann.id
    assert (await resolve(open_uow, ANN_PHONE)).id == ann.id


async def test_a_proven_identifier_of_somebody_else_merges_the_two_and_can_be_undone(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    mail = await store(open_uow, a_message(ANN, text="by mail", name="Ann"))
    chat = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP, "by phone", name=""))
    ticket = await open_ticket(open_uow, chat)

    kept = await link(open_uow, mail.customer_id, replace(ANN_PHONE, assurance=Assurance.VERIFIED))

    assert kept == mail.customer_id
    resolved = await resolve(open_uow, ANN_PHONE)
    assert (resolved.id, resolved.name) == (kept, "Ann")
    async with open_uow() as uow:
        assert (await uow.customers.get(chat.customer_id)).id == kept
        assert (await uow.messages.get(chat.id)).customer_id == kept
        current = await uow.tickets.current(chat.conversation_id)
        assert current is not None
        assert current.customer_id == kept
    merge = await owner.fetchrow("SELECT id, actor, merged_id FROM customer_merges")
    assert merge is not None
    assert (merge["actor"], merge["merged_id"]) == ("mia", chat.customer_id)
    since = await store(open_uow, a_message(ANN_PHONE, Channel.WHATSAPP, "after the merge"))
    assert since.conversation_id == chat.conversation_id

    async with open_uow() as uow:
        await uow.customers.undo_merge(merge["id"], "mia")
        await uow.commit()

    assert (await resolve(open_uow, ANN_PHONE)).id == chat.customer_id
    assert (await resolve(open_uow, ANN)).id == mail.customer_id
    async with open_uow() as uow:
        assert (await uow.messages.get(chat.id)).customer_id == chat.customer_id
        assert (await uow.messages.get(since.id)).customer_id == chat.customer_id
        assert (await uow.messages.get(mail.id)).customer_id == mail.customer_id
        undone = await uow.tickets.current(chat.conversation_id)
        assert undone is not None
        assert (undone.id, undone.customer_id) == (ticket.id, chat.customer_id)
        with pytest.raises(Conflict):
            await uow.customers.undo_merge(merge["id"], "mia")
        with pytest.raises(NotFound):
            await uow.customers.undo_merge(uuid4(), "mia")
    actions = [
        row["action"] for row in await owner.fetch("SELECT action FROM audit_log ORDER BY id")
    ]
    assert actions == ["customers_merged", "merge_undone"]


async def test_merges_upon_merges_are_followed_and_undone_one_by_one(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    third = Identifier(IdentifierKind.WHATSAPP, "user.12345", Assurance.PROVIDER_ATTESTED)
    ann, phone, chat = [await resolve(open_uow, contact) for contact in (ANN, ANN_PHONE, third)]
    await link(open_uow, phone.id, third)
    await link(open_uow, ann.id, ANN_PHONE)
    for identifier in (ANN, ANN_PHONE, third):
        assert (await resolve(open_uow, identifier)).id == ann.id
    first, second = await owner.fetch("SELECT id FROM customer_merges ORDER BY created_at")
    async with open_uow() as uow:
        await uow.customers.undo_merge(first["id"], "mia")
        await uow.customers.undo_merge(second["id"], "mia")
        await uow.commit()
    assert (await resolve(open_uow, third)).id == chat.id
    assert (await resolve(open_uow, ANN_PHONE)).id == phone.id


async def test_a_stop_holds_after_a_merge(open_uow: OpenUnitOfWork) -> None:
    ann, phone = await resolve(open_uow, ANN), await resolve(open_uow, ANN_PHONE)
    async with open_uow() as uow:
        await uow.customers.set_opted_out(phone.id, True)
        await uow.commit()
    await link(open_uow, ann.id, ANN_PHONE)
    assert (await resolve(open_uow, ANN)).is_opted_out


async def test_messages_and_merges_at_once_lose_nothing(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    ann, phone = await resolve(open_uow, ANN), await resolve(open_uow, ANN_PHONE)
    writing = [
        store(open_uow, a_message(sender, channel, str(number)))
        for number in range(15)
        for sender, channel in ((ANN, Channel.EMAIL), (ANN_PHONE, Channel.WHATSAPP))
    ]
    await asyncio.gather(*writing[:20], link(open_uow, ann.id, ANN_PHONE), *writing[20:])
    owners = await owner.fetch("SELECT customer_id, count(*) AS n FROM messages GROUP BY 1")
    assert [(row["customer_id"], row["n"]) for row in owners] == [(ann.id, 30)]
    strays = await owner.fetchval(
        "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        " WHERE c.customer_id <> m.customer_id"
    )
    assert strays == 0
    assert phone.id != ann.id


async def test_people_who_are_linked_crosswise_at_once_end_as_one(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    ann, phone = await resolve(open_uow, ANN), await resolve(open_uow, ANN_PHONE)
    kept = await asyncio.gather(
        *(link(open_uow, ann.id, ANN_PHONE) for _ in range(3)),
        *(link(open_uow, phone.id, ANN) for _ in range(3)),
    )
    assert len(set(kept)) == 1
    assert await owner.fetchval("SELECT count(*) FROM customer_merges") == 1


async def test_a_reply_goes_to_the_address_last_written_from(open_uow: OpenUnitOfWork) -> None:
    work_address = Identifier(IdentifierKind.EMAIL, "ann@work.example", Assurance.VERIFIED)
    mail = await store(open_uow, a_message(ANN))
    await link(open_uow, mail.customer_id, work_address)
    await store(open_uow, a_message(work_address))
    async with open_uow() as uow:
        assert await uow.customers.recipient(mail.customer_id, Channel.EMAIL) == work_address
    await store(open_uow, a_message(ANN))
    async with open_uow() as uow:
        assert await uow.customers.recipient(mail.customer_id, Channel.EMAIL) == ANN
        with pytest.raises(NotFound):
            await uow.customers.recipient(mail.customer_id, Channel.WHATSAPP)
    await link(open_uow, mail.customer_id, ANN_PHONE)
    async with open_uow() as uow:
        found = await uow.customers.recipient(mail.customer_id, Channel.WHATSAPP)
        assert found == ANN_PHONE


async def test_opting_out_and_in_again(open_uow: OpenUnitOfWork) -> None:
    ann = await resolve(open_uow, ANN)
    for wish in (True, True, False):
        async with open_uow() as uow:
            await uow.customers.set_opted_out(ann.id, wish)
            await uow.commit()
        assert (await resolve(open_uow, ANN)).is_opted_out is wish


async def test_an_unknown_customer_is_not_found(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        for act in (uow.customers.get, uow.customers.export, uow.customers.erase):
            with pytest.raises(NotFound):
                await act(uuid4())
