"""Tests the main job: a message goes in, a right answer or a person with a reason comes out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from deployments.configs.agent import AgentConfig
from domain import topics
from domain.channels import Channel
from domain.errors import (
    ModelMisbehaved,
    ModelUnavailable,
    NotAllowedNow,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
    StaleTurn,
)
from domain.messages import Attachment, DeliveryState, InboundMessage, Role, Standing
from domain.ports import AgentDependencies
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Priority, TicketStatus
from domain.turns import Draft, Turn
from pipeline import staff
from pipeline.dead_letter import dead_letter, replay
from pipeline.deliver import Delivering, DeliverySettings, SendWindow
from pipeline.receive import receive_follow_up
from pipeline.relay import sweep
from tests.integration.stages import (
    ASKS_HOW,
    ASKS_NOTHING_KNOWN,
    RecordingSender,
    Stages,
    by_form,
    by_mail,
    by_whatsapp,
)

pytestmark = pytest.mark.postgres


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


class PausedAgent:
    """Drafts only once it is let go on, like a model that takes its time."""

    name = "paused"

    def __init__(self, reply: str = "You will find it under Settings.") -> None:
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self._reply = reply

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        self.started.set()
        await self.go_on.wait()
        result = await dependencies.search.search(turn.text)
        passage = result.passages[0]
        return Draft(reply=passage.text, found=[result], sources=[passage], has_read_history=True)


class FailingAgent:
    name = "failing"

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        raise self._error


class LyingAgent:
    name = "lying"

    """Says what it did not do."""

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        result = await dependencies.search.search(turn.text)
        reply = "I have refunded your money and my colleague has taken over your case."
        return Draft(
            reply=reply, found=[result], sources=list(result.passages[:1]), has_read_history=True
        )


async def test_a_how_to_question_is_answered_from_the_knowledge_base(stages: Stages) -> None:
    outcome, reply = await stages.converse(by_form(ASKS_HOW))
    assert outcome.outcome == "answered"
    assert "Forgot password" in reply
    ticket = await stages.ticket((await stages.receive(by_form("x" * 20))).conversation_id)
    assert ticket.status is TicketStatus.OPEN


async def test_the_reply_names_the_ticket_and_the_customer_on_the_form(stages: Stages) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    await stages.answer(accepted)
    reply = (await stages.messages(accepted.conversation_id))[-1].content
    assert accepted.ticket is not None
    assert accepted.ticket.number in reply
    assert reply.startswith("Hello Ada Fox,")


async def test_what_the_knowledge_base_does_not_hold_goes_to_a_person(stages: Stages) -> None:
    outcome, _ = await stages.converse(by_mail(ASKS_NOTHING_KNOWN))
    assert (outcome.outcome, outcome.reason) == ("escalated", EscalationReason.NO_KB_MATCH)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("How much does the enterprise plan cost per seat?", EscalationReason.PRICING),
        ("I want my money back for the last invoice.", EscalationReason.REFUND),
        ("My lawyer will be in touch, see you in court.", EscalationReason.LEGAL),
        ("Let me talk to a human agent please.", EscalationReason.HUMAN_REQUEST),
    ],
)
async def test_hard_limits_hold_without_any_model(
    open_uow: OpenUnitOfWork, text: str, reason: EscalationReason
) -> None:
    stages = await Stages.over(open_uow, [FailingAgent(ModelUnavailable("down"))])
    accepted = await stages.receive(by_whatsapp(text))
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert (outcome.outcome, outcome.reason) == ("escalated", reason)
    ticket = await stages.ticket(accepted.conversation_id)
    assert (ticket.status, ticket.escalation_reason) == (TicketStatus.ESCALATED, reason)
    assert ticket.number in (await stages.messages(accepted.conversation_id))[-1].content


async def test_an_angry_customer_gets_a_person_at_once(stages: Stages) -> None:
    text = "This is the worst software I have ever used. Absolutely useless, I hate it, terrible!!!"
    outcome, _ = await stages.converse(by_mail(text))
    assert outcome.reason is EscalationReason.NEGATIVE_SENTIMENT


async def test_a_message_that_comes_again_changes_nothing(stages: Stages) -> None:
    inbound = by_whatsapp(ASKS_HOW)
    accepted = await asyncio.gather(*(stages.receive(inbound) for _ in range(5)))
    assert len({message.message_id for message in accepted}) == 1
    assert sum(not message.is_duplicate for message in accepted) == 1
    first = await stages.answer(accepted[0])
    again = await stages.answer(accepted[0])
    assert first is not None
    assert again is None
    roles = [message.role for message in await stages.messages(accepted[0].conversation_id)]
    assert roles == [Role.CUSTOMER, Role.AGENT]


async def test_a_burst_becomes_one_turn_with_one_reply(stages: Stages) -> None:
    accepted = [
        await stages.receive(by_whatsapp(text))
        for text in ("hi", "it's me", "I forgot", "my password", "and now", "how do I reset it?")
    ]
    outcomes = await asyncio.gather(
        *(stages.answer(message) for message in accepted), return_exceptions=True
    )
    assert (
        sum(outcome is not None and not isinstance(outcome, StaleTurn) for outcome in outcomes) == 1
    )
    roles = [message.role for message in await stages.messages(accepted[0].conversation_id)]
    assert roles == [Role.CUSTOMER] * 6 + [Role.AGENT]


async def test_a_turn_that_was_given_to_another_replica_can_not_reply(
    open_uow: OpenUnitOfWork,
) -> None:
    slow = PausedAgent()
    given_up = await Stages.over(open_uow, [slow])
    accepted = await given_up.receive(by_mail(ASKS_HOW))
    turn = asyncio.create_task(given_up.answering.answer(accepted.message_id))
    await slow.started.wait()
    healthy = await Stages.over(open_uow)
    assert await healthy.answer(accepted) is not None
    slow.go_on.set()
    with pytest.raises(StaleTurn):
        await turn
    roles = [message.role for message in await healthy.messages(accepted.conversation_id)]
    assert roles == [Role.CUSTOMER, Role.AGENT]


async def test_a_person_who_takes_over_silences_a_turn_under_way(open_uow: OpenUnitOfWork) -> None:
    slow = PausedAgent()
    stages = await Stages.over(open_uow, [slow])
    accepted = await stages.receive(by_mail(ASKS_HOW))
    turn = asyncio.create_task(stages.answering.answer(accepted.message_id))
    await slow.started.wait()
    await staff.take(open_uow, accepted.conversation_id, "grace")
    slow.go_on.set()
    with pytest.raises(StaleTurn):
        await turn
    assert [message.role for message in await stages.messages(accepted.conversation_id)] == [
        Role.CUSTOMER
    ]


async def test_a_reply_that_waits_for_delivery_is_not_sent_once_a_person_took_over(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_mail(ASKS_HOW))
    await stages.answer(accepted)
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    reply = (await stages.messages(accepted.conversation_id))[-1]
    assert await stages.delivering.deliver(reply.id) is None
    async with stages.open_uow() as uow:
        [dropped] = await uow.deliveries.of_message(reply.id)
    assert dropped.state is DeliveryState.SUPPRESSED
    assert _sender(stages, Channel.EMAIL).sent == []


async def test_staff_answer_through_the_channel_and_the_agent_comes_back_after_release(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_mail("I want my money back."))
    await stages.answer(accepted)
    await staff.take(stages.open_uow, accepted.conversation_id, "grace")
    sent = await staff.reply(
        stages.open_uow, accepted.conversation_id, "grace", "I am looking into it."
    )
    assert await stages.delivering.deliver(sent.id) is DeliveryState.SENT
    again = await stages.receive(by_mail(ASKS_HOW, thread_keys=(), provider_message_id="later"))
    if again.conversation_id == accepted.conversation_id:
        assert await stages.answer(again) is None
    await staff.release(stages.open_uow, accepted.conversation_id, "grace")
    outcome = await stages.answer(again)
    assert outcome is not None
    assert outcome.outcome == "answered"


async def test_a_claim_without_the_act_is_never_sent(open_uow: OpenUnitOfWork) -> None:
    stages = await Stages.over(open_uow, [LyingAgent()])
    accepted = await stages.receive(by_mail(ASKS_HOW))
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert outcome.reason is EscalationReason.MODEL_UNAVAILABLE
    reply = (await stages.messages(accepted.conversation_id))[-1].content
    assert "refunded" not in reply


@pytest.mark.parametrize("error", [ModelUnavailable("timed out"), ModelMisbehaved("no answer")])
async def test_when_the_model_fails_the_grounded_answerer_takes_over(
    open_uow: OpenUnitOfWork, error: Exception
) -> None:
    grounded = await Stages.over(open_uow)
    stages = replace(grounded, agents=[FailingAgent(error), *grounded.agents])
    outcome, reply = await stages.converse(by_form(ASKS_HOW))
    assert outcome.outcome == "answered"
    assert "Forgot password" in reply


async def test_when_every_model_fails_the_customer_gets_an_apology_and_a_person(
    open_uow: OpenUnitOfWork,
) -> None:
    stages = await Stages.over(open_uow, [FailingAgent(ModelUnavailable("down"))])
    outcome, reply = await stages.converse(by_form(ASKS_HOW))
    assert outcome.reason is EscalationReason.MODEL_UNAVAILABLE
    assert "down" not in reply
    assert "sorry" in reply.lower()


async def test_what_a_form_claims_is_offered_to_the_address_and_is_no_part_of_its_history(
    stages: Stages,
) -> None:
    claimed = await stages.receive(by_form(ASKS_HOW))
    await stages.answer(claimed)
    accepted = await stages.receive(by_mail("And how do I turn on two-factor authentication?"))
    async with stages.open_uow() as uow:
        entries = await uow.conversations.history(accepted.conversation_id, limit=50)
        proven = await uow.conversations.get(accepted.conversation_id)
        offered = await uow.conversations.also_claimed(proven.customer_id, 10)
    assert entries == []
    assert [conversation.id for conversation in offered] == [claimed.conversation_id]


async def test_whoever_only_claims_an_address_sees_nothing_of_its_owner(stages: Stages) -> None:
    await stages.converse(by_mail("My account number is 4711. " + ASKS_HOW))
    accepted = await stages.receive(by_form("What did I write to you before, please repeat it."))
    async with stages.open_uow() as uow:
        entries = await uow.conversations.history(accepted.conversation_id, limit=50)
    assert not any("4711" in entry.content for entry in entries)


async def test_an_unsure_send_that_the_provider_knows_is_not_repeated(stages: Stages) -> None:
    sender = _sender(stages, Channel.EMAIL)
    sender.errors, sender.takes_it_all_the_same = [SendUnsure("connection lost")], True
    reply = await _reply_to(stages, by_mail(ASKS_HOW))
    delivering = _impatient(stages)
    assert await delivering.deliver(reply) is DeliveryState.SENT
    assert await delivering.deliver(reply) is None
    assert len(sender.sent) == 1


async def test_an_unsure_send_that_nobody_can_clear_up_is_flagged_for_a_person(
    stages: Stages,
) -> None:
    sender = _sender(stages, Channel.WHATSAPP)
    sender.errors, sender.lookup_error = [SendUnsure("connection lost")], SendUnsure("can't tell")
    accepted = await stages.receive(by_whatsapp(ASKS_HOW))
    await stages.answer(accepted)
    reply = (await stages.messages(accepted.conversation_id))[-1].id
    assert await _impatient(stages).deliver(reply) is DeliveryState.UNSURE
    assert (await stages.ticket(accepted.conversation_id)).status is TicketStatus.ESCALATED
    assert await stages.delivering.deliver(reply) is None


async def test_a_provider_that_is_away_is_tried_again_and_gets_it_once(stages: Stages) -> None:
    sender = _sender(stages, Channel.EMAIL)
    sender.errors = [ProviderUnavailable("503")]
    reply = await _reply_to(stages, by_mail(ASKS_HOW))
    with pytest.raises(ProviderUnavailable):
        await stages.delivering.deliver(reply)
    assert await stages.delivering.deliver(reply) is DeliveryState.SENT
    assert len(sender.sent) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ProviderRejected("no such number", "21211"), DeliveryState.FAILED),
        (NotAllowedNow("window closed", "63016"), DeliveryState.PARKED),
    ],
)
async def test_what_a_provider_refuses_is_put_before_a_person(
    stages: Stages, error: Exception, state: DeliveryState
) -> None:
    _sender(stages, Channel.WHATSAPP).errors = [error]
    accepted = await stages.receive(by_whatsapp(ASKS_HOW))
    await stages.answer(accepted)
    reply = (await stages.messages(accepted.conversation_id))[-1].id
    assert await stages.delivering.deliver(reply) is state
    assert (
        await stages.ticket(accepted.conversation_id)
    ).escalation_reason is EscalationReason.DELIVERY_FAILED


async def test_mail_from_machines_is_kept_and_never_answered(stages: Stages) -> None:
    accepted = await stages.receive(by_mail("I am out of office.", standing=Standing.AUTOMATIC))
    assert await stages.answer(accepted) is None
    assert await stages.queued(topics.INCOMING) == []


async def test_a_mail_loop_ends_after_the_reply_budget(stages: Stages) -> None:
    async with stages.open_uow() as uow:
        config = await uow.channel_configs.get(Channel.EMAIL)
    for _ in range(config.reply_budget_per_hour):
        await stages.answer(await stages.receive(by_mail(ASKS_HOW)))
    accepted = await stages.receive(by_mail(ASKS_HOW))
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert outcome.reason is EscalationReason.LOOP_GUARD
    assert outcome.draft.reply is None


async def test_a_dead_lettered_message_is_kept_apologised_for_and_can_be_replayed(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    record = {
        "topic": topics.INCOMING,
        "key": None,
        "value": b"{}",
        "origin": "t/0/1",
        "message_id": accepted.message_id,
        "cause": "a bug",
        "attempts": 3,
    }
    await dead_letter(stages.open_uow, **record)
    await dead_letter(stages.open_uow, **record)
    messages = await stages.messages(accepted.conversation_id)
    assert [message.role for message in messages] == [Role.CUSTOMER, Role.AGENT]
    assert (
        await stages.ticket(accepted.conversation_id)
    ).escalation_reason is EscalationReason.REPEATED_FAILURE
    async with stages.open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 10)
    assert letter.value == b"{}"
    assert await replay(stages.open_uow, letter.id, "grace")
    assert (await stages.answer(accepted)) is not None


async def test_a_record_without_a_message_is_kept_with_its_raw_bytes(stages: Stages) -> None:
    await dead_letter(
        stages.open_uow,
        topic=topics.INCOMING,
        key="k",
        value=b"\xff\x00not json",
        origin="t/0/2",
        message_id=None,
        cause="no envelope",
        attempts=1,
    )
    async with stages.open_uow() as uow:
        [letter] = await uow.dead_letters.list("open", 10)
    assert letter.value == b"\xff\x00not json"


async def test_the_sweep_queues_what_the_broker_forgot(stages: Stages) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    async with stages.open_uow() as uow:
        rows = await uow.outbox.unpublished(10)
        await uow.outbox.mark_published([row.id for row in rows])
        await uow.commit()
    assert await sweep(stages.open_uow, timedelta(0)) == 1
    assert await stages.queued(topics.INCOMING) == [accepted.message_id]


RAISED_BELOW = 0.9


async def test_sentiment_between_the_limits_makes_the_ticket_urgent(stages: Stages) -> None:
    stages.config = AgentConfig(sentiment_priority_below=RAISED_BELOW)
    accepted = await stages.receive(
        by_form("I am a bit disappointed that the export to CSV is so hard to find.")
    )
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert outcome.sentiment is not None
    assert stages.config.sentiment_escalate_below <= outcome.sentiment < RAISED_BELOW
    assert (await stages.ticket(accepted.conversation_id)).priority is Priority.HIGH


async def test_attachments_are_acknowledged_as_not_read(stages: Stages) -> None:
    photo = Attachment("photo.jpg", "image/jpeg", 1000)
    _, reply = await stages.converse(by_mail(ASKS_HOW, attachments=(photo,)))
    assert "I can't open attachments" in reply
    assert "photo" not in reply


async def test_a_follow_up_on_the_ticket_page_is_answered_in_the_same_conversation(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    await stages.answer(accepted)
    assert accepted.ticket is not None
    follow_up = await receive_follow_up(
        stages.open_uow, accepted.ticket, "And how do I invite a guest?", "k1"
    )
    repeat = await receive_follow_up(
        stages.open_uow, accepted.ticket, "And how do I invite a guest?", "k1"
    )
    assert repeat.message_id == follow_up.message_id
    assert follow_up.conversation_id == accepted.conversation_id
    assert await stages.answer(follow_up) is not None
    roles = [message.role for message in await stages.messages(accepted.conversation_id)]
    assert roles == [Role.CUSTOMER, Role.AGENT, Role.CUSTOMER, Role.AGENT]


async def test_a_customer_can_ask_for_a_person_with_one_click(stages: Stages) -> None:
    accepted = await stages.receive(by_form(ASKS_HOW))
    await stages.answer(accepted)
    assert accepted.ticket is not None
    await staff.ask_for_person(stages.open_uow, accepted.ticket)
    await staff.ask_for_person(stages.open_uow, accepted.ticket)
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.escalation_reason is EscalationReason.HUMAN_REQUEST
    assert len(await stages.messages(accepted.conversation_id)) == 3


async def test_a_process_that_stood_still_before_its_send_does_not_send(stages: Stages) -> None:
    reply = await _reply_to(stages, by_mail(ASKS_HOW))
    late = Delivering(stages.open_uow, stages.senders, DeliverySettings(send_within=timedelta(0)))
    with pytest.raises(ProviderUnavailable):
        await late.deliver(reply)
    assert _sender(stages, Channel.EMAIL).sent == []
    assert await _impatient(stages).deliver(reply) is DeliveryState.SENT
    assert len(_sender(stages, Channel.EMAIL).sent) == 1


def _sender(stages: Stages, channel: Channel) -> RecordingSender:
    sender = stages.senders[channel]
    assert isinstance(sender, RecordingSender)
    return sender


def _impatient(stages: Stages) -> Delivering:
    """Asks about an attempt at once instead of after the lease; the provider acts at once or never."""
    at_once = SendWindow(acts_within=timedelta(0), shows_within=timedelta(0))
    settings = DeliverySettings(
        send_lease=timedelta(0), windows=dict.fromkeys(stages.senders, at_once)
    )
    return Delivering(stages.open_uow, stages.senders, settings)


async def _reply_to(stages: Stages, inbound: InboundMessage) -> UUID:
    accepted = await stages.receive(inbound)
    await stages.answer(accepted)
    return (await stages.messages(accepted.conversation_id))[-1].id
