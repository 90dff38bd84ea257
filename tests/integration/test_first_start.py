"""Tests a system that nobody has given a profile or an article: it says what it needs and hands every question over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from agent.agent import build_agents
from agent.settings import AgentSettings
from channels.web_form.sender import WebFormSender
from deployments.settings import Settings
from domain.channels import Channel
from domain.company import NO_COMPANY, Company
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline.company import change_company
from pipeline.index import Passages, index_articles
from serve_app.next_steps import next_steps
from serve_app.prepare import prepare
from tests.integration.stages import ASKS_HOW, MODEL_KEY, Stages, by_form, embedder

pytestmark = pytest.mark.postgres


async def test_without_any_article_a_question_goes_to_a_person(open_uow: OpenUnitOfWork) -> None:
    agents = build_agents(AgentSettings(), None)
    stages = Stages(open_uow, agents, {Channel.WEB_FORM: WebFormSender()})
    outcome, _ = await stages.converse(by_form(ASKS_HOW))
    assert (outcome.outcome, outcome.reason) == ("escalated", EscalationReason.NO_KB_MATCH)


async def test_a_start_names_the_steps_that_are_left_and_then_none(
    database_url: str,
    open_uow: OpenUnitOfWork,
    owner: asyncpg.Connection[asyncpg.Record],
    tmp_path: Path,
) -> None:
    await owner.execute("TRUNCATE company_profiles")
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        data_dir=tmp_path,
        sample_company=False,
    )

    async def said() -> str:
        return "\n".join(await asyncio.to_thread(next_steps, settings))

    profile, articles, doctor = (
        f"DATA_DIR={tmp_path} .venv/bin/python -m serve_app {words}"
        for words in ("company import FILE", "knowledge import FOLDER", "doctor")
    )
    first = await said()
    assert all(step in first for step in (profile, articles, doctor))

    await change_company(open_uow, Company(name="Brightwell"), replaces=0, author="tests")
    assert profile not in await said()
    assert articles in await said()
    article = Passages("Read your meter", "", (("Press the button.", "Press the button."),))
    await index_articles(open_uow, embedder(), "handbook", [article], MODEL_KEY)
    assert await said() == ""


async def test_a_demo_needs_nothing_and_a_company_of_its_own_leaves_it_first(
    database_url: str, open_uow: OpenUnitOfWork, tmp_path: Path
) -> None:
    """The tests' own profile bears the sample company's name."""
    demo = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        data_dir=tmp_path,
        sample_company=True,
    )
    assert await asyncio.to_thread(next_steps, demo) == []
    own = demo.model_copy(update={"sample_company": False})
    said = "\n".join(await asyncio.to_thread(next_steps, own))
    assert said.index("company leave-demo --yes") < said.index("company import FILE")


async def test_the_profile_that_company_names_replaces_a_demo_that_was_left_and_nothing_else(
    database_url: str, open_uow: OpenUnitOfWork, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text("name: Brightwell\n")
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        kafka_bootstrap_servers="127.0.0.1:1",
        ticket_token_secret=SecretStr("sixteen characters"),
        staff_api_keys=SecretStr("ann:sixteen characters"),
        enabled_channels="web_form",
        company=profile,
        sample_company=False,
    )

    async def name_after_start() -> str:
        await asyncio.to_thread(prepare, settings)
        async with open_uow() as uow:
            return (await uow.company.current()).company.name

    before = await name_after_start()
    assert before != "Brightwell"
    await change_company(open_uow, NO_COMPANY, replaces=1, author="tests")
    assert await name_after_start() == "Brightwell"
