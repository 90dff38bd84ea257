"""Checks that the conversation suite's scenarios are complete, and its grading tells right ends from wrong ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.channels import Channel
from domain.identifiers import Assurance
from domain.records import Conversation, Ticket
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from embeddings.chunking import chunk_markdown
from evals.conversations.grade import faults_of
from evals.conversations.play import StepEnd
from evals.conversations.scenario import Act, Scenario, Step, read_scenarios
from serve_app.sample_company import SAMPLE_DOCUMENT

SCENARIOS = {script.id: script for script in read_scenarios()}
TICKET = Ticket(
    id=uuid4(),
    number="TKT-0123456789",
    customer_id=uuid4(),
    conversation_id=uuid4(),
    source_channel=Channel.EMAIL,
    subject="Last invoice",
    category=Category.BILLING,
    priority=Priority.HIGH,
    status=TicketStatus.ESCALATED,
    escalation_reason=EscalationReason.REFUND,
    escalation_summary="Wants: money back",
    created_at=datetime.now(UTC),
    updated_at=datetime.now(UTC),
)
HANDED_OVER = StepEnd(
    outcome="escalated",
    seen=("A colleague from our billing team will reply. Your ticket number is TKT-0123456789.",),
    replies=1,
    undelivered=0,
    conversation=Conversation(
        id=TICKET.conversation_id,
        customer_id=TICKET.customer_id,
        channel=Channel.EMAIL,
        assurance=Assurance.PROVIDER_ATTESTED,
        subject=None,
        status="open",
        owner="human",
        owner_name=None,
        fence=1,
    ),
    ticket=TICKET,
    articles=(),
)
REFUND = SCENARIOS["mail-refund"].steps[0]


def written() -> list[tuple[Scenario, Step]]:
    return [
        (scenario, step)
        for scenario in SCENARIOS.values()
        for step in scenario.steps
        if step.act is Act.WRITES
    ]


def test_there_are_sixty_scenarios_over_all_channels() -> None:
    assert len(SCENARIOS) >= 60
    channels = [scenario.steps[0].channel for scenario in SCENARIOS.values()]
    played = (Channel.WEB_FORM, Channel.EMAIL, Channel.WHATSAPP)
    assert min(channels.count(channel) for channel in played) >= 15


def test_every_step_says_how_it_has_to_end_and_names_articles_that_exist() -> None:
    articles = {
        chunk.title for chunk in chunk_markdown(SAMPLE_DOCUMENT.read_text(encoding="utf-8"))
    }
    for scenario, step in written():
        assert step.expected is not None, scenario.id
        if step.expected.article is not None:
            assert step.expected.article in articles, scenario.id


def test_a_right_hand_over_has_no_faults() -> None:
    assert faults_of(REFUND, HANDED_OVER) == []


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (replace(HANDED_OVER, outcome="answered"), "answered in place of escalated"),
        (
            replace(
                HANDED_OVER,
                ticket=replace(TICKET, escalation_reason=EscalationReason.PRICING),
            ),
            "not refund",
        ),
        (
            replace(HANDED_OVER, ticket=replace(TICKET, status=TicketStatus.OPEN)),
            "not escalated",
        ),
        (replace(HANDED_OVER, replies=2), "2 replies"),
        (replace(HANDED_OVER, undelivered=1), "not delivered"),
        (replace(HANDED_OVER, seen=("A colleague will reply.",)), "billing team"),
        (
            replace(HANDED_OVER, seen=(*HANDED_OVER.seen, "We have refunded you.")),
            "We have refunded",
        ),
    ],
)
def test_what_went_wrong_is_named(end: StepEnd, fault: str) -> None:
    assert any(fault.lower() in found.lower() for found in faults_of(REFUND, end))


def test_a_customer_who_may_hear_nothing_heard_nothing() -> None:
    stop = SCENARIOS["wa-stop"].steps[0]
    silence = replace(HANDED_OVER, outcome="silent", seen=(), replies=0, ticket=None)
    assert faults_of(stop, silence) == []
    assert faults_of(stop, replace(silence, seen=("Hello",), replies=1))
