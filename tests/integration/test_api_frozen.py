"""Freezes PostgreSQL and Google: callers are told in time to come again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

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
