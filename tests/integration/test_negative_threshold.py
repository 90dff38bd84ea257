"""Checks that what counts as negative follows the agent stage's live threshold wherever staff see it."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.configs.agent import AgentConfig
from tests.integration.api import BASE, GRACE, Api

pytestmark = pytest.mark.postgres

# Single precision holds these exactly.
SENTIMENTS = (0.25, 0.5, 0.75, 0.875)
STRICT = AgentConfig(sentiment_escalate_below=0.6, sentiment_priority_below=0.8)


async def four_customers(api: Api) -> None:
    for position, sentiment in enumerate(SENTIMENTS):
        path, _ = await api.open_ticket(email=f"customer{position}@example.com")
        conversation = await api.conversation_of(path)
        async with api.context.open_uow() as uow:
            [message] = await uow.messages.of_conversation(conversation)
            await uow.messages.set_sentiments({message.id: sentiment})
            await uow.conversations.set_sentiment_trend(conversation, sentiment)
            await uow.commit()


async def read(api: Api, path: str) -> Any:
    response = await api.client.get(BASE + path, headers=GRACE)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    ("config", "negative", "labels"),
    [
        (AgentConfig(), 1, ["upset", "neutral", "pleased", "pleased"]),
        (STRICT, 2, ["upset", "upset", "unhappy", "pleased"]),
    ],
)
async def test_every_view_counts_by_the_threshold_in_force(
    api: Api, config: AgentConfig, negative: int, labels: list[str]
) -> None:
    await four_customers(api)
    api = api.changed(agent_config=lambda: config)
    below = config.sentiment_escalate_below

    digest = await read(api, "/digest/daily")
    assert digest["totals"]["sentiment"]["negative"] == negative
    assert digest["totals"]["sentiment"]["negative_below"] == below

    metrics = await read(api, "/metrics/channels")
    assert metrics["negative_below"] == below
    by_channel = {figures["channel"]: figures["negative"] for figures in metrics["channels"]}
    assert by_channel == {"web_form": negative, "email": 0, "whatsapp": 0}
    assert metrics["totals"]["negative"] == negative

    queue = (await read(api, "/staff/conversations"))["conversations"]
    by_sentiment = {entry["sentiment"]: entry["sentiment_label"] for entry in queue}
    assert by_sentiment == dict(zip(SENTIMENTS, labels, strict=True))
    for line in queue:
        shown = await read(api, f"/staff/conversations/{line['id']}")
        assert [message["sentiment_label"] for message in shown["messages"]] == [
            line["sentiment_label"]
        ]
    await api.client.aclose()
