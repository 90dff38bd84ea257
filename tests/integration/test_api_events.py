"""A ticket page that stays open: server-sent events over a real connection."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
import uvicorn

from database.pool import Pool
from deployments.live import ConversationChanges
from domain.stores import OpenWork
from tests.integration.api import BASE, Api, make_context

pytestmark = pytest.mark.postgres


class CountedChanges:
    """The real feed, counting who follows."""

    def __init__(self, feed: ConversationChanges) -> None:
        self._feed = feed
        self.followers = 0
        self.moved = asyncio.Condition()

    async def follow(self, conversation_id: UUID) -> AsyncIterator[None]:
        await self._count(1)
        try:
            async for one in self._feed.follow(conversation_id):
                yield one
        finally:
            await self._count(-1)

    async def _count(self, change: int) -> None:
        async with self.moved:
            self.followers += change
            self.moved.notify_all()

    async def wait_for(self, followers: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.followers == followers)


class Live:
    """The API on a port, and the feed behind its events."""

    def __init__(self, api: Api, changes: CountedChanges, url: str) -> None:
        self.api = api
        self.changes = changes
        self.url = url


@pytest.fixture
async def live(open_work: OpenWork, pool: Pool) -> AsyncIterator[Live]:
    feed = ConversationChanges(pool.listen("conversation"))
    listening = asyncio.create_task(feed.run())
    changes = CountedChanges(feed)
    api = Api(replace(make_context(open_work, pool), conversation_changes=changes.follow))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            api.app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await asyncio.sleep(0.01)
        yield Live(api, changes, f"http://127.0.0.1:{listener.getsockname()[1]}")
        server.should_exit = True
        await serving
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await api.client.aclose()


@asynccontextmanager
async def follow(
    live: Live, path: str, token: dict[str, str]
) -> AsyncIterator[AsyncIterator[dict]]:  # type: ignore[type-arg]
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=30) as client,
        client.stream("GET", f"{path}/events", headers=token) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield _tickets(response)


async def _tickets(response: httpx.Response) -> AsyncIterator[dict]:  # type: ignore[type-arg]
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def test_the_ticket_comes_at_once_and_again_after_every_word(live: Live) -> None:
    path, token = await live.api.open_ticket()
    async with follow(live, path, token) as tickets:
        first = await anext(tickets)
        assert first == (await live.api.client.get(path, headers=token)).json()
        for number in (2, 3):
            await live.api.client.post(
                f"{path}/messages", json={"message": f"Word {number}"}, headers=token
            )
            async with asyncio.timeout(5):
                ticket = await anext(tickets)
            assert len(ticket["responses"]) == number


async def test_what_is_said_elsewhere_wakes_nobody_here(live: Live) -> None:
    path, token = await live.api.open_ticket()
    async with follow(live, path, token) as tickets:
        await anext(tickets)
        other, other_token = await live.api.open_ticket(email="bob@example.com")
        await live.api.client.post(f"{other}/human", headers=other_token)
        await live.api.client.post(f"{path}/messages", json={"message": "Mine"}, headers=token)
        async with asyncio.timeout(5):
            ticket = await anext(tickets)
    assert ticket["responses"][-1]["content"] == "Mine"


async def test_nobody_is_followed_any_more_once_the_page_is_closed(live: Live) -> None:
    path, token = await live.api.open_ticket()
    async with follow(live, path, token) as tickets:
        await anext(tickets)
        assert live.changes.followers == 1
    async with asyncio.timeout(10):
        await live.changes.wait_for(0)


async def test_events_need_the_token_as_the_ticket_does(live: Live) -> None:
    path, _ = await live.api.open_ticket()
    response = await live.api.client.get(f"{path}/events", headers={"X-Ticket-Token": "wrong"})
    assert response.status_code == 404
    missing = await live.api.client.get(f"{BASE}/tickets/TKT-0000000000/events")
    assert missing.content == response.content
