"""Tests a ticket page that stays open: server-sent events over a real connection."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn

from database.pool import Pool
from deployments.api.streams import StreamRoom
from deployments.configs.ingress import StreamLimits
from deployments.live import ConversationChanges
from deployments.metrics import InMemoryMeter
from domain.stores import OpenUnitOfWork
from pipeline.staff import resolve, take
from tests.integration.api import BASE, Api, make_context

pytestmark = pytest.mark.postgres


@dataclass(frozen=True, slots=True)
class Live:
    """The API on a port."""

    api: Api
    url: str

    @property
    def streams(self) -> StreamRoom:
        return self.api.context.streams

    async def has_open(self, streams: int) -> None:
        async with asyncio.timeout(30):
            while self.streams.open_streams != streams:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(open_uow: OpenUnitOfWork, pool: Pool, **limits: float) -> AsyncIterator[Live]:
    feed = ConversationChanges(pool.listen("conversation"))
    listening = asyncio.create_task(feed.run())
    room = StreamRoom(StreamLimits.model_validate(limits), InMemoryMeter())
    context = make_context(open_uow, pool)
    api = Api(
        replace(
            context, conversation_changes=feed.follow, desk_changes=feed.follow_all, streams=room
        )
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            api.app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await asyncio.sleep(0.01)
        yield Live(api, f"http://127.0.0.1:{listener.getsockname()[1]}")
        server.should_exit = True
        await serving
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await api.client.aclose()


@pytest.fixture
async def live(open_uow: OpenUnitOfWork, pool: Pool) -> AsyncIterator[Live]:
    async with serving(open_uow, pool) as live:
        yield live


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
            async with asyncio.timeout(30):
                ticket = await anext(tickets)
            assert len(ticket["responses"]) == number


async def test_a_person_who_takes_and_resolves_is_seen_without_a_word(live: Live) -> None:
    path, token = await live.api.open_ticket()
    open_uow = live.api.context.open_uow
    async with follow(live, path, token) as tickets:
        first = await anext(tickets)
        async with open_uow() as uow:
            ticket = await uow.tickets.by_number(first["ticket_id"])
        assert ticket is not None
        async with asyncio.timeout(30):
            await take(open_uow, ticket.conversation_id, "grace")
            assert (await anext(tickets))["owner"] == "human"
            await resolve(open_uow, ticket.conversation_id, "grace", "Restarted the export.")
            assert (await anext(tickets))["status"] == "resolved"


async def test_what_is_said_elsewhere_wakes_nobody_here(live: Live) -> None:
    path, token = await live.api.open_ticket()
    async with follow(live, path, token) as tickets:
        await anext(tickets)
        other, other_token = await live.api.open_ticket(email="bob@example.com")
        await live.api.client.post(f"{other}/human", headers=other_token)
        await live.api.client.post(f"{path}/messages", json={"message": "Mine"}, headers=token)
        async with asyncio.timeout(30):
            ticket = await anext(tickets)
    assert ticket["responses"][-1]["content"] == "Mine"


async def test_a_closed_page_leaves_nothing_behind(live: Live) -> None:
    path, token = await live.api.open_ticket()
    async with follow(live, path, token) as tickets:
        await anext(tickets)
        assert live.streams.open_streams == 1
    await live.has_open(0)


async def test_connections_that_break_off_give_their_places_back(
    open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    async with serving(open_uow, pool, per_replica=4, per_subject=4) as live:
        path, token = await live.api.open_ticket()
        for _ in range(3):
            broken = [open_raw(live, path, token) for _ in range(4)]
            await live.has_open(4)
            assert (await refused(live, path, token)).status_code == 503
            for connection in broken:
                # Closed with a reset and without a word.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.close()
            await live.has_open(0)
        async with follow(live, path, token) as tickets:
            assert (await anext(tickets))["ticket_id"] in path


async def test_connections_that_break_off_before_the_answer_leave_nothing_behind(
    open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    async with serving(open_uow, pool, per_subject=64) as live:
        path, token = await live.api.open_ticket()
        for _ in range(30):
            open_raw(live, path, token).close()
        async with follow(live, path, token) as tickets:
            await anext(tickets)
        await live.has_open(0)
        assert live.api.context.requests.under_way == 0


async def test_what_is_too_much_is_refused_at_once_without_the_database(
    open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    async with serving(open_uow, pool, per_subject=1, try_again_s=60) as live:
        path, token = await live.api.open_ticket()
        async with follow(live, path, token) as tickets:
            await anext(tickets)
            answer = await refused(live, path, token)
            assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "60"
            stranger = await live.api.client.get(
                f"{path}/events", headers={"X-Ticket-Token": "wrong"}
            )
            assert stranger.status_code == 404
            # The page polls meanwhile.
            assert (await live.api.client.get(path, headers=token)).status_code == 200


async def test_a_stream_ends_by_itself_and_says_when_to_come_back(
    open_uow: OpenUnitOfWork, pool: Pool
) -> None:
    async with serving(open_uow, pool, max_age_s=0.3) as live:
        path, token = await live.api.open_ticket()
        lines = await whole_stream(live, path, token)
    assert lines[0] == "event: ticket"
    assert re.fullmatch(r"retry: \d{4}", lines[-1])


async def test_a_replica_that_stops_ends_its_streams_cleanly(live: Live) -> None:
    path, token = await live.api.open_ticket()
    following = [asyncio.create_task(whole_stream(live, path, token)) for _ in range(3)]
    await live.has_open(3)
    live.streams.close()
    async with asyncio.timeout(30):
        streams = await asyncio.gather(*following)
    assert all(lines[-1].startswith("retry: ") for lines in streams)
    assert (await refused(live, path, token)).headers["retry-after"] == "1"


async def test_open_streams_take_no_room_of_requests(open_uow: OpenUnitOfWork, pool: Pool) -> None:
    async with serving(open_uow, pool) as live:
        live.api.context.requests.resize(max_concurrent=1, max_waiting=0)
        path, token = await live.api.open_ticket()
        async with AsyncExitStack() as opened:
            for _ in range(5):
                tickets = await opened.enter_async_context(follow(live, path, token))
                await anext(tickets)
            assert live.api.context.requests.under_way == 0
            assert (await live.api.submit(email="bob@example.com")).status_code == 201


def open_raw(live: Live, path: str, token: dict[str, str]) -> socket.socket:
    """A connection that has asked for the events and reads nothing."""
    connection = socket.create_connection(("127.0.0.1", int(live.url.rpartition(":")[2])))
    head = f"GET {path}/events HTTP/1.1\r\nHost: x\r\nX-Ticket-Token: {token['X-Ticket-Token']}"
    connection.sendall(f"{head}\r\n\r\n".encode())
    return connection


async def refused(live: Live, path: str, token: dict[str, str]) -> httpx.Response:
    async with asyncio.timeout(30):
        return await live.api.client.get(f"{path}/events", headers=token)


async def whole_stream(live: Live, path: str, token: dict[str, str]) -> list[str]:
    """The lines of a stream that ends by itself, empty ones and comments left out."""
    async with httpx.AsyncClient(base_url=live.url, timeout=10) as client:
        answer = await client.get(f"{path}/events", headers=token)
    assert answer.status_code == 200
    return [line for line in answer.text.splitlines() if line and not line.startswith(":")]


async def test_events_need_the_token_as_the_ticket_does(live: Live) -> None:
    path, _ = await live.api.open_ticket()
    response = await live.api.client.get(f"{path}/events", headers={"X-Ticket-Token": "wrong"})
    assert response.status_code == 404
    missing = await live.api.client.get(f"{BASE}/tickets/TKT-0000000000/events")
    assert missing.content == response.content
