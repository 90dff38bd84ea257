"""Checks that a reply that the provider did not deliver reaches a person, whenever the provider says so."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

import asyncpg
import pytest

from domain.channels import Channel
from domain.messages import DeliveryState, Part, Receipt
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, TicketStatus
from pipeline import staff
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.delivery_status import record_status
from tests.integration.stages import RecordingSender, Stages, by_whatsapp

pytestmark = pytest.mark.postgres

ASKS_HOW = "How do I invite a colleague to my workspace?"


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


async def _reply_to(stages: Stages) -> tuple[UUID, UUID]:
    """The conversation and the reply that waits to go out."""
    accepted = await stages.receive(by_whatsapp(ASKS_HOW))
    await stages.answer(accepted)
    reply = (await stages.messages(accepted.conversation_id))[-1]
    return accepted.conversation_id, reply.id


async def _fails(stages: Stages, reply: UUID, code: str) -> bool:
    return await record_status(
        stages.open_uow, Channel.WHATSAPP, f"provider-{reply}", DeliveryState.FAILED, code
    )


@pytest.mark.parametrize("code", ["63016", "63024", "21610"])
async def test_a_reply_reported_as_undelivered_is_handed_to_a_person_once(
    stages: Stages, owner: asyncpg.Connection[asyncpg.Record], code: str
) -> None:
    conversation_id, reply = await _reply_to(stages)
    await stages.delivering.deliver(reply)
    for _ in range(3):
        assert await _fails(stages, reply, code)
    ticket = await stages.ticket(conversation_id)
    assert ticket.status is TicketStatus.ESCALATED
    assert ticket.escalation_reason is EscalationReason.DELIVERY_FAILED
    assert ticket.escalation_summary is not None
    assert ticket.escalation_summary.count(code) == 1
    assert await owner.fetchval("SELECT owner FROM conversations") == "human"
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'failed'") == 1


async def test_what_is_delivered_stays_with_the_agent(stages: Stages) -> None:
    conversation_id, reply = await _reply_to(stages)
    await stages.delivering.deliver(reply)
    await record_status(
        stages.open_uow, Channel.WHATSAPP, f"provider-{reply}", DeliveryState.DELIVERED, None
    )
    await _fails(stages, reply, "63016")
    assert (await stages.ticket(conversation_id)).escalation_reason is None


async def test_a_failure_beside_another_reason_keeps_that_reason_and_is_told(
    stages: Stages,
) -> None:
    accepted = await stages.receive(by_whatsapp("I want to talk to a human being, please."))
    await stages.answer(accepted)
    before = await stages.ticket(accepted.conversation_id)
    await staff.take(stages.open_uow, accepted.conversation_id, "Bo")
    reply = await staff.reply(stages.open_uow, accepted.conversation_id, "Bo", "Here I am.")
    await stages.delivering.deliver(reply.id)
    await _fails(stages, reply.id, "63024")
    after = await stages.ticket(accepted.conversation_id)
    assert after.escalation_reason is before.escalation_reason is EscalationReason.HUMAN_REQUEST
    assert before.escalation_summary is not None
    assert after.escalation_summary is not None
    assert after.escalation_summary.startswith(before.escalation_summary)
    assert "63024" in after.escalation_summary
    assert after.status is TicketStatus.ESCALATED


async def test_a_reply_of_the_agent_goes_out_as_automatic_and_one_of_staff_does_not(
    stages: Stages,
) -> None:
    conversation_id, reply = await _reply_to(stages)
    await stages.delivering.deliver(reply)
    await staff.take(stages.open_uow, conversation_id, "Bo")
    by_staff = await staff.reply(stages.open_uow, conversation_id, "Bo", "Here I am.")
    await stages.delivering.deliver(by_staff.id)
    sender = stages.senders[Channel.WHATSAPP]
    assert isinstance(sender, RecordingSender)
    assert [part.message.is_automatic for part in sender.sent] == [True, False]


class ReportedEarly(RecordingSender):
    """The provider's callbacks come before its answer."""

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        self._stages = stages

    async def send(self, part: Part) -> Receipt:
        receipt = await super().send(part)
        assert not await _fails(self._stages, part.message.key, "63024")
        await record_status(
            self._stages.open_uow,
            Channel.WHATSAPP,
            receipt.provider_message_id,
            DeliveryState.QUEUED,
            None,
        )
        return receipt


async def test_a_status_that_comes_before_our_own_record_is_applied_with_it(
    stages: Stages, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    conversation_id, reply = await _reply_to(stages)
    early = Delivering(
        stages.open_uow, {Channel.WHATSAPP: ReportedEarly(stages)}, DeliverySettings()
    )
    await early.deliver(reply)
    row = await owner.fetchrow("SELECT state, error_code FROM deliveries")
    assert row is not None
    assert tuple(row) == ("failed", "63024")
    ticket = await stages.ticket(conversation_id)
    assert ticket.status is TicketStatus.ESCALATED
    assert "63024" in (ticket.escalation_summary or "")
    assert await owner.fetchval("SELECT count(*) FROM early_delivery_statuses") == 0


async def test_a_status_that_races_our_record_is_never_lost(
    stages: Stages, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    _, reply = await _reply_to(stages)
    await asyncio.gather(stages.delivering.deliver(reply), _fails(stages, reply, "63016"))
    assert await owner.fetchval("SELECT state FROM deliveries") == "failed"


async def test_statuses_of_messages_that_are_none_of_ours_are_forgotten_after_a_day(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    async def tell(sid: str) -> None:
        await record_status(open_uow, Channel.WHATSAPP, sid, DeliveryState.SENT, None)

    await tell("SMold")
    await owner.execute(
        "UPDATE early_delivery_statuses SET received_at = now() - interval '2 days'"
    )
    await tell("SMnew")
    found = await owner.fetch("SELECT provider_message_id FROM early_delivery_statuses")
    hashed = f"sha256:{hashlib.sha256(b'SMnew').hexdigest()}"
    assert [row["provider_message_id"] for row in found] == [hashed]
