"""Checks that requests are bounded by the application itself, and probes and open streams don't count among them."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from deployments.api.request_room import AdmitRequests, RequestRoom, leave_request_room

PROBE = "/api/v1/health/live"


class Slow:
    """Answers once it is let go; a stream leaves the room first."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.under_way = 0
        self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == PROBE:
            await PlainTextResponse("alive")(scope, receive, send)
            return
        if scope["path"] == "/stream":
            leave_request_room(Request(scope))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.let_go.wait()
        finally:
            self.under_way -= 1
        await PlainTextResponse("done")(scope, receive, send)

    async def reaches(self, under_way: int) -> None:
        async with asyncio.timeout(20):
            while self.under_way < under_way:  # noqa: ASYNC110
                await asyncio.sleep(0)


def client_of(slow: Slow, room: RequestRoom) -> httpx.AsyncClient:
    app = AdmitRequests(slow, room, probes=frozenset({PROBE}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def wait_until_under_way(room: RequestRoom, under_way: int) -> None:
    async with asyncio.timeout(20):
        while room.under_way != under_way:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_requests_beyond_the_room_wait_and_beyond_that_are_refused_at_once() -> None:
    slow, room = Slow(), RequestRoom(max_concurrent=2, max_waiting=3)
    async with client_of(slow, room) as client:
        calls = [asyncio.create_task(client.get("/form")) for _ in range(5)]
        await wait_until_under_way(room, 5)
        await slow.reaches(2)
        refused = await client.get("/form")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        slow.let_go.set()
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200] * 5
    assert slow.most == 2
    assert room.under_way == 0


async def test_a_probe_is_answered_while_the_room_is_full() -> None:
    slow, room = Slow(), RequestRoom(max_concurrent=1, max_waiting=1)
    async with client_of(slow, room) as client:
        calls = [asyncio.create_task(client.get("/form")) for _ in range(2)]
        await wait_until_under_way(room, 2)
        async with asyncio.timeout(20):
            assert (await client.get(PROBE)).text == "alive"
        slow.let_go.set()
        await asyncio.gather(*calls)


async def test_open_streams_take_no_room_of_requests() -> None:
    slow, room = Slow(), RequestRoom(max_concurrent=1, max_waiting=1)
    async with client_of(slow, room) as client:
        streams = [asyncio.create_task(client.get("/stream")) for _ in range(20)]
        # One after the other is let in, leaves the room and stays open.
        refused = {answer.status_code for answer in await _done(streams)}
        assert refused <= {503}
        await wait_until_under_way(room, 0)
        assert slow.under_way == 20 - len(await _done(streams))
        form = asyncio.create_task(client.get("/form"))
        await wait_until_under_way(room, 1)
        slow.let_go.set()
        assert (await form).status_code == 200
        await asyncio.gather(*streams)
    assert room.under_way == 0


async def test_a_call_that_is_cancelled_while_it_waits_gives_its_place_back() -> None:
    slow, room = Slow(), RequestRoom(max_concurrent=1, max_waiting=5)
    async with client_of(slow, room) as client:
        calls = [asyncio.create_task(client.get("/form")) for _ in range(4)]
        await wait_until_under_way(room, 4)
        for call in calls[1:]:
            call.cancel()
        await asyncio.gather(*calls[1:], return_exceptions=True)
        assert room.under_way == 1
        calls[0].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    assert room.under_way == 0


async def test_changed_limits_let_those_in_that_wait() -> None:
    slow, room = Slow(), RequestRoom(max_concurrent=1, max_waiting=5)
    async with client_of(slow, room) as client:
        calls = [asyncio.create_task(client.get("/form")) for _ in range(4)]
        await wait_until_under_way(room, 4)
        room.resize(max_concurrent=4, max_waiting=0)
        await slow.reaches(4)
        slow.let_go.set()
        await asyncio.gather(*calls)


async def test_an_error_of_the_call_is_the_callers_and_frees_its_place() -> None:
    room = RequestRoom(max_concurrent=1, max_waiting=0)

    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("broken")

    app = AdmitRequests(broken, room, probes=frozenset())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        for _ in range(3):
            with pytest.raises(LookupError):
                await client.get("/form")
    assert room.under_way == 0


async def _done(tasks: list[asyncio.Task[httpx.Response]]) -> list[httpx.Response]:
    for _ in range(200):
        await asyncio.sleep(0)
    return [task.result() for task in tasks if task.done()]
