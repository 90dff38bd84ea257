"""Tests that open staff consoles are told of every change, once and in order, over reconnections too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from database.pool import Pool
from domain.stores import OpenUnitOfWork
from pipeline import staff
from tests.integration.api import BASE, GRACE, HENRY
from tests.integration.test_api_events import Live, serving
from tests.integration.test_desk import wrote

pytestmark = pytest.mark.postgres


@pytest.fixture
async def live(open_uow: OpenUnitOfWork, pool: Pool) -> AsyncIterator[Live]:
    async with serving(open_uow, pool) as live:
        yield live


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    id: str | None
    data: dict[str, object]


@asynccontextmanager
async def follow(live: Live, last: str | None = None) -> AsyncIterator[AsyncIterator[Event]]:
    headers = GRACE | ({"Last-Event-ID": last} if last else {})
    async with (
        httpx.AsyncClient(base_url=live.url, timeout=60) as client,
        client.stream("GET", f"{BASE}/staff/stream", headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "event" in fields:
            yield Event(fields["event"], fields.get("id"), json.loads(fields["data"]))
            fields = {}


async def until(events: AsyncIterator[Event], name: str) -> Event:
    async with asyncio.timeout(60):
        while True:
            event = await anext(events)
            if event.name == name:
                return event


async def test_a_message_and_a_hand_over_are_told_as_they_happen(
    live: Live, open_uow: OpenUnitOfWork
) -> None:
    async with follow(live) as events:
        await until(events, "ready")
        accepted = await wrote(open_uow)
        told = await until(events, "conversation.changed")
        assert told.data == {"conversation_id": str(accepted.conversation_id)}
        assert told.id
        path, token = await live.api.open_ticket()
        response = await live.api.client.post(f"{path}/human", headers=token)
        assert response.status_code == 202
        handed = await until(events, "handover")
        assert handed.data == {"conversation_id": str(await live.api.conversation_of(path))}


async def test_a_reconnection_goes_on_after_the_last_event(
    live: Live, open_uow: OpenUnitOfWork
) -> None:
    async with follow(live) as events:
        await until(events, "ready")
        first = await wrote(open_uow, 1)
        last = (await until(events, "conversation.changed")).id
    await live.has_open(0)
    missed = [str((await wrote(open_uow, number)).conversation_id) for number in (2, 3)]
    async with follow(live, last) as events:
        assert (await until(events, "ready")).id == last
        again = [
            (await until(events, "conversation.changed")).data["conversation_id"] for _ in missed
        ]
    assert again == missed
    assert str(first.conversation_id) not in again


async def test_no_event_of_a_transaction_that_ends_late_is_skipped(
    live: Live, open_uow: OpenUnitOfWork
) -> None:
    slow, quick = await wrote(open_uow, 1), await wrote(open_uow, 2)
    async with follow(live) as events:
        await until(events, "ready")
        async with open_uow() as uow:
            await uow.marks.set_tags(slow.conversation_id, ["late"])
            await staff.add_note(open_uow, quick.conversation_id, "grace", "Quick.")
            await asyncio.sleep(0)
            await uow.commit()
        told = [
            (await until(events, "conversation.changed")).data["conversation_id"] for _ in range(2)
        ]
    assert told == [str(slow.conversation_id), str(quick.conversation_id)]


@pytest.mark.parametrize("last", ["1", "99999999999999"])
async def test_whoever_missed_events_for_good_is_told_to_read_anew(
    live: Live, open_uow: OpenUnitOfWork, last: str
) -> None:
    await wrote(open_uow)
    async with follow(live, last) as events:
        await until(events, "reset")
        accepted = await wrote(open_uow, 2)
        told = await until(events, "conversation.changed")
        assert told.data == {"conversation_id": str(accepted.conversation_id)}


async def test_whoever_writes_is_shown_to_the_others_and_stored_nowhere(
    live: Live, open_uow: OpenUnitOfWork
) -> None:
    accepted = await wrote(open_uow)
    async with follow(live) as events:
        await until(events, "ready")
        path = f"{BASE}/staff/conversations/{accepted.conversation_id}/presence"
        response = await live.api.client.post(path, headers=HENRY, json={"is_writing": True})
        assert response.status_code == 200
        told = await until(events, "presence")
    assert told.data == {
        "conversation_id": str(accepted.conversation_id), "name": "henry", "is_writing": True,
    }  # fmt: skip
