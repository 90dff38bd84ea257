"""Serves a company that shares nothing with the sample one: no reply and no prompt names another company."""

from __future__ import annotations

import re
from collections.abc import Sequence

import httpx
import pytest
from pydantic import SecretStr

from agent.agent import build_agents
from agent.settings import AgentSettings, ModelEndpoint
from domain.company import Company
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from domain.turns import TurnOutcome
from pipeline.company import change_company
from serve_app.knowledge import index_document
from standins.model import create_app
from standins.serving import serve
from tests.integration.stages import MODEL_KEY, Stages, by_form, by_mail, by_whatsapp, embedder

pytestmark = pytest.mark.postgres

BRIGHTWELL = Company(
    name="Brightwell Energy",
    support_name="Brightwell Support",
    languages=("en", "de"),
    country="GB",
    allowed_hosts=("brightwell.example",),
)
ARTICLES = """# Help

## Give us a meter reading

Sign in to your Brightwell account and choose Meters, then Submit a reading. Type in the black digits from left to
right and choose Send. Ignore the red digits.

## Move house

Tell us at least five working days before you move. Open Moving house in the app and enter the new address.

## What to do in a power cut

Check whether the neighbours have light. Then look at the fuse box, and call 105 if the whole street is dark.
"""
QUESTIONS = (
    "How do I send you my meter reading?",
    "I am moving house next month. What do I have to do?",
    "What should I do in a power cut?",
)
OF_THE_SAMPLE = "How do I invite a member to my Flow workspace?"
ANOTHER = re.compile(r"\bTech\s?Corp\b|\bFlow\b", re.IGNORECASE)


async def converse(stages: Stages) -> tuple[list[TurnOutcome], str]:
    """Ask each question on a channel of its own; how they ended, and all that customers read."""
    ends: list[TurnOutcome] = []
    read: list[str] = []
    for write, question in zip((by_form, by_mail, by_whatsapp), QUESTIONS, strict=True):
        outcome, reply = await stages.converse(write(question))
        ends.append(outcome.outcome)
        read.append(reply)
    return ends, "\n".join(read)


async def set_up(open_uow: OpenUnitOfWork) -> None:
    async with open_uow() as uow:
        current = await uow.company.current()
    await change_company(open_uow, BRIGHTWELL, replaces=current.version, author="tests")
    await index_document(open_uow, embedder(), "help.md", ARTICLES, MODEL_KEY)


def check(ends: Sequence[TurnOutcome], read: str) -> None:
    assert set(ends) == {TurnOutcome.ANSWERED}, read
    assert "Brightwell Support" in read
    assert not ANOTHER.search(read), read


async def test_no_reply_names_another_company_and_its_questions_go_to_a_person(
    open_uow: OpenUnitOfWork,
) -> None:
    await set_up(open_uow)
    check(*await converse(await Stages.over(open_uow, with_articles=False)))
    restarted = await Stages.over(open_uow, with_articles=False)
    outcome, reply = await restarted.converse(by_mail(OF_THE_SAMPLE, email="eve@example.com"))
    assert (outcome.outcome, outcome.reason) == (
        TurnOutcome.ESCALATED,
        EscalationReason.NO_KB_MATCH,
    )
    assert not ANOTHER.search(reply)


async def test_no_prompt_names_another_company(open_uow: OpenUnitOfWork) -> None:
    await set_up(open_uow)
    with serve(create_app()) as url:
        agents = build_agents(
            AgentSettings(), ModelEndpoint("gpt-4o-mini", SecretStr("key"), f"{url}/v1")
        )
        try:
            stages = await Stages.over(open_uow, agents, with_articles=False)
            _, read = await converse(stages)
        finally:
            for agent in agents:
                await agent.close()
        async with httpx.AsyncClient() as client:
            asked = (await client.get(f"{url}/_requests")).text
    assert "Brightwell Energy" in asked
    assert not ANOTHER.search(asked + read)
