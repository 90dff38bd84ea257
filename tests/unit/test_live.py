"""Checks that whoever follows a conversation hears of it, and of it alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from uuid import UUID, uuid4

import pytest

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


@contextmanager
def following(board: ConversationChanges, one: UUID) -> Iterator[asyncio.Event]:
    woken = asyncio.Event()
    with board.follow(one, woken):
        yield woken


async def test_followers_of_a_conversation_hear_of_it_and_others_do_not() -> None:
    one, other = uuid4(), uuid4()
    async with changes() as (feed, board):
        with (
            following(board, one) as first,
            following(board, one) as second,
            following(board, other) as third,
        ):
            await feed.send(str(one))
            assert first.is_set()
            assert second.is_set()
            assert not third.is_set()


async def test_after_a_lost_connection_everybody_looks_again() -> None:
    async with changes() as (feed, board):
        with ExitStack() as opened:
            waiting = [opened.enter_context(following(board, uuid4())) for _ in range(3)]
            await feed.send("")
            assert all(woken.is_set() for woken in waiting)


async def test_a_change_while_nobody_waits_is_not_missed() -> None:
    one = uuid4()
    async with changes() as (feed, board):
        with following(board, one) as woken:
            await feed.send(str(one))
            woken.clear()
            await feed.send(str(one))
            await feed.send(str(one))
            async with asyncio.timeout(5):
                await woken.wait()


async def test_who_stops_following_is_forgotten() -> None:
    one = uuid4()
    async with changes() as (feed, board):
        with following(board, one), following(board, one):
            pass
        with pytest.raises(LookupError), following(board, one):
            raise LookupError
        await feed.send(str(one))
        assert not vars(board)["_followers"]
