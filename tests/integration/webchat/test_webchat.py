"""Adds a channel by a folder, a migration and a registry line: no file of the system knows its name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from agent.tool_texts import channel_rules
from channels.registry import channel_configs, make_intakes, register, unregister
from database.pool import Pool
from deployments.configs.delivery import DeliveryConfig
from deployments.health import HealthBoard, channel_checks
from deployments.metrics import EventCounter, InMemoryMeter
from deployments.senders import make_senders
from deployments.settings import Settings
from domain.channels import Channel
from domain.errors import ConfigurationError
from domain.stores import OpenUnitOfWork
from pipeline.alerts import AlertLimits, current_alerts
from pipeline.digest import read_digest
from pipeline.digest_text import describe
from standins.serving import serve
from tests.integration.api import BASE, GRACE, Api, make_context, openapi
from tests.integration.stages import ASKS_HOW, Stages, embedder
from tests.integration.webchat.channel import SPEC, WebchatSettings, signature_of

pytestmark = pytest.mark.postgres
SECRET = SecretStr("a secret of the widget")
MIGRATION = Path(__file__).parent / "migration.sql"
WEBHOOK = f"{BASE}/webhooks/webchat"


@pytest.fixture
def webchat() -> Iterator[Channel]:
    """The registry's line."""
    channel = register(SPEC)
    openapi.cache_clear()
    yield channel
    unregister(channel)
    openapi.cache_clear()


class SystemSettings(WebchatSettings, Settings):  # type: ignore[misc]
    """As Settings is where the channel is registered before it is made."""


@pytest.fixture
async def seeded_uow(
    webchat: Channel, owner: asyncpg.Connection[asyncpg.Record], open_uow: OpenUnitOfWork
) -> OpenUnitOfWork:
    """The stores, once the channel's migration and the seed of a start ran."""
    await owner.execute(MIGRATION.read_text())
    async with open_uow() as uow:
        await uow.channel_configs.seed(channel_configs())
        await uow.commit()
    return open_uow


@pytest.fixture
def replies() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def settings(webchat: Channel, replies: list[dict[str, Any]]) -> Iterator[Settings]:
    """Of a system whose widget takes replies."""
    widget = FastAPI()

    @widget.post("/replies")
    async def take(reply: dict[str, Any]) -> None:
        replies.append(reply)

    with serve(widget) as url:
        yield SystemSettings(_env_file=None, webchat_url=url, webchat_secret=SECRET)


@pytest.fixture
async def chat_api(
    seeded_uow: OpenUnitOfWork, pool: Pool, settings: Settings
) -> AsyncIterator[tuple[Api, InMemoryMeter]]:
    meter = InMemoryMeter()
    intakes = make_intakes(settings, settings.channels)
    context = replace(
        make_context(seeded_uow, pool),
        intakes=intakes,
        health=HealthBoard(channel_checks(settings, intakes, seeded_uow)),
        observe=EventCounter(meter),
    )
    api = Api(context)
    yield api, meter
    await api.client.aclose()


async def write(api: Api, text: str, signature: str | None = None) -> httpx.Response:
    content = {"id": "m1", "email": "ada@example.com", "name": "Ada Fox", "text": text}
    body = json.dumps(content).encode()
    headers = {"X-Webchat-Signature": signature or signature_of(SECRET, body)}
    return await api.client.post(WEBHOOK, content=body, headers=headers)


