"""Checks that a rejected change of user_config leaves the stage as it was, and its health says so."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.configs.delivery import DeliveryConfig
from deployments.embedding import EmbeddingStage
from deployments.live_config import LiveConfig

SMALL: dict[str, Any] = {"backend": "int8", "max_batch_texts": 8}


async def test_the_first_configuration_has_to_be_right() -> None:
    async def apply(_config: DeliveryConfig) -> None:
        raise AssertionError("not reached")

    with pytest.raises(ValueError, match="max_sends"):
        await LiveConfig(DeliveryConfig, apply).take({"max_sends": 3})


async def test_a_later_one_that_is_wrong_is_refused_until_a_right_one_comes() -> None:
    in_force: list[int] = []

    async def apply(config: DeliveryConfig) -> None:
        in_force.append(config.max_concurrent_sends)

    live = LiveConfig(DeliveryConfig, apply)
    await live.take({"max_concurrent_sends": 4})
    await live.take({"max_concurrent_sends": "many"})
    assert (in_force, live.is_refused) == ([4], True)
    await live.take({"max_concurrent_sends": 5})
    assert (in_force, live.is_refused) == ([4, 5], False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cached_text": 5},
        {"model": "/no/such/folder"},
        {"retrieval_model": "torch:/no/such/folder"},
        {"retrieval_model": "mini"},
    ],
)
async def test_an_embedding_stage_goes_on_with_its_model_whatever_it_is_told(
    wrong: dict[str, Any],
) -> None:
    stage = EmbeddingStage()
    await stage.reconfigure(SMALL)
    before = await stage.embed(["How do I reset my password?"])
    await stage.reconfigure({**SMALL, **wrong})
    assert await stage.status() == "degraded"
    assert (await stage.embed(["How do I reset my password?"]) == before).all()
    await stage.reconfigure(SMALL)
    assert await stage.status() == "healthy"
