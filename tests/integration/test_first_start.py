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
from domain.company import Company
from domain.stores import OpenUnitOfWork
from domain.tickets import EscalationReason
from pipeline.company import change_company
from pipeline.index import Passages, index_articles
from serve_app.next_steps import next_steps
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

    async def said(sample_company: bool = False) -> str:
        given = settings.model_copy(update={"sample_company": sample_company})
        return "\n".join(await asyncio.to_thread(next_steps, given))

    profile, articles, doctor = (
        f"DATA_DIR={tmp_path} .venv/bin/python -m serve_app {words}"
        for words in ("company import FILE", "knowledge import FOLDER", "doctor")
    )
    first = await said()
    assert all(step in first for step in (profile, articles, doctor))
    assert await said(sample_company=True) == ""

    await change_company(open_uow, Company(name="Brightwell"), replaces=0, author="tests")
    assert profile not in await said()
    assert articles in await said()
    article = Passages("Read your meter", "", (("Press the button.", "Press the button."),))
    await index_articles(open_uow, embedder(), "handbook", [article], MODEL_KEY)
    assert await said() == ""
