"""Checks that requests that wait together go into one call of the model, and each gets its own answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from deployments.batching import Batcher, in_a_thread
from domain.errors import Overloaded


class Model:
    """Doubles numbers; holds a call until it is let go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.has_begun = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)

    def __call__(self, items: list[int]) -> Sequence[int]:
        self.calls.append(items)
        self.has_begun.release()
        assert self.may_go_on.acquire(timeout=30)
        if 13 in items:
            raise ValueError("the model can't do 13")
        return [2 * item for item in items]

    def go_on(self, calls: int = 1000) -> None:
        self.may_go_on.release(calls)

    async def begun(self) -> None:
        await asyncio.to_thread(self.has_begun.acquire, True, 30)


def batcher(model: Model, max_items: int = 4, max_waiting: int = 10) -> Batcher[int, int]:
    return Batcher(in_a_thread(model), max_items=max_items, max_waiting=max_waiting)


async def submit(batcher: Batcher[int, int], *requests: list[int]) -> list[asyncio.Task[list[int]]]:
    tasks = [asyncio.create_task(batcher.submit(items)) for items in requests]
    await asyncio.sleep(0)
    return tasks


async def test_a_lone_request_starts_at_once() -> None:
    model = Model()
    model.go_on()
    batch = batcher(model)
    assert await batch.submit([1, 2]) == [2, 4]
    assert await batch.submit([]) == []
    assert model.calls == [[1, 2]]
    await batch.close()


async def test_what_waits_meanwhile_goes_into_the_next_call_in_order() -> None:
    model = Model()
    batch = batcher(model)
    tasks = await submit(batch, [1])
    await model.begun()
    tasks += await submit(batch, [2, 3], [4], [5, 6], [7])
    model.go_on()
    assert await asyncio.gather(*tasks) == [[2], [4, 6], [8], [10, 12], [14]]
    assert model.calls == [[1], [2, 3, 4], [5, 6, 7]]
    await batch.close()


async def test_after_a_shared_call_the_next_waits_for_company_and_a_lone_one_never() -> None:
    async def shared_call(rest: timedelta) -> tuple[Model, Batcher[int, int]]:
        model = Model()
        model.go_on()
        batch = Batcher(in_a_thread(model), max_items=4, max_waiting=10, rest=rest)
        await asyncio.gather(*await submit(batch, [1], [2]))
        assert model.calls == [[1, 2]]
        return model, batch

    model, batch = await shared_call(rest=timedelta(hours=1))
    tasks = await submit(batch, [3], [4])
    for _ in range(20):
        await asyncio.sleep(0)
    assert batch.waiting == 2
    for task in tasks:
        task.cancel()
    model, batch = await shared_call(rest=timedelta(milliseconds=1))
    tasks = await submit(batch, [3], [4])
    assert await asyncio.gather(*tasks) == [[6], [8]]
    assert model.calls == [[1, 2], [3, 4]]
    await batch.close()
    lone = Model()
    lone.go_on()
    hurried = Batcher(in_a_thread(lone), max_items=4, max_waiting=10, rest=timedelta(hours=1))
    assert [await hurried.submit([item]) for item in (1, 2, 3)] == [[2], [4], [6]]


async def test_a_call_never_has_more_than_the_most() -> None:
    model = Model()
    model.go_on()
    batch = batcher(model)
    assert await batch.submit(list(range(10))) == [2 * n for n in range(10)]
    assert max(len(call) for call in model.calls) == 4
    await batch.close()


async def test_more_than_may_wait_is_refused_with_a_time_to_come_back() -> None:
    model = Model()
    batch = batcher(model, max_waiting=3)
    tasks = await submit(batch, [1])
    await model.begun()
    tasks += await submit(batch, [2, 3, 4])
    assert batch.waiting == 3
    with pytest.raises(Overloaded) as refusal:
        await batch.submit([5])
    assert refusal.value.retry_after is not None
    model.go_on()
    await asyncio.gather(*tasks)
    assert await batch.submit([5]) == [10]
    await batch.close()


async def test_the_models_error_reaches_its_call_and_no_other() -> None:
    model = Model()
    batch = batcher(model, max_items=2)
    tasks = await submit(batch, [1])
    await model.begun()
    tasks += await submit(batch, [13], [2], [3])
    model.go_on()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[0] == [2]
    assert isinstance(answers[1], ValueError)
    assert isinstance(answers[2], ValueError)
    assert answers[3] == [6]
    await batch.close()


async def test_who_goes_away_does_not_disturb_the_others() -> None:
    model = Model()
    batch = batcher(model)
    first, second, third = await submit(batch, [1], [2], [3])
    await model.begun()
    second.cancel()
    model.go_on()
    assert await first == [2]
    assert await third == [6]
    await batch.close()


async def test_as_many_calls_as_allowed_are_under_way_at_a_time_and_each_ends_for_itself() -> None:
    begun: list[list[int]] = []
    may_end = {1: asyncio.Event(), 2: asyncio.Event()}

    async def run(items: list[int]) -> Sequence[int]:
        begun.append(items)
        if items[0] in may_end:
            await may_end[items[0]].wait()
        return items

    batch: Batcher[int, int] = Batcher(run, max_items=4, max_waiting=10, at_once=2)
    [first] = await submit(batch, [1])
    [second] = await submit(batch, [2])
    late = await submit(batch, [3], [4])
    assert begun == [[1], [2]]
    may_end[2].set()
    assert await second == [2]
    assert await asyncio.gather(*late) == [[3], [4]]
    assert begun == [[1], [2], [3, 4]]
    assert not first.done()
    may_end[1].set()
    assert await first == [1]
    # Nobody is left at work, and the next one finds somebody all the same.
    assert await batch.submit([5]) == [5]
    await batch.close()
