"""Checks that stored turns are answered anew with other settings; nothing is written, and what differs is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from agent.agent import SupportAgent, build_agents
from agent.settings import AgentSettings, ModelEndpoint
from database.pool import Pool
from database.unit_of_work import open_uow as open_uow_on
from deployments.configs.agent import AgentConfig
from domain.company import Topic
from domain.errors import ConfigurationError, StoreUnavailable
from domain.stores import OpenUnitOfWork
from evals.replay import changed_config, replay_turns
from pipeline.drafting import Drafting
from pipeline.replay import ReplayLimits, replay_newest
from tests.integration.stages import ASKS_HOW, Stages, by_form, by_mail, by_whatsapp
from tests.model_server import WHOLE_LOOP, ModelServer, model_server
from tests.sample_profile import COMPANY

pytestmark = pytest.mark.postgres


@pytest.fixture
async def read_only(database_url: str) -> AsyncIterator[OpenUnitOfWork]:
    pool = Pool(database_url, is_read_only=True)
    yield open_uow_on(pool)
    await pool.close()


async def counts(owner: asyncpg.Connection[asyncpg.Record]) -> list[int]:
    tables = ("messages", "turns", "tickets", "outbox", "conversations", "customers")
    return [await owner.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_the_same_settings_give_the_same_ends_and_replies(
    open_uow: OpenUnitOfWork, read_only: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    stages = await Stages.over(open_uow)
    await stages.converse(by_form(ASKS_HOW))
    await stages.converse(by_mail("I want my money back."))
    await stages.converse(by_mail("I am waiting for my refund."))
    await stages.converse(by_whatsapp("help"))
    before = await counts(owner)
    differences = await replay_turns(read_only, over(read_only), limit=10)
    assert [(difference.before.said, difference.after.said) for difference in differences] == [
        ("asked_back", "asked_back"),
        ("escalated (refund)", "escalated (refund)"),
        ("escalated (refund)", "escalated (refund)"),
        ("answered", "answered"),
    ]
    assert [difference.likeness for difference in differences] == [1.0] * 4
    assert await counts(owner) == before


async def test_a_replay_could_not_write_if_it_tried(
    open_uow: OpenUnitOfWork, read_only: OpenUnitOfWork
) -> None:
    accepted = await Stages(open_uow, [], {}).receive(by_mail(ASKS_HOW))
    async with read_only() as work:
        with pytest.raises(StoreUnavailable, match="ReadOnly"):
            await work.conversations.advance_fence(accepted.conversation_id)


async def test_another_threshold_shows_which_turns_end_differently(
    open_uow: OpenUnitOfWork, read_only: OpenUnitOfWork
) -> None:
    stages = await Stages.over(open_uow)
    await stages.converse(by_mail(ASKS_HOW))
    stricter = over(read_only, AgentConfig(sentiment_escalate_below=1.0))
    [difference] = await replay_turns(read_only, stricter, limit=10)
    assert (difference.before.said, difference.after.said) == (
        "answered",
        "escalated (negative_sentiment)",
    )
    assert difference.is_other_end
    assert difference.likeness < 0.5


async def test_a_profiles_topic_and_prompt_show_what_they_would_change(
    open_uow: OpenUnitOfWork, read_only: OpenUnitOfWork, owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    stages = await Stages.over(open_uow)
    await stages.converse(by_mail(ASKS_HOW))
    before = await counts(owner)
    topic = Topic(id="keys", label="Keys", words=("reset my password",), reply={"en": "Call us."})
    with_topic = replace(COMPANY, topics=(topic,))
    replayed = await replay_newest(read_only, over(read_only), ReplayLimits(), with_topic)
    [turn] = replayed.turns
    assert turn.after.said == "escalated (company_topic)"
    assert "Call us." in turn.after.reply
    with model_server() as server:
        server.add(*WHOLE_LOOP)
        prompted = replace(COMPANY, instructions="You serve {company} in verse.")
        drafting = over(read_only, server=server)
        replayed = await replay_newest(read_only, drafting, ReplayLimits(), prompted)
        for agent in drafting.agents:
            assert isinstance(agent, SupportAgent)
            await agent.close()
        asked = str(server.requests())
    [turn] = replayed.turns
    assert f"You serve {COMPANY.name} in verse." in asked
    assert (turn.after.said, turn.after.model) == ("answered", "gpt-4o-mini")
    assert turn.after.tokens > 0
    assert turn.after.sources
    assert await counts(owner) == before


async def test_a_replay_stays_within_turns_tokens_and_time(
    open_uow: OpenUnitOfWork, read_only: OpenUnitOfWork
) -> None:
    stages = await Stages.over(open_uow)
    for number in range(4):
        await stages.converse(by_mail(ASKS_HOW, email=f"ada{number}@example.com"))
    drafting = over(read_only)

    async def replayed(**limits: object) -> tuple[int, int]:
        found = await replay_newest(
            read_only,
            drafting,
            replace(ReplayLimits(at_once=1), **limits),  # type: ignore[arg-type]
        )
        return len(found.turns), found.left_out

    assert await replayed(turns=3) == (3, 0)
    assert await replayed(tokens=0) == (0, 4)
    assert await replayed(time=timedelta()) == (0, 4)


def test_a_setting_that_there_is_none_of_is_refused() -> None:
    config = changed_config(AgentConfig(), ["answerable_from=0.2", "guardrails.refund=0.7"])
    assert (config.answerable_from, config.guardrails.refund) == (0.2, 0.7)
    for wrong in ("answerable=0.2", "guardrails.money=1", "answerable_from=7", "model"):
        with pytest.raises(ConfigurationError):
            changed_config(AgentConfig(), [wrong])


def over(
    work: OpenUnitOfWork, config: AgentConfig | None = None, server: ModelServer | None = None
) -> Drafting:
    """Without bringing the knowledge base up to date, which a read-only connection can't."""
    endpoint = server and ModelEndpoint("gpt-4o-mini", SecretStr("key"), f"{server.url}/v1")
    agents = build_agents(AgentSettings(), endpoint)
    return Stages(work, agents, {}, config=config or AgentConfig()).use_cases.drafting
