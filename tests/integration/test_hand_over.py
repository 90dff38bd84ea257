"""Checks that a hand-over is one act, whoever asks for it: in the customer's language, with one event and one
audit row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from deployments.gauges import HandOverCounter
from deployments.metrics import InMemoryMeter
from domain import topics
from domain.channels import Channel
from domain.errors import ProviderRejected
from domain.events import HandedOver
from domain.languages import Language
from domain.stores import OpenUnitOfWork
from domain.tickets import Category, EscalationReason, Priority, new_ticket_number
from domain.turns import TicketRef
from domain.wording import say, say_disclosure
from pipeline.company import change_company
from pipeline.dead_letter import dead_letter
from pipeline.hand_over import tell_customer
from pipeline.receive import Accepted
from pipeline.staff import ask_for_person
from tests.integration.stages import (
    RecordingSender,
    Stages,
    by_whatsapp,
)
from tests.sample_profile import COMPANY

pytestmark = pytest.mark.postgres

ASKED = {
    Language.ENGLISH: "How do I invite a colleague to my workspace?",
    Language.GERMAN: "Wie kann ich eine Kollegin in meinen Arbeitsbereich einladen?",
    Language.SPANISH: "¿Cómo puedo invitar a una compañera a mi espacio de trabajo?",
    Language.FRENCH: "Comment puis-je inviter une collègue dans mon espace de travail ?",
}
ANGRY = {
    Language.ITALIAN: "È una vergogna, siete dei truffatori incompetenti. Sono furioso e stufo di voi!",
    Language.DUTCH: "Wat een schande, jullie zijn oplichters. Ik ben woedend en heb er genoeg van!",
}
REFUND = {
    Language.ENGLISH: "I want my money back for last month, please.",
    Language.GERMAN: "Guten Tag, ich hätte gern eine Rückerstattung für den letzten Monat.",
    Language.SPANISH: "Quiero que me devuelvan el dinero del mes pasado, por favor.",
    Language.FRENCH: "Je veux être remboursé pour le mois dernier, s'il vous plaît.",
}


async def by_the_agents_turn(stages: Stages, language: Language) -> tuple[Accepted, str]:
    accepted = await stages.receive(by_whatsapp(REFUND[language]))
    await stages.answer(accepted)
    return accepted, say(COMPANY, language, f"handover.{EscalationReason.REFUND}")


async def by_an_outside_agent(stages: Stages, language: Language) -> tuple[Accepted, str]:
    accepted = await stages.receive(by_whatsapp(ASKED[language]))
    await open_ticket(stages, accepted)
    outside = stages.use_cases.outside_agent
    ticket = await stages.ticket(accepted.conversation_id)
    reason = EscalationReason.HUMAN_REQUEST
    await outside.hand_over("desk", ticket.number, reason, "asked on the phone")
    return accepted, say(COMPANY, language, f"handover.{reason}")


async def by_a_dead_letter(stages: Stages, language: Language) -> tuple[Accepted, str]:
    accepted = await stages.receive(by_whatsapp(ASKED[language]))
    await dead_letter(
        stages.open_uow,
        topic=topics.INCOMING,
        key="key",
        value=b"{}",
        origin="fte.tickets.incoming/0/1",
        message_id=accepted.message_id,
        cause="it fails every time",
        attempts=10,
        observe=stages.events.append,
    )
    return accepted, say(COMPANY, language, "apology")


async def by_a_failed_delivery(stages: Stages, language: Language) -> tuple[Accepted, str]:
    accepted = await stages.receive(by_whatsapp(ASKED[language]))
    await open_ticket(stages, accepted)
    sender = stages.senders[Channel.WHATSAPP]
    assert isinstance(sender, RecordingSender)
    sender.errors = [ProviderRejected("no such number", "21211")]
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.lock(accepted.conversation_id)
        ticket = await uow.tickets.current(accepted.conversation_id)
        assert ticket is not None
        reply = await tell_customer(uow, conversation, "cannot_read", language, ticket, None)
        await uow.commit()
    assert reply is not None
    await stages.delivering.deliver(reply.id)
    return accepted, ""


async def by_the_customers_button(stages: Stages, language: Language) -> tuple[Accepted, str]:
    accepted = await stages.receive(by_whatsapp(ASKED[language]))
    await open_ticket(stages, accepted)
    ticket = await stages.ticket(accepted.conversation_id)
    await ask_for_person(stages.open_uow, ticket, stages.events.append)
    return accepted, say(COMPANY, language, f"handover.{EscalationReason.HUMAN_REQUEST}")


async def open_ticket(stages: Stages, accepted: Accepted) -> None:
    """As the agent's first turn would."""
    async with stages.open_uow() as uow:
        conversation = await uow.conversations.get(accepted.conversation_id)
        await uow.tickets.open(
            TicketRef(
                uuid4(), new_ticket_number(), Category.GENERAL, Priority.MEDIUM, "A question"
            ),
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            channel=conversation.channel,
        )
        await uow.commit()


