"""Checks that a customer who wrote more than a turn reads gets a person, and the message is kept as it came."""

from __future__ import annotations

import pytest

from domain.messages import TRUNCATED
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, TicketStatus
from domain.turn_text import MAX_TURN_CHARS
from tests.integration.stages import Stages, by_mail, by_whatsapp

pytestmark = pytest.mark.postgres

QUESTION = "How do I invite a colleague to my workspace?"


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


async def test_what_is_longer_than_a_turn_reads_goes_to_a_person_whole(stages: Stages) -> None:
    text = f"{QUESTION} " + "I looked at the settings. " * (MAX_TURN_CHARS // 20)
    accepted = await stages.receive(by_mail(text))
    await stages.answer(accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.status is TicketStatus.ESCALATED
    assert ticket.escalation_reason is EscalationReason.NO_KB_MATCH
    assert (await stages.messages(accepted.conversation_id))[0].content == text


async def test_what_the_channel_could_not_read_whole_goes_to_a_person(stages: Stages) -> None:
    accepted = await stages.receive(by_mail(QUESTION, details={TRUNCATED: "true"}))
    await stages.answer(accepted)
    assert (await stages.ticket(accepted.conversation_id)).status is TicketStatus.ESCALATED


async def test_a_hard_limit_in_a_long_message_is_still_the_reason(stages: Stages) -> None:
    text = "I want my money back for last month. " + "It was a long month. " * 1000
    accepted = await stages.receive(by_mail(text))
    await stages.answer(accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.escalation_reason is EscalationReason.REFUND


async def test_many_blank_lines_are_stored_and_hide_no_words(stages: Stages) -> None:
    text = f"{QUESTION}{chr(10) * 100_000}Thanks"
    accepted = await stages.receive(by_whatsapp(text))
    await stages.answer(accepted)
    said = await stages.messages(accepted.conversation_id)
    assert said[0].content == text
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.status is not TicketStatus.ESCALATED
