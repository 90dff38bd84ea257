"""Tests the draft mode: the agent writes, a person sends, and nothing that has become wrong can be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from domain import topics
from domain.channels import Channel
from domain.company import AnsweringRules, Company, Topic
from domain.conversation_state import Shown, State, state_of
from domain.drafts import DraftState, StaleBecause, StoredDraft
from domain.errors import Conflict, NotFound
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import InboundMessage, MessageState, Role
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Stage
from domain.turns import TurnOutcome
from domain.wording import say_disclosure
from pipeline import drafts, staff
from pipeline.company import change_company
from pipeline.outside_agent import Refused
from pipeline.replay import ReplayLimits, replay_newest
from pipeline.staff import ask_for_person
from serve_app.knowledge import index_document
from tests.integration.stages import (
    ASKS_HOW,
    ASKS_NOTHING_KNOWN,
    MODEL_KEY,
    RecordingSender,
    Stages,
    by_form,
    by_mail,
    by_whatsapp,
    embedder,
)
from tests.sample_profile import COMPANY

pytestmark = pytest.mark.postgres

DRAFT = AnsweringRules(default="draft")
HANDBOOK = """# Handbook

## Reset your password

Open the sign-in page and choose Forgot password. We send you a link that sets a new password; it works for an hour.

## Export your data as CSV

