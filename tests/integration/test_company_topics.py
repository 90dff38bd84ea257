"""Checks what danger, a company's own topics and looser limits do with a message, from its receipt to the reply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.guardrails import Guardrails
from company.topics import Topics
from domain.company import Company, Limits, Topic
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason, Priority
from pipeline.company import change_company
from pipeline.try_topic import try_topic
from tests.integration.stages import ASKS_HOW, Stages, by_mail, by_whatsapp, embedder

pytestmark = pytest.mark.postgres

REPLY = "We will call you back about your equipment. " * 80
MEDICAL = Topic(
    id="medical",
    label="Medical equipment",
    words=("wheelchair", "Rollstuhl"),
    examples=("I depend on a stairlift at home.", "My mother needs an electric bed."),
    reply={"en": REPLY, "de": "Wir rufen Sie an."},
    priority=Priority.URGENT,
)


@pytest.fixture
async def stages(open_uow: OpenUnitOfWork) -> Stages:
    return await Stages.over(open_uow)


async def save(open_uow: OpenUnitOfWork, *topics: Topic, **more: object) -> None:
    async with open_uow() as uow:
        current = await uow.company.current()
    company = replace(Company(name="Brightwell Energy", languages=("en", "de")), topics=topics)
    await change_company(
        open_uow,
        replace(company, **more),  # type: ignore[arg-type]
        replaces=current.version,
        author="tests",
    )


async def test_a_smell_of_gas_gets_the_emergency_text_and_a_person(stages: Stages) -> None:
    await save(stages.open_uow, country="GB")
    accepted = await stages.receive(by_whatsapp("There is a smell of gas in my kitchen"))
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert outcome.reason is EscalationReason.DANGER
    assert not outcome.draft.searches
    assert "0800 111 999" in (await stages.messages(accepted.conversation_id))[-1].content
    ticket = await stages.ticket(accepted.conversation_id)
    assert (ticket.escalation_reason, ticket.priority) == ("danger", Priority.URGENT)


async def test_danger_replaces_the_reason_of_a_ticket_that_waits_already(stages: Stages) -> None:
    first = await stages.receive(by_whatsapp("I want my money back for last month, please."))
    await stages.answer(first)
    _, reply = await stages.converse(by_whatsapp("Ich will nicht mehr leben"))
    ticket = await stages.ticket(first.conversation_id)
    assert (ticket.escalation_reason, ticket.priority) == ("danger", Priority.URGENT)
    assert "112" in reply


async def test_a_topic_of_the_profile_is_live_with_the_next_message_and_said_whole(
    stages: Stages,
) -> None:
    await save(stages.open_uow)
    accepted = await stages.receive(by_mail("Does my wheelchair fit through your door?"))
    before = await stages.answer(accepted)
    assert before is not None
    assert before.reason is not EscalationReason.COMPANY_TOPIC
    await save(stages.open_uow, MEDICAL)
    second = by_mail("Where can I charge my wheelchairs?", email="bo@example.com")
    outcome, reply = await stages.converse(second)
    assert outcome.reason is EscalationReason.COMPANY_TOPIC
    assert REPLY.strip() in reply
    third = by_mail("Ich bin auf einen Elektrorollstuhl angewiesen.", email="cy@example.com")
    accepted = await stages.receive(third)
    await stages.answer(accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    assert (ticket.escalation_topic, ticket.priority) == ("medical", Priority.URGENT)
    said = (await stages.messages(accepted.conversation_id))[-1].content
    assert "Wir rufen Sie an." in said


async def test_a_topic_without_a_person_answers_and_hands_nothing_over(stages: Stages) -> None:
    await save(stages.open_uow, replace(MEDICAL, person=False))
    accepted = await stages.receive(by_mail("Where can I charge my wheelchair?"))
    outcome = await stages.answer(accepted)
    assert outcome is not None
    assert outcome.reason is None
    assert REPLY.strip() in (await stages.messages(accepted.conversation_id))[-1].content


async def test_a_topic_is_recognised_by_a_message_like_its_examples(stages: Stages) -> None:
    await save(stages.open_uow, MEDICAL)
    outcome, _ = await stages.converse(by_mail("I depend on the stairlift in my home."))
    assert outcome.reason is EscalationReason.COMPANY_TOPIC
    outcome, _ = await stages.converse(by_mail(ASKS_HOW, email="bo@example.com"))
    assert outcome.reason is not EscalationReason.COMPANY_TOPIC


async def test_a_topic_is_tried_on_what_customers_wrote(stages: Stages) -> None:
    await stages.receive(by_mail("Where can I charge my wheelchair?"))
    await stages.receive(by_mail(ASKS_HOW, email="bo@example.com"))
    encoder = embedder()
    tried = await try_topic(stages.open_uow, encoder, Topics(encoder), MEDICAL)
    assert (tried.read, tried.share) == (2, 0.5)
    assert tried.matches[0][1].evidence == "wheelchair"


async def test_a_looser_limit_lets_questions_through_and_no_demand() -> None:
    guardrails = Guardrails.load()
    loose = Limits(pricing="articles", legal="articles", reason="The articles state them.")
    texts = ["What does express delivery cost?", "Can you give me a discount on the price?"]
    vectors = [row[: len(row) // 2] for row in await embedder().encode(texts)]
    always = [guardrails.check(text, vector) for text, vector in zip(texts, vectors, strict=True)]
    articles = [
        guardrails.check(text, vector, loose) for text, vector in zip(texts, vectors, strict=True)
    ]
    assert [[hit.reason.value for hit in hits] for hits in always] == [["pricing"], ["pricing"]]
    assert [[hit.reason.value for hit in hits] for hits in articles] == [[], ["pricing"]]
