"""Who follows a conversation hears of it, and of it alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from deployments.live import ConversationChanges


class Feed:
    """Notifications that a test sends one by one; `sent` once the reader took them."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[str] = asyncio.Queue()

    async def notifications(self) -> AsyncIterator[str]:
        while True:
            yield await self._waiting.get()
            self._waiting.task_done()

    async def send(self, payload: str) -> None:
        self._waiting.put_nowait(payload)
        await self._waiting.join()


@asynccontextmanager
async def changes() -> AsyncIterator[tuple[Feed, ConversationChanges]]:
    feed = Feed()
    changes = ConversationChanges(feed.notifications())
    running = asyncio.create_task(changes.run())
    yield feed, changes
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def following(
    changes: ConversationChanges, one: UUID
) -> tuple[AsyncIterator[None], asyncio.Task[None]]:
    iterator = changes.follow(one)
    waiting = asyncio.ensure_future(anext(iterator))
    await asyncio.sleep(0)
    return iterator, waiting


async def test_followers_of_a_conversation_hear_of_it_and_others_do_not() -> None:
    one, other = uuid4(), uuid4()
    async with changes() as (feed, board):
        _, first = await following(board, one)
        _, second = await following(board, one)
        _, third = await following(board, other)
        await feed.send(str(one))
        async with asyncio.timeout(5):
            await asyncio.gather(first, second)
        assert not third.done()
        third.cancel()


async def test_after_a_lost_connection_everybody_looks_again() -> None:
    async with changes() as (feed, board):
        waiting = [(await following(board, uuid4()))[1] for _ in range(3)]
        await feed.send("")
        async with asyncio.timeout(5):
            await asyncio.gather(*waiting)


async def test_a_change_while_nobody_waits_is_not_missed() -> None:
    one = uuid4()
    async with changes() as (feed, board):
        iterator, waiting = await following(board, one)
        await feed.send(str(one))
        await waiting
        await feed.send(str(one))
        await feed.send(str(one))
        async with asyncio.timeout(5):
            await anext(iterator)


async def test_one_change_wakes_once() -> None:
    one = uuid4()
    async with changes() as (feed, board):
        iterator, waiting = await following(board, one)
        await feed.send(str(one))
        await waiting
        again = asyncio.ensure_future(anext(iterator))
        await feed.send(str(uuid4()))
        assert not again.done()
        again.cancel()


async def test_who_stops_following_is_forgotten() -> None:
    one = uuid4()
    async with changes() as (feed, board):
        _, waiting = await following(board, one)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await feed.send(str(one))
        assert not vars(board)["_followers"]
