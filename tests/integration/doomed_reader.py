"""Runs `python -m tests.integration.doomed_reader`: a stage's consumer that dies or hangs over a poisoned message.

The consumer is a forked process. It touches a file while its event loop is free, as a replica answers
Serve's health check; one that stands still is killed, and a dead one is forked again.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil

from channels.web_form.sender import WebFormSender
from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.bootstrap import shipped_guardrails
from deployments.consuming import AGENT, DELIVERY, Handling, MessageConsumer
from deployments.metrics import InMemoryMeter
from deployments.tracing import Tracing
from domain.channels import Channel, ChannelConfig
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt
from domain.ports import AgentDependencies
from domain.retry import RetryPolicy
from domain.turns import Draft, Turn
from messaging.address import BrokerAddress
from pipeline.deliver import Delivering, DeliverySettings
from tests.integration.stages import RecordingSender, Stages

HANGS = "This text holds the event loop of whoever reads it for ever."
DIES = "This text ends the process of whoever reads it."
STILL_FOR_S = 3.0
"""Seconds of the reader's own CPU time: a healthy one that waits for a busy machine uses none."""
SETTINGS = DeliverySettings(
    send_lease=timedelta(seconds=2),
    send_within=timedelta(seconds=1),
    attempt_limit=timedelta(seconds=1),
)
_PR_SET_PDEATHSIG = 1
_OTHERS_BEGIN_S = 0.5
"""A poisoned turn waits for this before it does harm: the others are under way by then."""


class Poisonable:
    """An agent that answers after a second and is harmed by a poisoned text."""

    name = "poisonable"

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        await asyncio.sleep(_OTHERS_BEGIN_S)
        harm(turn.text)
        await asyncio.sleep(_OTHERS_BEGIN_S)
        return Draft(reply="Which board do you mean?", asks_back=True, model=self.name)


class PoisonableSender(RecordingSender):
    """A provider whose texts are formatted here, where a poisoned one does its harm.

    It took whatever was under way when a reader died: that is looked up and not sent again.
    """

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        harm(message.text)
        return super().split(message, config)

    async def find_sent(self, part: Part) -> Receipt | None:
        return Receipt(f"provider-{part.message.key}", DeliveryState.SENT)


def harm(text: str) -> None:
    if HANGS in text:
        while True:
            pass
    if DIES in text:
        os.kill(os.getpid(), signal.SIGKILL)


async def consume(stage: str, database_url: str, broker: BrokerAddress, pulse: Path) -> None:
    pool = Pool(database_url, role="fte_app")
    senders = {channel: PoisonableSender() for channel in Channel}
    stages = Stages(open_uow(pool), [Poisonable()], {**senders, Channel.WEB_FORM: WebFormSender()})
    handle: Callable[[UUID], Awaitable[object]] = stages.answering.answer
    if stage == "delivery":
        handle = Delivering(stages.open_uow, stages.senders, SETTINGS).deliver
    consumer = MessageConsumer(
        DELIVERY if stage == "delivery" else AGENT,
        Handling(handle, RetryPolicy(), max_concurrent=16),
        broker=broker,
        open_uow=open_uow(pool),
        meter=InMemoryMeter(),
        tracing=Tracing(stage),
    )
    consumer.start()
    while True:
        pulse.touch()  # noqa: ASYNC240
        await asyncio.sleep(0.2)


def supervise(stage: str, database_url: str, broker: BrokerAddress, folder: Path) -> None:
    """Until killed. `folder` has a file `deaths` with one line for each reader that died or was killed."""
    pulse, deaths = folder / "pulse", folder / "deaths"
    shipped_guardrails()
    while True:
        pulse.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            asyncio.run(consume(stage, database_url, broker, pulse))
        reader = psutil.Process(child)
        last_beat, used_then = beat(pulse), 0.0
        while not os.waitpid(child, os.WNOHANG)[0]:
            used, now = sum(reader.cpu_times()[:2]), beat(pulse)
            if now != last_beat:
                last_beat, used_then = now, used
            elif now is not None and used - used_then > STILL_FOR_S:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.1)
        with deaths.open("a") as lines:
            lines.write(f"{child}\n")


def beat(pulse: Path) -> float | None:
    """When the reader last touched its pulse; None before it has."""
    try:
        return pulse.stat().st_mtime
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    supervise(sys.argv[1], sys.argv[2], BrokerAddress(**json.loads(sys.argv[3])), Path(sys.argv[4]))
