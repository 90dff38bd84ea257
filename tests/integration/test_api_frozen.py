"""Freezes PostgreSQL and Google: callers are told in time to come again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import httpx
import pytest

from deployments.api.time_limits import default_time_limits
from domain.channels import Channel
from domain.records import MailboxMark
from pipeline.mailbox import NewMail
from tests.integration.api import BASE, Api, InMemoryMailbox
from tests.integration.correspondence import a_message
from tests.integration.postgres import EmbeddedPostgres
from tests.integration.test_api_webhooks import MESSAGE, WHATSAPP, post, push, with_mailbox

pytestmark = pytest.mark.postgres

TWILIO_WAITS_S = 1.5
PUBSUB_WAITS_S = 1.0
CLIENTS = int(os.environ.get("FROZEN_CLIENTS", "20"))
FROZEN_S = float(os.environ.get("FROZEN_S", "0.6"))


@dataclass
class FrozenMailbox(InMemoryMailbox):
    """Google answers once it is let go."""

    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def read_since(self, mark: MailboxMark) -> NewMail:
        await self.let_go.wait()
        return await InMemoryMailbox.read_since(self, mark)


async def test_with_a_frozen_database_everybody_is_told_in_time_to_come_again(
    api: Api, postgres_server: EmbeddedPostgres
) -> None:
    # A new pool's first call opens connections: not what is measured here.
    assert (await post(api, WHATSAPP, MESSAGE)).status_code == 200
    mail = in_time(with_mailbox(api, InMemoryMailbox([a_message(channel=Channel.EMAIL)])))
    api = in_time(api)
    # A connection is open: the worst case, since nothing says that it is dead.
    await api.context.health.check_once()
    assert (await api.client.get(f"{BASE}/health/ready")).status_code == 200
    second = MESSAGE | {"MessageSid": "SMsecond"}
    with postgres_server.frozen():
        await _refused_in_time(lambda: post(api, WHATSAPP, second), TWILIO_WAITS_S)
        await _refused_in_time(lambda: push(mail), PUBSUB_WAITS_S)
        refused = await api.submit()
        assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (503, True)
        await api.context.health.check_once()
        assert (await api.client.get(f"{BASE}/health/ready")).status_code == 503
        assert (await api.client.get(f"{BASE}/health/live")).status_code == 200
    await _until(lambda: post(api, WHATSAPP, second))
    await _until(lambda: push(mail))
    async with api.context.open_uow() as uow:
        assert await uow.messages.find_inbound(Channel.WHATSAPP, "SMsecond") is not None
    await api.context.health.check_once()
    assert (await api.client.get(f"{BASE}/health/ready")).status_code == 200
    await mail.client.aclose()


async def test_while_google_stands_still_its_push_is_told_in_time_to_come_again(api: Api) -> None:
    mailbox = FrozenMailbox([a_message(channel=Channel.EMAIL)])
    mail = in_time(with_mailbox(api, mailbox))
    await _refused_in_time(lambda: push(mail), PUBSUB_WAITS_S)
    mailbox.let_go.set()
    await _until(lambda: push(mail))
    async with api.context.open_uow() as uow:
        [stored] = [
            await uow.messages.find_inbound(Channel.EMAIL, mailbox.mails[0].provider_message_id)
        ]
        assert stored is not None
    await mail.client.aclose()


async def test_while_the_database_stands_still_each_form_ends_with_its_one_ticket(
    api: Api, postgres_server: EmbeddedPostgres, owner: asyncpg.Connection
) -> None:
    # A short limit stands for the three seconds of the running system.
    hasty = Api(api.context, time_limits={f"{BASE}/support/form": timedelta(seconds=0.2)})
    assert (await api.submit(email="first@example.com")).status_code == 201

    async def insist(number: int) -> str:
        """A client that repeats what it sent until it is taken, half of them without a key."""
        key = f"key-{number}" if number % 2 else None
        async with asyncio.timeout(FROZEN_S + 60):
            while True:
                answer = await hasty.submit(key=key, email=f"client{number}@example.com")
                if answer.status_code == 201:
                    return str(answer.json()["ticket_id"])
                assert answer.status_code == 503
                await asyncio.sleep(0.3)

    with postgres_server.frozen():
        clients = [asyncio.create_task(insist(number)) for number in range(CLIENTS)]
        await asyncio.sleep(FROZEN_S)
        assert not any(client.done() for client in clients)
    numbers = await asyncio.gather(*clients)
    assert len(set(numbers)) == CLIENTS
    stored = await owner.fetch("SELECT number FROM tickets")
    assert set(numbers) <= {row["number"] for row in stored}
    assert len(stored) == CLIENTS + 1
    await hasty.client.aclose()


def in_time(api: Api) -> Api:
    """The same under the limits that the system runs with."""
    return Api(api.context, time_limits=default_time_limits())


async def _refused_in_time(call: Callable[[], Awaitable[httpx.Response]], seconds: float) -> None:
    """Every answer says to come again, and the quickest comes before the provider gives up.

    The quickest, because a busy machine stands still for a second by itself.
    """
    took = []
    while min(took, default=seconds) >= seconds:
        assert len(took) < 12, took
        began = time.monotonic()
        assert (await call()).status_code == 503
        took.append(time.monotonic() - began)


async def _until(call: Callable[[], Awaitable[httpx.Response]]) -> None:
    """As the provider does: again until it is taken."""
    async with asyncio.timeout(60):
        while (await call()).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