WAYS = (
    by_the_agents_turn,
    by_an_outside_agent,
    by_a_dead_letter,
    by_a_failed_delivery,
    by_the_customers_button,
)


@pytest.mark.parametrize("language", list(ASKED))
@pytest.mark.parametrize("way", WAYS)
async def test_each_way_to_a_person_speaks_the_customers_language_and_is_counted_once(
    open_uow: OpenUnitOfWork,
    owner: asyncpg.Connection[asyncpg.Record],
    way: Callable[[Stages, Language], Awaitable[tuple[Accepted, str]]],
    language: Language,
) -> None:
    stages = Stages(
        open_uow, [], {Channel.WHATSAPP: RecordingSender(), Channel.EMAIL: RecordingSender()}
    )
    meter = InMemoryMeter()
    counter = HandOverCounter(open_uow, meter)
    await counter.read()
    accepted, said = await way(stages, language)
    await counter.read()
    ticket = await stages.ticket(accepted.conversation_id)
    assert ticket.waits_for_person
    own = [
        message
        for message in await stages.messages(accepted.conversation_id)
        if message.role != "customer"
    ]
    assert said in own[-1].content
    assert len(own) == 1
    [event] = [event for event in stages.events if isinstance(event, HandedOver)]
    assert (event.channel, event.reason) == (Channel.WHATSAPP, ticket.escalation_reason)
    rows = await owner.fetch("SELECT actor FROM audit_log WHERE action = 'hand_over'")
    assert [row["actor"] for row in rows] == [event.author]
    assert await owner.fetchval("SELECT owner FROM conversations") == "human"
    labels = {"channel": "whatsapp", "reason": event.reason.value, "author": event.author}
    assert meter.value("fte_escalations", **labels) == 1


async def test_the_companys_own_words_are_said_with_the_next_message(
    open_uow: OpenUnitOfWork,
) -> None:
    texts = {"de": {"handover.refund": "{company} meldet sich bei Ihnen."}}
    await change_company(open_uow, replace(COMPANY, texts=texts), replaces=1, author="tests")
    stages = Stages(open_uow, [], {Channel.WHATSAPP: RecordingSender()})
    accepted, _ = await by_the_agents_turn(stages, Language.GERMAN)
    reply = (await stages.messages(accepted.conversation_id))[-1]
    said = "TechCorp meldet sich bei Ihnen. Ihre Ticketnummer ist TKT-"
    assert reply.content.startswith(f"{say_disclosure(COMPANY, Language.GERMAN)}\n\n{said}")


async def test_a_second_hand_over_of_a_waiting_ticket_is_not_counted_again(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    stages = Stages(open_uow, [], {Channel.WHATSAPP: RecordingSender()})
    for _ in range(2):
        await stages.answer(await stages.receive(by_whatsapp(REFUND[Language.ENGLISH])))
    assert sum(isinstance(event, HandedOver) for event in stages.events) == 1
    rows = "SELECT count(*) FROM audit_log WHERE action = 'hand_over'"
    assert await owner.fetchval(rows) == 1


@pytest.mark.parametrize("language", list(ANGRY))
async def test_anger_is_handed_over_in_a_language_whose_phrases_no_guardrail_knows(
    open_uow: OpenUnitOfWork, language: Language
) -> None:
    stages = Stages(open_uow, [], {Channel.WHATSAPP: RecordingSender()})
    accepted = await stages.receive(by_whatsapp(ANGRY[language]))
    await stages.answer(accepted)
    [_, reply] = await stages.messages(accepted.conversation_id)
    assert (
        say(COMPANY, language, f"handover.{EscalationReason.NEGATIVE_SENTIMENT}") in reply.content
    )


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        (Language.GERMAN, ASKED[Language.GERMAN]),
        (Language.PORTUGUESE, "Como posso convidar uma colega para o meu espaço de trabalho?"),
    ],
)
async def test_a_message_too_short_to_tell_is_in_the_conversations_language(
    open_uow: OpenUnitOfWork,
    owner: asyncpg.Connection[asyncpg.Record],
    language: Language,
    asked: str,
) -> None:
    stages = Stages(open_uow, [], {Channel.WHATSAPP: RecordingSender()})
    await stages.answer(await stages.receive(by_whatsapp(asked)))
    await stages.answer(await stages.receive(by_whatsapp("12345")))
    assert await owner.fetchval("SELECT language FROM conversations") == language
    accepted = await stages.receive(by_whatsapp("4711"))
    await dead_letter(
        stages.open_uow,
        topic=topics.INCOMING,
        key="key",
        value=b"{}",
        origin="fte.tickets.incoming/0/2",
        message_id=accepted.message_id,
        cause="it fails every time",
        attempts=10,
    )
    said = (await stages.messages(accepted.conversation_id))[-1].content
    assert say(COMPANY, language, "apology") in said
