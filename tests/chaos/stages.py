"""Runs one stage of the product in a process of its own, without Ray: the same class that Serve runs."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import numpy as np
import uvicorn
from ray.serve.handle import DeploymentHandle

from agent.secret_prints import SecretPrints
from deployments.agent import AgentStage
from deployments.configs.agent import AgentConfig
from deployments.configs.delivery import DeliveryConfig
from deployments.delivery import DeliveryStage
from deployments.ingress import IngressStage
from deployments.relay import RelayStage
from deployments.settings import Settings
from domain.channels import Channel
from domain.errors import Transient
from domain.ports import Encodings, Vectors
from embeddings.bert import BertEmbedder
from sentiment.model import SentimentModel
from serve_app.sample_company import sample

STAGES = ("ingress", "relay", "agent-1", "agent-2", "delivery-1", "delivery-2")
EMBEDDING = {"backend": "auto", "threads": 1}
_RELAY = {
    "poll_s": 0.5,
    "sweep_every_s": 2,
    "unfinished_after_s": 8,
    "mailbox_poll_s": 4,
}
DELIVERY = {
    "send_lease_s": 12,
    "send_within_s": 3,
    "longest_retry_delay_s": 5,
    "providers": {
        name: {"answer_within_s": 3, "acts_within_s": 8, "shows_within_s": 2}
        for name in ("email", "whatsapp")
    },
}
LIMITS = DeliveryConfig.model_validate(DELIVERY).providers[Channel.EMAIL]
_AGENT = {"max_attempts": 40}


@functools.cache
def models() -> tuple[BertEmbedder, SentimentModel]:
    """Loaded before a fork, so that a killed agent is back at once: with one thread they have no pool."""
    embedder = BertEmbedder(threads=1)
    embedder.embed(["warm up"])
    return embedder, SentimentModel.load()


class Embedding:
    """The embedding deployment's calls, in the agent's own process."""

    async def encode(
        self, texts: Sequence[str], traceparent: str | None = None, model_id: str = ""
    ) -> Encodings:
        return await asyncio.to_thread(models()[0].encode, list(texts))

    async def embed(
        self, texts: Sequence[str], traceparent: str | None = None, model_id: str = ""
    ) -> Vectors:
        return await asyncio.to_thread(models()[0].embed, list(texts))


class Sentiment:
    """The sentiment deployment's call, in the agent's own process."""

    async def score(
        self, texts: Sequence[str], encodings: Encodings, traceparent: str | None = None
    ) -> list[float]:
        return [float(score) for score in models()[1].score(list(texts), np.asarray(encodings))]


class Agent:
    """The agent deployment's call that tells its configuration."""

    async def config(self) -> AgentConfig:
        return AgentConfig.model_validate(_AGENT)


class Handle:
    """A deployment's handle whose replica lives in this process; None for one that lives elsewhere."""

    def __init__(self, stage: object | None) -> None:
        self._stage = stage

    def __getattr__(self, method: str) -> _Method:
        return _Method(getattr(self._stage, method, None))


class _Method:
    def __init__(self, method: Callable[..., Awaitable[object]] | None) -> None:
        self._method = method

    async def remote(self, *arguments: object, **named: object) -> object:
        if self._method is None:
            raise Transient("that stage runs in another process")
        return await self._method(*arguments, **named)


def run_stage(name: str, settings: Settings) -> None:
    """Until SIGTERM, then as Serve would end a replica: finish what is under way."""
    logging.basicConfig(
        level=logging.INFO, format=f"%(asctime)s {name} {os.getpid()} %(levelname)s %(message)s"
    )
    for talkative in ("aiokafka", "httpx", "googleapiclient", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.CRITICAL)
    asyncio.run(_run(name, settings))


async def _run(name: str, settings: Settings) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    if name == "ingress":
        await _serve(settings, ended)
        return
    stage: RelayStage | AgentStage | DeliveryStage
    if name == "relay":
        stage = RelayStage(
            settings, _rendered(Embedding()), _rendered(Sentiment()), _rendered(Agent())
        )
        await stage.reconfigure(_RELAY)
    elif name.startswith("agent"):
        secrets = SecretPrints.of(settings.secrets)
        stage = AgentStage(settings, _rendered(Embedding()), _rendered(Sentiment()), secrets)
        await stage.reconfigure(_AGENT)
    else:
        stage = DeliveryStage(settings)
        await stage.reconfigure(DELIVERY)
    await ended.wait()
    await stage.__del__()


async def _serve(settings: Settings, ended: asyncio.Event) -> None:
    elsewhere = [_rendered(None) for _ in range(5)]
    stage = IngressStage(settings, *elsewhere, sample())
    await stage.reconfigure({})
    config = uvicorn.Config(
        stage.__serve_build_asgi_app__(),
        host="127.0.0.1",
        port=settings.port,
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    await asyncio.wait(
        [serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    server.should_exit = True
    await serving


def _rendered(stage: object | None) -> DeploymentHandle[object]:
    return cast("DeploymentHandle[object]", Handle(stage))
