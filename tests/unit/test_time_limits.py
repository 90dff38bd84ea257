"""Tests an answer in time, and work that is not cut off."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from deployments.api.limits import BodyLimit
from deployments.api.time_limits import TimeLimit, default_time_limits

PATH = "/slow"


class Frozen:
    """Answers once it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.finished = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.let_go.wait()
        self.finished += 1
        await PlainTextResponse("late")(scope, receive, send)


def client_of(app: TimeLimit) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_frozen_call_is_answered_in_time_and_told_to_come_again() -> None:
    frozen = Frozen()
    limited = TimeLimit(frozen, {PATH: timedelta(milliseconds=30)})
    async with client_of(limited) as client:
        answer = await client.post(PATH)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"] == "unavailable"


async def test_what_was_given_up_is_finished_all_the_same() -> None:
    frozen = Frozen()
    limited = TimeLimit(frozen, {PATH: timedelta(milliseconds=30)})
    async with client_of(limited) as client:
        assert (await client.post(PATH)).status_code == 503
        limited._limits = {PATH: timedelta(seconds=60)}
        frozen.let_go.set()
        assert (await client.post(PATH)).text == "late"
    assert frozen.finished == 2


async def test_other_paths_take_the_time_that_they_need() -> None:
    frozen = Frozen()
    limited = TimeLimit(frozen, {PATH: timedelta(milliseconds=1)})
    async with client_of(limited) as client:
        call = asyncio.create_task(client.get("/events"))
        await asyncio.sleep(0.02)
        assert not call.done()
        frozen.let_go.set()
        assert (await call).status_code == 200


async def test_more_than_may_be_left_behind_is_turned_away_without_waiting() -> None:
    frozen = Frozen()
    limited = TimeLimit(frozen, {PATH: timedelta(milliseconds=20)}, most_left_behind=2)
    async with client_of(limited) as client:
        for _ in range(2):
            assert (await client.post(PATH)).status_code == 503
        limited._limits = {PATH: timedelta(seconds=60)}
        async with asyncio.timeout(20):
            assert (await client.post(PATH)).status_code == 503
        frozen.let_go.set()
        while limited._left_behind:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert (await client.post(PATH)).status_code == 200


async def test_an_error_of_the_call_is_the_callers() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("broken")

    async with client_of(TimeLimit(broken, {PATH: timedelta(seconds=5)})) as client:
        with pytest.raises(LookupError):
            await client.get(PATH)


def test_providers_get_their_answer_within_what_they_wait_for() -> None:
    limits = default_time_limits()
    assert limits["/api/v1/webhooks/gmail"] < timedelta(seconds=1)
    assert limits["/api/v1/webhooks/whatsapp"] < timedelta(seconds=1.5)


async def test_a_body_that_drips_in_is_refused() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("a call without its body reached the application")

    scope = {"type": "http", "path": "/api/v1/support/form", "headers": [], "method": "POST"}
    await BodyLimit(never, timedelta(milliseconds=50))(scope, receive, send)
    assert sent[0]["status"] == 408
