"""Tests the sums per channel, against SQL made by hand, and the channels' configuration."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from channels.registry import channel_configs
from domain.channels import Channel
from domain.errors import NotFound
from domain.stores import OpenUnitOfWork
from tests.integration.correspondence import (
    ANN_PHONE,
    BOB_PHONE,
    CLAIMED_ANN,
    a_message,
    answer,
    store,
)

pytestmark = pytest.mark.postgres
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_the_sums_per_channel_are_those_of_the_rows(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    seconds = 0
    for outcomes, sender, channel in (
        (("answered", "escalated", "escalated"), ANN_PHONE, Channel.WHATSAPP),
        (("answered",), BOB_PHONE, Channel.WHATSAPP),
        (("silent",), CLAIMED_ANN, Channel.WEB_FORM),
    ):
        for outcome in outcomes:
            seconds += 1
            message = await store(open_uow, a_message(sender, channel))
            await answer(
                open_uow,
                message,
                outcome=outcome,
                sentiment=seconds / 10,
                latency=timedelta(seconds=seconds),
            )
            if outcome == "escalated":
                async with open_uow() as uow:
                    conversation_id, detail = str(message.conversation_id), {"reason": "refund"}
                    await uow.audit.add(
                        "rules", "hand_over", "conversation", conversation_id, detail
                    )
                    await uow.commit()
    await store(open_uow, a_message(CLAIMED_ANN, Channel.WEB_FORM))

    async with open_uow() as uow:
        found = {figures.channel: figures for figures in await uow.metrics.by_channel(LONG_AGO)}

    assert list(found) == list(Channel)
    chat, form, mail = (
        found[expected] for expected in (Channel.WHATSAPP, Channel.WEB_FORM, Channel.EMAIL)
    )
    assert (chat.conversations, chat.messages, chat.escalations) == (2, 4, 1)
    assert chat.escalation_rate == 0.5
    by_hand = await owner.fetchrow(
        "SELECT avg(m.sentiment) AS sentiment,"
        " (SELECT avg(latency_ms) FROM agent_metrics WHERE channel = 'whatsapp') AS latency,"
        " (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) FROM agent_metrics"
        "  WHERE channel = 'whatsapp') AS p95"
        " FROM messages m WHERE m.channel = 'whatsapp' AND m.role = 'customer'"
    )
    assert by_hand is not None
    assert chat.avg_sentiment == pytest.approx(by_hand["sentiment"])
    assert chat.avg_latency_ms == pytest.approx(by_hand["latency"]) == pytest.approx(2500)
    assert chat.p95_latency_ms == pytest.approx(by_hand["p95"]) == pytest.approx(3850)
    assert (form.conversations, form.messages, form.escalations) == (2, 2, 0)
    assert chat.escalations_by_reason == {"refund": 1}
    assert (form.escalation_rate, form.avg_latency_ms, form.p95_latency_ms) == (0, None, None)
    assert (mail.conversations, mail.messages, mail.avg_sentiment) == (0, 0, None)


async def test_only_what_happened_in_the_period_counts(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    await answer(open_uow, await store(open_uow, a_message()), outcome="escalated")
    async with open_uow() as uow:
        future = await uow.metrics.by_channel(datetime.now(UTC) + timedelta(hours=1))
    assert all(
        figures.messages == figures.escalations == figures.conversations == 0 for figures in future
    )


async def test_seeding_again_leaves_what_staff_changed(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE channel_configs SET tone = 'cheerful' WHERE channel = 'email'")
    async with open_uow() as uow:
        await uow.channel_configs.seed(channel_configs())
        for config in channel_configs():
            found = await uow.channel_configs.get(config.channel)
            changed = config.channel is Channel.EMAIL
            assert found == (replace(config, tone="cheerful") if changed else config)


async def test_a_channel_without_configuration_is_not_found(
    open_uow: OpenUnitOfWork, owner: asyncpg.Connection
) -> None:
    await owner.execute("DELETE FROM channel_configs")
    async with open_uow() as uow:
        with pytest.raises(NotFound):
            await uow.channel_configs.get(Channel.EMAIL)