async def test_a_message_is_taken_in_answered_sent_and_shown_to_staff(
    chat_api: tuple[Api, InMemoryMeter],
    seeded_uow: OpenUnitOfWork,
    settings: Settings,
    webchat: Channel,
    replies: list[dict[str, Any]],
) -> None:
    api, meter = chat_api
    assert (await write(api, ASKS_HOW)).status_code == 200
    assert (await write(api, ASKS_HOW)).status_code == 200
    async with seeded_uow() as uow:
        message = await uow.messages.find_inbound(webchat, "m1")
    assert message is not None

    stages = await Stages.over(seeded_uow)
    stages.senders = make_senders(settings, seeded_uow, DeliveryConfig())
    await stages.answering.answer(message.id)
    [_, answer] = await stages.messages(message.conversation_id)
    await stages.delivering.deliver(answer.id)
    await stages.delivering.deliver(answer.id)
    for sender in stages.senders.values():
        sender.close()
    assert [reply["to"] for reply in replies] == ["ada@example.com"]
    assert "password" in replies[0]["text"]

    assert meter.value("fte_messages_in", channel="webchat", state="waiting") == 1
    assert meter.value("fte_messages_in", channel="webchat", state="duplicate") == 1
    report = (await api.client.get(f"{BASE}/metrics/channels", headers=GRACE)).json()
    figures = {figure["channel"]: figure for figure in report["channels"]}
    assert figures["webchat"]["conversations"] == 1
    listed = await api.client.get(
        f"{BASE}/staff/conversations", params={"channel": "webchat"}, headers=GRACE
    )
    [conversation] = listed.json()["conversations"]
    assert (conversation["channel"], conversation["customer_name"]) == ("webchat", "Ada Fox")
    view = await api.client.get(f"{BASE}/staff/conversations/{conversation['id']}", headers=GRACE)
    assert {entry["channel"] for entry in view.json()["messages"]} == {"webchat"}


async def test_it_is_named_wherever_channels_are_named(
    chat_api: tuple[Api, InMemoryMeter], seeded_uow: OpenUnitOfWork, webchat: Channel
) -> None:
    api, _ = chat_api
    document = api.app.openapi()
    assert "webchat" in document["components"]["schemas"]["Channel"]["enum"]
    assert WEBHOOK in document["paths"]
    async with seeded_uow() as uow:
        config = await uow.channel_configs.get(webchat)
    assert channel_rules(config).startswith("This is a chat on our site; the tone is relaxed.")
    await write(api, ASKS_HOW)
    now = datetime.now(UTC)
    limits = replace(AlertLimits(), unanswered=-AlertLimits().unanswered)
    alerts = await current_alerts(seeded_uow, [webchat], limits, now)
    assert any("on the web chat wait for an answer" in alert.detail for alert in alerts)
    digest = await read_digest(seeded_uow, embedder(), now.date(), now, 0.3)
    assert "Web chat\n- 1 message in 1 conversation" in describe(digest)
    await api.context.health.check_once()
    assert api.context.health.components["webchat"] == "healthy"


async def test_an_unsigned_message_is_refused_and_counted(
    chat_api: tuple[Api, InMemoryMeter],
) -> None:
    api, meter = chat_api
    assert (await write(api, ASKS_HOW, "wrong")).status_code == 401
    assert meter.value("fte_signature_failures", channel="webchat") == 1


async def test_an_enabled_channel_lacks_what_it_requires_and_one_that_is_off_is_not_there(
    seeded_uow: OpenUnitOfWork, pool: Pool, webchat: Channel
) -> None:
    settings = SystemSettings(_env_file=None, enabled_channels="webchat")
    assert settings.channels == {webchat}
    assert {"WEBCHAT_URL", "WEBCHAT_SECRET"} <= set(settings.missing())
    with pytest.raises(ConfigurationError):
        make_intakes(settings, settings.channels)
    assert webchat not in SystemSettings(_env_file=None).channels
    api = Api(make_context(seeded_uow, pool))
    assert (await write(api, ASKS_HOW)).status_code == 404


def test_its_providers_limits_are_its_own(webchat: Channel) -> None:
    assert DeliveryConfig().providers[webchat].answer_within_s == 5
    changed = DeliveryConfig.model_validate({"providers": {"webchat": {"answer_within_s": 7}}})
    assert changed.settings.windows.keys() == DeliveryConfig().providers.keys()


def test_no_file_of_the_system_knows_it() -> None:
    root = Path(__file__).parents[3]
    packages = (path.parent for path in root.glob("*/__init__.py"))
    sources = [path for package in packages for path in package.rglob("*.py")]
    assert len(sources) > 200
    assert [str(path) for path in sources if "webchat" in path.read_text().lower()] == []
