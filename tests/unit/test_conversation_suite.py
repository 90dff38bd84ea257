"""Checks that the conversation suite's scenarios are complete, and its grading tells right ends from wrong ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.acts import DialogueAct
from domain.channels import Channel
from domain.identifiers import Assurance
from domain.languages import Language
from domain.records import Conversation, Ticket
from domain.tickets import Category, EscalationReason, Priority, TicketStatus
from domain.wording import say
from embeddings.chunking import chunk_markdown
from evals.conversations.dialogues import HELD, TUNED, read_dialogues
from evals.conversations.grade import faults_of
from evals.conversations.play import StepEnd
from evals.conversations.scenario import Act, Expectation, Scenario, Step, read_scenarios
from serve_app.sample_company import SAMPLE_DOCUMENT, sample_company

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
    stop = SCENARIOS["mail-automatic"].steps[0]
    silence = replace(HANDED_OVER, outcome="silent", seen=(), replies=0, ticket=None)
    assert faults_of(stop, silence) == []
    assert faults_of(stop, replace(silence, seen=("Hello",), replies=1))


def test_who_writes_stop_is_told_once_that_it_has_ended() -> None:
    stop = SCENARIOS["wa-stop"].steps[0]
    told = ("You will get no more messages from us here. If you change your mind, write START.",)
    end = replace(HANDED_OVER, outcome="told", seen=told, replies=1, ticket=None)
    assert faults_of(stop, end) == []
    assert faults_of(stop, replace(end, outcome="silent", seen=(), replies=0))
    assert faults_of(stop, replace(end, replies=2))


def test_there_are_150_dialogues_of_two_to_six_turns_over_three_channels() -> None:
    dialogues = read_dialogues()
    assert len(dialogues) == 150
    assert {2 <= len(dialogue.steps) <= 6 for dialogue in dialogues} == {True}
    assert {step.channel for dialogue in dialogues for step in dialogue.steps} == set(Channel)


def test_the_halves_of_the_dialogues_share_no_words() -> None:
    tuned, held = (
        {
            text
            for dialogue in read_dialogues(half)
            for step in dialogue.steps
            for (text,) in step.wordings
        }
        for half in (TUNED, HELD)
    )
    assert tuned
    assert held
    assert not tuned & held


def test_articles_that_dialogues_rest_on_exist() -> None:
    expected = {
        title
        for dialogue in read_dialogues()
        for step in dialogue.steps
        if step.expected is not None and step.expected.article is not None
        for title in step.expected.article.split("|")
    }
    document = SAMPLE_DOCUMENT.read_text(encoding="utf-8")
    assert expected <= {chunk.title for chunk in chunk_markdown(document)}


TALKS = Expectation(("answered",), acts=(DialogueAct.THANKS,), language=Language.GERMAN)
STEPS = (
    "Öffnen Sie die Einstellungen. Wählen Sie dort das Projekt aus. Speichern Sie danach die Datei."
)
THANKED = replace(
    HANDED_OVER,
    outcome="answered",
    seen=("Danke. Eine Kollegin oder ein Kollege antwortet Ihnen hier.",),
    act=DialogueAct.THANKS,
)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"act": DialogueAct.GREETING}, "read as greeting, not as thanks"),
        ({"seen": ("Thank you. A colleague will reply here.",)}, "not in the customer's language"),
        (
            {"seen": (say(sample_company(), "de", "small_talk.thanks"),)},
            "although a person is awaited",
        ),
        ({"seen": (STEPS,), "seen_before": (STEPS,)}, "said again"),
    ],
)
def test_what_no_conversation_may_do_is_a_fault(change: dict[str, Any], fault: str) -> None:
    step = replace(REFUND, expected=TALKS)
    faults = "; ".join(faults_of(step, replace(THANKED, **change)))
    assert (fault in faults) if fault else faults == ""