Open Settings, then Data, and choose Export. The CSV file arrives by mail within ten minutes.
"""
SHIPPING = Topic(id="passwords", label="Passwords", words=("password",), person=False)


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    await save(open_uow, DRAFT)
    return await with_two_articles(open_uow)


async def with_two_articles(open_uow: OpenUnitOfWork) -> Stages:
    await index_document(open_uow, embedder(), "handbook.md", HANDBOOK, MODEL_KEY)
    return await Stages.over(open_uow, with_articles=False)


async def save(open_uow: OpenUnitOfWork, answering: AnsweringRules, *own_topics: Topic) -> None:
    async with open_uow() as uow:
        current = await uow.company.current()
    company: Company = replace(COMPANY, answering=answering, topics=own_topics)
    await change_company(open_uow, company, replaces=current.version, author="tests")


async def ask(stages: Stages, inbound: InboundMessage | None = None) -> UUID:
    """Receive a question and run its turn; the conversation."""
    accepted = await stages.receive(inbound or by_mail(ASKS_HOW))
    await stages.answer(accepted)
    return accepted.conversation_id


async def draft_of(stages: Stages, conversation_id: UUID) -> StoredDraft:
    async with stages.open_uow() as uow:
        draft = await uow.drafts.newest(conversation_id)
    assert draft is not None
    return draft


async def state(stages: Stages, conversation_id: UUID) -> State:
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.get(conversation_id)
        ticket = await uow.tickets.current(conversation_id)
    return state_of(conversation, ticket)


def ours(messages: Sequence[object]) -> list[object]:
    return [message for message in messages if message.role is not Role.CUSTOMER]  # type: ignore[attr-defined]


@pytest.mark.timeout(600)
async def test_fifty_mails_make_fifty_drafts_and_nothing_is_sent(stages: Stages) -> None:
    asked = [
        ASKS_HOW,
        ASKS_NOTHING_KNOWN,
        "How do I export my data as CSV?",
        "Can I invite a colleague?",
    ]
    conversations = [
        await ask(stages, by_mail(asked[number % 4], f"n{number}@example.com"))
        for number in range(50)
    ]
    assert await stages.queued() == []
    async with stages.open_uow() as uow:
        waiting = await uow.drafts.waiting(limit=100)
    assert {line.draft.conversation_id for line in waiting} == set(conversations)
    assert len(waiting) == 50
    assert all(line.draft.content.strip() for line in waiting)


async def test_a_draft_has_its_sources_and_the_customer_waits_for_us(stages: Stages) -> None:
    conversation_id = await ask(stages)
    draft = await draft_of(stages, conversation_id)
    assert draft.state is DraftState.WAITING
    assert draft.sources
    assert "Forgot password" in draft.content
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_US
    [asked] = await stages.messages(conversation_id)
    assert asked.state is MessageState.DRAFTED


async def test_an_approved_draft_is_a_persons_reply(stages: Stages) -> None:
    conversation_id = await ask(stages)
    draft = await draft_of(stages, conversation_id)
    message = await drafts.approve(stages.open_uow, conversation_id, "grace")
    assert (message.role, message.author, message.content) == (Role.STAFF, "grace", draft.content)
    await stages.delivering.deliver(message.id)
    sender = stages.senders[Channel.EMAIL]
    assert isinstance(sender, RecordingSender)
    [part] = sender.sent
    assert not part.message.is_automatic
    assert say_disclosure(COMPANY, "en") not in part.text
    assert await state(stages, conversation_id) == State(Stage.FOR_CUSTOMER)
    assert (await stages.messages(conversation_id))[0].state is MessageState.ANSWERED


async def test_two_approvals_at_once_send_one_reply(stages: Stages) -> None:
    conversation_id = await ask(stages)
    results = await asyncio.gather(
        *(
            drafts.approve(stages.open_uow, conversation_id, name)
            for name in ("grace", "henry", "grace", "henry")
        ),
        return_exceptions=True,
    )
    sent = {result.id for result in results if not isinstance(result, BaseException)}
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(sent) == 1
    assert all(isinstance(error, Conflict) for error in refused)
    assert len(await stages.queued()) == 1
    [reply] = ours(await stages.messages(conversation_id))
    for _ in range(2):
        await stages.delivering.deliver(reply.id)  # type: ignore[attr-defined]
    sender = stages.senders[Channel.EMAIL]
    assert isinstance(sender, RecordingSender)
    assert len(sender.sent) == 1


async def test_the_figures_tell_how_much_people_change(stages: Stages) -> None:
    first, second, third, fourth = [
        await ask(stages, by_mail(ASKS_HOW, f"n{number}@example.com")) for number in range(4)
    ]
    await drafts.approve(stages.open_uow, first, "grace")
    edited = "Please call us, and we reset it together."
    reply = await drafts.approve(stages.open_uow, second, "grace", edited)
    assert reply.content == edited
    await drafts.discard(stages.open_uow, third, "grace")
    await staff.take(stages.open_uow, fourth, "grace")
    async with stages.open_uow() as uow:
        [figures] = await uow.drafts.figures((await draft_of(stages, first)).created_at)
    assert (figures.approved, figures.unchanged, figures.discarded) == (2, 1, 1)
    assert (figures.overruled, figures.superseded, figures.waiting) == (1, 0, 0)
    assert figures.acceptance == 0.5
    assert figures.distance is not None
    assert 0.3 < figures.distance < 0.5


async def test_a_newer_message_makes_the_draft_stale_and_one_of_both_is_made(
    stages: Stages,
) -> None:
    conversation_id = await ask(stages, by_whatsapp(ASKS_HOW))
    first = await draft_of(stages, conversation_id)
    again = await stages.receive(by_whatsapp("Please tell me, how do I reset my password?"))
    assert again.conversation_id == conversation_id
    stale = await draft_of(stages, conversation_id)
    assert (stale.state, stale.stale_because) == (DraftState.STALE, StaleBecause.NEWER_MESSAGE)
    with pytest.raises(Conflict, match="newer message"):
        await drafts.approve(stages.open_uow, conversation_id, "grace")
    outcome = await stages.answer(again)
    assert outcome is not None
    assert outcome.outcome is TurnOutcome.DRAFTED
    second = await draft_of(stages, conversation_id)
    assert second.id != first.id
    with pytest.raises(Conflict, match="newer draft"):
        await drafts.approve(stages.open_uow, conversation_id, "grace", draft_id=first.id)
    await drafts.approve(stages.open_uow, conversation_id, "grace", draft_id=second.id)
    asked = [one for one in await stages.messages(conversation_id) if one.role is Role.CUSTOMER]
    assert [one.state for one in asked] == [MessageState.ANSWERED] * 2
    assert {one.turn_id for one in asked} == {second.turn_id}


async def test_a_record_that_comes_again_drafts_nothing_new(stages: Stages) -> None:
    accepted = await stages.receive(by_mail(ASKS_HOW))
    await stages.answer(accepted)
    first = await draft_of(stages, accepted.conversation_id)
    assert await stages.answer(accepted) is None
    assert (await draft_of(stages, accepted.conversation_id)).id == first.id


async def test_a_person_who_takes_it_makes_the_draft_stale(stages: Stages) -> None:
    conversation_id = await ask(stages)
    await staff.take(stages.open_uow, conversation_id, "henry")
    with pytest.raises(Conflict, match="taken the conversation over") as refused:
        await drafts.approve(stages.open_uow, conversation_id, "grace")
    assert refused.value.holder == "henry"
    with pytest.raises(Conflict):
        await drafts.discard(stages.open_uow, conversation_id, "henry")
    await staff.reply(stages.open_uow, conversation_id, "henry", "I look into it.")
    [asked, _] = await stages.messages(conversation_id)
    assert asked.state is MessageState.ANSWERED


async def test_given_back_unanswered_it_is_drafted_anew(stages: Stages) -> None:
    accepted = await stages.receive(by_mail(ASKS_HOW))
    await stages.answer(accepted)
    first = await draft_of(stages, accepted.conversation_id)
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    await staff.release(stages.open_uow, accepted.conversation_id, "grace")
    await stages.answer(accepted)
    second = await draft_of(stages, accepted.conversation_id)
    assert second.id != first.id
    assert second.state is DraftState.WAITING


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE knowledge_base SET version = version + 1",
        "UPDATE knowledge_base SET is_published = false",
        "UPDATE knowledge_base SET expires_at = now()",
        "DELETE FROM knowledge_base",
    ],
)
async def test_a_source_that_changes_or_leaves_makes_the_draft_stale(
    stages: Stages, owner: asyncpg.Connection, change: str
) -> None:
    accepted = await stages.receive(by_mail(ASKS_HOW))
    await stages.answer(accepted)
    await owner.execute(change)
    with pytest.raises(Conflict, match="changed or withdrawn"):
        await drafts.approve(stages.open_uow, accepted.conversation_id, "grace")
    async with stages.open_uow() as uow:
        assert await uow.drafts.waiting(limit=9) == []
    assert await drafts.draft_again(stages.open_uow) == 1
    assert accepted.message_id in await stages.queued(topics.INCOMING)
    first = await draft_of(stages, accepted.conversation_id)
    await stages.answer(accepted)
    assert (await draft_of(stages, accepted.conversation_id)).id != first.id
    assert await drafts.draft_again(stages.open_uow) == 0


async def test_a_discarded_draft_calls_a_person(stages: Stages) -> None:
    conversation_id = await ask(stages)
    await drafts.discard(stages.open_uow, conversation_id, "grace", observe=stages.events.append)
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_PERSON
    ticket = await stages.ticket(conversation_id)
    assert ticket.open_reason is EscalationReason.COMPANY_TOPIC
    assert await stages.queued() == []
    with pytest.raises(Conflict, match="discarded already"):
        await drafts.approve(stages.open_uow, conversation_id, "grace")


async def test_a_draft_that_waits_too_long_counts_as_waiting_for_a_person(stages: Stages) -> None:
    conversation_id = await ask(stages)
    assert await drafts.call_for_overdue(stages.open_uow, timedelta(hours=1)) == 0
    called = await drafts.call_for_overdue(stages.open_uow, timedelta(0), stages.events.append)
    assert called == 1
    assert await drafts.call_for_overdue(stages.open_uow, timedelta(0)) == 0
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_PERSON
    assert await stages.queued() == []
    await drafts.approve(stages.open_uow, conversation_id, "grace")
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_CUSTOMER
    assert len(await stages.queued()) == 1


async def test_hard_limits_hand_over_at_once_and_danger_is_answered_at_once(
    stages: Stages,
) -> None:
    refund = await ask(stages, by_mail("I want my money back for last month, please."))
    danger = await ask(stages, by_whatsapp("There is a smell of gas in my kitchen"))
    for conversation_id, reason in (
        (refund, EscalationReason.REFUND),
        (danger, EscalationReason.DANGER),
    ):
        assert (await stages.ticket(conversation_id)).open_reason is reason
        assert len(ours(await stages.messages(conversation_id))) == 1
        async with stages.open_uow() as uow:
            assert await uow.drafts.newest(conversation_id) is None


async def test_what_the_agent_hands_over_is_a_persons_at_once_and_its_note_waits(
    stages: Stages,
) -> None:
    conversation_id = await ask(stages, by_mail(ASKS_NOTHING_KNOWN))
    draft = await draft_of(stages, conversation_id)
    assert draft.reason is EscalationReason.NO_KB_MATCH
    assert (await stages.ticket(conversation_id)).open_reason is EscalationReason.NO_KB_MATCH
    assert await stages.queued() == []
    await drafts.approve(stages.open_uow, conversation_id, "grace")
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_PERSON
    assert len(await stages.queued()) == 1


async def test_thanks_get_no_draft(stages: Stages) -> None:
    conversation_id = await ask(stages, by_whatsapp(ASKS_HOW))
    await drafts.approve(stages.open_uow, conversation_id, "grace")
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.lock(conversation_id)
        assert not conversation.is_taken
    await staff.take(stages.open_uow, conversation_id, "grace")
    await staff.resolve(stages.open_uow, conversation_id, "grace", "Told how.")
    outcome = await stages.answer(await stages.receive(by_whatsapp("ok, thanks")))
    assert outcome is not None
    assert outcome.outcome is TurnOutcome.SILENT


async def test_a_customer_who_asks_for_a_person_makes_the_draft_stale(stages: Stages) -> None:
    conversation_id = await ask(stages, by_form(ASKS_HOW))
    await ask_for_person(stages.open_uow, await stages.ticket(conversation_id))
    with pytest.raises(Conflict):
        await drafts.approve(stages.open_uow, conversation_id, "grace")
    assert (await state(stages, conversation_id)).shown is Shown.WAITING_FOR_PERSON


async def test_no_draft_no_approval(stages: Stages) -> None:
    accepted = await stages.receive(by_mail(ASKS_HOW))
    with pytest.raises(NotFound):
        await drafts.approve(stages.open_uow, accepted.conversation_id, "grace")


async def test_modes_are_by_topic_then_channel(stages: Stages) -> None:
    rules = AnsweringRules(
        default="off", by_channel={"email": "draft"}, by_topic={"passwords": "auto"}
    )
    await save(stages.open_uow, rules, SHIPPING)
    about = await ask(stages, by_whatsapp(ASKS_HOW))
    [reply] = ours(await stages.messages(about))
    assert reply.role is Role.AGENT  # type: ignore[attr-defined]
    mail = await ask(stages, by_mail("How do I export my data as CSV?"))
    assert (await draft_of(stages, mail)).topic is None
    chat = by_whatsapp("How do I export my data as CSV?", "+12025550199")
    assert (await stages.ticket(await ask(stages, chat))).waits_for_person


async def test_a_draft_knows_its_topic(stages: Stages) -> None:
    await save(stages.open_uow, AnsweringRules(by_topic={"passwords": "draft"}), SHIPPING)
    conversation_id = await ask(stages)
    assert (await draft_of(stages, conversation_id)).topic == "passwords"


async def test_off_is_a_persons_with_one_note_and_no_model(stages: Stages) -> None:
    await save(stages.open_uow, AnsweringRules(default="off"))
    first = await stages.receive(by_whatsapp(ASKS_HOW))
    outcome = await stages.answer(first)
    assert outcome is not None
    assert outcome.reason is EscalationReason.COMPANY_TOPIC
    assert not outcome.draft.searches
    again = await stages.receive(by_whatsapp("How do I export my data as CSV?"))
    await stages.answer(again)
    ticket = await stages.ticket(first.conversation_id)
    assert ticket.open_reason is EscalationReason.COMPANY_TOPIC
    assert "people answer everything on WhatsApp" in (ticket.escalation_summary or "")
    [note] = ours(await stages.messages(first.conversation_id))
    assert "colleague" in note.content  # type: ignore[attr-defined]


async def test_off_knows_hard_limits_and_answers_danger(stages: Stages) -> None:
    await save(stages.open_uow, AnsweringRules(default="off"))
    refund = await ask(stages, by_mail("I want my money back for last month, please."))
    assert (await stages.ticket(refund)).open_reason is EscalationReason.REFUND
    danger = await ask(stages, by_whatsapp("There is a smell of gas in my kitchen"))
    assert (await stages.ticket(danger)).open_reason is EscalationReason.DANGER


async def test_a_claimed_mails_draft_holds_no_word_of_it(stages: Stages) -> None:
    sender = Identifier(IdentifierKind.EMAIL, "ada@example.com", Assurance.CLAIMED)
    conversation_id = await ask(stages, replace(by_mail(ASKS_HOW), sender=sender))
    draft = await draft_of(stages, conversation_id)
    assert "password" not in draft.content.lower()
    assert await stages.queued() == []
    async with stages.open_uow() as uow:
        assert await uow.customers.take_notice(sender)


async def test_an_outside_agent_drafts_where_ours_would(stages: Stages) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    ticket = await stages.ticket(accepted.conversation_id)
    outside = stages.use_cases.outside_agent
    done = await outside.send_reply(
        "zed",
        ticket.number,
        "Open the sign-in page and choose Forgot password.",
        asks_back=False,
        query=None,
    )
    assert (done.said, done.waits_for_approval) == (None, True)
    draft = await draft_of(stages, accepted.conversation_id)
    assert draft.author == "mcp:zed"
    assert await stages.queued() == []
    await save(stages.open_uow, AnsweringRules(default="off"))
    with pytest.raises(Refused, match="only a person may answer"):
        await outside.send_reply(
            "zed", ticket.number, "Choose Forgot password.", asks_back=False, query=None
        )


async def test_a_replayed_draft_is_compared_with_what_it_said(stages: Stages) -> None:
    conversation_id = await ask(stages)
    replayed = await replay_newest(stages.open_uow, stages.use_cases.drafting, ReplayLimits())
    [turn] = replayed.turns
    assert turn.before.reply == (await draft_of(stages, conversation_id)).content
    assert turn.likeness == 1
    assert turn.before.said == turn.after.said == "drafted"
