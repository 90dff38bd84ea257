"""Tests ownership over a conversation's whole life, through the use cases and on the real database."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from domain.conversation_state import Act, NextMove, State, state_of
from domain.errors import Conflict
from domain.messages import MessageState
from domain.stores import OpenUnitOfWork
from domain.tickets import Stage
from pipeline import staff
from pipeline.company import change_company
from pipeline.receive import Accepted, receive
from tests.integration.api import BASE, GRACE, HENRY, Api
from tests.integration.correspondence import answer
from tests.integration.stages import by_mail, by_whatsapp
from tests.sample_profile import COMPANY

pytestmark = pytest.mark.postgres
Owner = asyncpg.Connection
SEQUENCES = int(os.environ.get("SEQUENCES", "8"))
PEOPLE = ("Kim", "Bo")


async def state(open_uow: OpenUnitOfWork, accepted: Accepted) -> State:
    async with open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
        return state_of(conversation, await uow.tickets.current(conversation.id))


async def age(owner: Owner, span: str) -> None:
    """Move back what the rules of time look at."""
    await owner.execute(
        "UPDATE conversations SET last_message_at = last_message_at - $1::text::interval,"
        " turn_since = turn_since - $1::text::interval, seen_at = seen_at - $1::text::interval,"
        " resolved_at = resolved_at - $1::text::interval",
        span,
    )


async def test_a_message_two_weeks_after_the_end_opens_a_ticket_linked_to_the_old_one(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    first = await receive(open_uow, by_whatsapp("My export is empty."))
    await staff.take(open_uow, first.conversation_id, "Kim")
    await staff.resolve(open_uow, first.conversation_id, "Kim", "done")
    await age(owner, "14 days")
    later = await receive(open_uow, by_whatsapp("Another thing is broken now."))
    assert later.conversation_id != first.conversation_id
    async with open_uow() as uow:
        assert (
            await uow.conversations.get(later.conversation_id)
        ).continues_id == first.conversation_id


async def test_a_mails_thread_is_continued_by_the_same_person_and_after_a_while_by_a_linked_ticket(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    mail = by_mail("My export is empty.", provider_thread_id="t1", thread_keys=("t1",))
    first = await receive(open_uow, mail)
    await staff.take(open_uow, first.conversation_id, "Kim")
    await staff.resolve(open_uow, first.conversation_id, "Kim", "done")
    soon = await receive(open_uow, by_mail("It is still empty.", thread_keys=("t1",)))
    assert soon.conversation_id == first.conversation_id
    assert await state(open_uow, soon) == State(Stage.FOR_PERSON, "Kim")
    await staff.resolve(open_uow, first.conversation_id, "Kim", "done again")
    await age(owner, "30 days")
    late = await receive(open_uow, by_mail("And now?", thread_keys=("t1",)))
    async with open_uow() as uow:
        conversation = await uow.conversations.get(late.conversation_id)
    assert (conversation.id != first.conversation_id, conversation.continues_id) == (
        True,
        first.conversation_id,
    )


async def test_the_profile_says_for_how_long_a_conversation_is_continued(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    profile = replace(COMPANY, reopen_within="30d")
    await change_company(open_uow, profile, replaces=1, author="tests")
    first = await receive(open_uow, by_whatsapp("My export is empty."))
    await staff.resolve(open_uow, first.conversation_id, "Kim", "done")
    await age(owner, "14 days")
    later = await receive(open_uow, by_whatsapp("It is empty again."))
    assert later.conversation_id == first.conversation_id
    assert await state(open_uow, later) == State(Stage.FOR_US)


async def test_thanks_after_the_end_open_nothing_again(open_uow: OpenUnitOfWork) -> None:
    first = await receive(open_uow, by_whatsapp("My export is empty."))
    await staff.take(open_uow, first.conversation_id, "Kim")
    await staff.resolve(open_uow, first.conversation_id, "Kim", "done")
    thanks = await receive(open_uow, by_whatsapp("Danke! 👍"))
    assert thanks.conversation_id == first.conversation_id
    assert await state(open_uow, thanks) == State(Stage.RESOLVED, "Kim")
    await receive(open_uow, by_whatsapp("Oh, it is empty again."))
    assert await state(open_uow, thanks) == State(Stage.FOR_PERSON, "Kim")


async def test_a_customer_who_waits_for_an_absent_owner_waits_for_anybody(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    absence, now = timedelta(hours=4), datetime.now(UTC)
    kims = await receive(open_uow, by_whatsapp("I want to talk to a person"))
    await staff.take(open_uow, kims.conversation_id, "Kim")
    bos = await receive(open_uow, by_whatsapp("Me too", phone="+12025550188"))
    await staff.take(open_uow, bos.conversation_id, "Bo")
    await staff.reply(open_uow, bos.conversation_id, "Bo", "Until Monday, please.")
    assert await staff.release_absent(open_uow, absence, now) == 0
    await age(owner, "5 hours")
    assert await staff.release_absent(open_uow, absence, now) == 1
    assert await state(open_uow, kims) == State(Stage.FOR_PERSON)
    # The customer has the next move: ownership outlives the night.
    assert await state(open_uow, bos) == State(Stage.FOR_CUSTOMER, "Bo")
    actions = "SELECT actor FROM audit_log WHERE action = 'release_absent'"
    assert [row["actor"] for row in await owner.fetch(actions)] == ["system"]
    again = await receive(open_uow, by_whatsapp("Any news?", phone="+12025550188"))
    assert again.conversation_id == bos.conversation_id
    assert await state(open_uow, again) == State(Stage.FOR_PERSON, "Bo")
    assert await staff.release_absent(open_uow, absence, now) == 0


async def test_staff_reassign_reopen_and_write_notes_and_each_act_is_logged(
    api: Api, owner: Owner
) -> None:
    path, token = await api.open_ticket()
    conversation = f"{BASE}/staff/conversations/{await api.conversation_of(path)}"

    async def post(act: str, who: dict[str, str], **body: str) -> int:
        response = await api.client.post(f"{conversation}/{act}", headers=who, json=body or None)
        return response.status_code

    async def seen() -> dict[str, object]:
        return (await api.client.get(path, headers=token)).json()

    await api.client.post(f"{path}/human", headers=token)
    waiting = await seen()
    assert (waiting["state"], waiting["escalation"]) == (
        "waiting_for_person",
        {"reason": "human_request"},
    )
    assert await post("take", GRACE, note="I know her.") == 200
    assert (await seen())["state"] == "with_person"
    assert await post("assign", HENRY, to="henry") == 200
    assert await post("reply", GRACE, content="Mine?") == 409
    assert await post("assign", GRACE, to="nobody of ours") == 400
    assert await post("notes", HENRY, content="She called.") == 201
    assert await post("reopen", HENRY) == 409
    assert await post("resolve", HENRY, note="Explained.") == 200
    assert (await seen())["state"] == "resolved"
    assert await post("take", GRACE) == 409
    assert await post("reopen", GRACE) == 200
    shown = (await api.client.get(conversation, headers=GRACE)).json()
    assert [note["content"] for note in shown["notes"]] == ["I know her.", "She called."]
    assert (shown["conversation"]["owner_name"], shown["conversation"]["state"]) == (
        "grace",
        "with_person",
    )
    audit = await owner.fetch("SELECT actor, action FROM audit_log ORDER BY id")
    assert [tuple(row) for row in audit] == [
        ("customer", "hand_over"),
        ("grace", "take"),
        ("henry", "assign"),
        ("henry", "note"),
        ("henry", "resolve"),
        ("grace", "reopen"),
    ]
    people = (await api.client.get(f"{BASE}/staff/people", headers=GRACE)).json()
    assert people == {"people": ["grace", "henry"]}


async def test_after_a_release_no_person_is_announced(api: Api) -> None:
    path, token = await api.open_ticket()
    await api.client.post(f"{path}/human", headers=token)
    conversation = f"{BASE}/staff/conversations/{await api.conversation_of(path)}"
    await api.client.post(f"{conversation}/take", headers=GRACE)
    await api.client.post(f"{conversation}/release", headers=GRACE)
    ticket = (await api.client.get(path, headers=token)).json()
    assert (ticket["owner"], ticket["escalation"]) == ("agent", None)


async def play(open_uow: OpenUnitOfWork, owner: Owner, chance: random.Random, phone: str) -> None:
    """A random life of one conversation; after each act a message would reach somebody."""
    accepted = await receive(open_uow, by_whatsapp("How do I export?", phone=phone))
    for _ in range(10):
        act, who = chance.choice(list(Act)), chance.choice(PEOPLE)
        conversation_id = accepted.conversation_id
        try:
            match act:
                case Act.CUSTOMER_WROTE:
                    accepted = await receive(open_uow, by_whatsapp("And now?", phone=phone))
                case Act.CUSTOMER_ACKNOWLEDGED:
                    accepted = await receive(open_uow, by_whatsapp("ok, thanks", phone=phone))
                case Act.TAKEN:
                    await staff.take(open_uow, conversation_id, who)
                case Act.ASSIGNED:
                    await staff.assign(open_uow, conversation_id, who, chance.choice(PEOPLE))
                case Act.STAFF_REPLIED:
                    await staff.reply(open_uow, conversation_id, who, "Done.")
                case Act.RELEASED | Act.RELEASED_ANSWERED:
                    await staff.release(open_uow, conversation_id, who)
                case Act.RESOLVED:
                    await staff.resolve(open_uow, conversation_id, who, "done")
                case Act.REOPENED:
                    await staff.reopen(open_uow, conversation_id, who)
                case Act.OWNER_ABSENT:
                    await age(owner, chance.choice(["5 hours", "26 hours"]))
                    await staff.release_absent(open_uow, timedelta(hours=4), datetime.now(UTC))
                case Act.HANDED_OVER:
                    async with open_uow() as uow:
                        ticket = await uow.tickets.current(conversation_id)
                    if ticket is not None:
                        await staff.ask_for_person(open_uow, ticket)
                case Act.AGENT_ANSWERED:
                    async with open_uow() as uow:
                        waiting = await uow.messages.waiting(conversation_id)
                    if waiting:
                        await answer(open_uow, waiting[-1])
        except Conflict:
            continue
        await check(open_uow, accepted)


async def check(open_uow: OpenUnitOfWork, accepted: Accepted) -> None:
    async with open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
        ticket = await uow.tickets.current(conversation.id)
        messages = await uow.messages.of_conversation(conversation.id)
    now = state_of(conversation, ticket)
    waits = {message.state for message in messages} & {
        MessageState.WAITING,
        MessageState.WITH_HUMAN,
    }
    if MessageState.WITH_HUMAN in waits:
        assert now.next_move in (NextMove.OWNER, NextMove.ANYONE), now
    if MessageState.WAITING in waits:
        assert conversation.owner_name is None, now
    assert (conversation.owner_name is not None) == (now.owner is not None)


async def test_no_random_life_leaves_a_message_with_nobody_or_in_two_hands(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    chance = random.Random(32)
    for number in range(SEQUENCES):
        await play(open_uow, owner, chance, f"+1202556{number:04d}")
    assert await owner.fetchval("SELECT count(*) FROM conversations") >= SEQUENCES
