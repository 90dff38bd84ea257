"""Tests order and commits, for every way in which records can finish."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.retry import RetryPolicy
from messaging.keyed_workers import KeyedWorkers, Record, RunAlone
from messaging.progress import PartitionProgress

AT_ONCE = RetryPolicy(max_attempts=3, first_delay=timedelta(microseconds=1))


def record(offset: int, key: bytes | None = b"k", value: bytes = b"") -> Record:
    return Record("topic", 0, offset, key, value, {})


@given(st.data())
def test_nothing_unfinished_is_ever_committable(data: st.DataObject) -> None:
    offsets = data.draw(st.lists(st.integers(0, 500), min_size=1, unique=True).map(sorted))
    progress = PartitionProgress()
    for offset in offsets:
        progress.begin(offset)
    unfinished = set(offsets)
    for offset in data.draw(st.permutations(offsets)):
        progress.finish(offset)
        unfinished.remove(offset)
        assert progress.committable == min(unfinished, default=offsets[-1] + 1)


def test_where_reading_began_is_no_news_to_the_broker() -> None:
    progress = PartitionProgress()
    assert progress.committable is None
    progress.begin(41)
    assert progress.committable == progress.committed == 41


async def test_a_retry_gives_its_slot_to_other_keys() -> None:
    handled: list[bytes | None] = []
    waits = RetryPolicy(max_attempts=3, first_delay=timedelta(seconds=60))
    failed = asyncio.Event()

    async def handle(got: Record) -> None:
        if got.key == b"bad":
            failed.set()
            raise RuntimeError("a bug")
        handled.append(got.key)

    keyed_workers = KeyedWorkers(handle, _no_dead, waits, max_concurrent=1)
    progress = PartitionProgress()
    keyed_workers.add(record(0, b"bad"), progress)
    await failed.wait()
    keyed_workers.add(record(1, b"good"), progress)
    while not handled:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await keyed_workers.drain(timedelta(seconds=1))
    assert progress.committable == 0


async def test_a_full_bulkhead_keeps_no_slot_from_the_others_and_no_order_with_them() -> None:
    gate = asyncio.Event()
    handled: list[tuple[bytes | None, bytes]] = []

    async def handle(got: Record) -> None:
        if got.value == b"hangs":
            await gate.wait()
        handled.append((got.key, got.value))

    keyed_workers = KeyedWorkers(
        handle, _no_dead, AT_ONCE, max_concurrent=2, bulkhead_of=lambda got: got.value.decode()
    )
    progress = PartitionProgress()
    for offset in range(6):
        keyed_workers.add(record(offset, b"%d" % offset, b"hangs"), progress)
    # The first customer's reply by mail does not wait for that customer's message that hangs.
    for offset, key in ((6, b"0"), (7, b"1"), (8, b"other")):
        keyed_workers.add(record(offset, key, b"mail"), progress)
    await _let_run()
    assert handled == [(b"0", b"mail"), (b"1", b"mail"), (b"other", b"mail")]
    gate.set()
    while progress.committable != 9:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await keyed_workers.drain(timedelta(seconds=1))


async def test_no_customer_takes_the_slots_from_the_others() -> None:
    handled: list[bytes | None] = []

    async def handle(got: Record) -> None:
        await asyncio.sleep(0)
        handled.append(got.key)

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=1)
    progress = PartitionProgress()
    for offset in range(50):
        keyed_workers.add(record(offset, b"floods"), progress)
    keyed_workers.add(record(50, b"asks once"), progress)
    while progress.committable != 51:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await keyed_workers.drain(timedelta(seconds=1))
    assert handled.index(b"asks once") <= 1


async def test_suspects_run_one_at_a_time_and_keep_no_slot_from_the_others() -> None:
    gate, others = asyncio.Event(), asyncio.Event()
    running = most = handled = 0

    async def handle(got: Record) -> None:
        nonlocal running, most, handled
        if got.value == b"other":
            others.set()
            return
        if not got.is_alone:
            raise RunAlone
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        handled += 1

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=2)
    progress = PartitionProgress()
    for offset in range(4):
        keyed_workers.add(record(offset, b"%d" % offset), progress)
    keyed_workers.add(record(4, b"other", b"other"), progress)
    async with asyncio.timeout(5):
        await others.wait()
    assert running == 1
    gate.set()
    while handled < 4:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await keyed_workers.drain(timedelta(seconds=1))
    assert most == 1
    assert progress.committable == 5


async def test_a_lost_partition_starts_and_finishes_nothing_more() -> None:
    gate = asyncio.Event()
    handled: list[int] = []

    async def handle(got: Record) -> None:
        await gate.wait()
        handled.append(got.offset)

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=4)
    progress = PartitionProgress()
    for offset in range(3):
        keyed_workers.add(record(offset), progress)
    await asyncio.sleep(0)
    progress.give_up()
    gate.set()
    await progress.wait_quiet()
    await keyed_workers.drain(timedelta(seconds=1))
    assert handled == [0]


async def test_a_record_redelivered_while_it_runs_waits_for_its_first_delivery() -> None:
    gate = asyncio.Event()
    running: dict[bytes | None, int] = defaultdict(int)
    most = 0

    async def handle(got: Record) -> None:
        nonlocal most
        running[got.key] += 1
        most = max(most, running[got.key])
        await gate.wait()
        running[got.key] -= 1

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=4)
    before, after = PartitionProgress(), PartitionProgress()
    keyed_workers.add(record(7), before)
    await asyncio.sleep(0)
    before.give_up()
    keyed_workers.add(record(7), after)
    await asyncio.sleep(0)
    gate.set()
    while after.committable != 8:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert most == 1


async def test_changed_limits_hold_for_what_starts_and_wait_for_what_runs() -> None:
    gates = {offset: asyncio.Event() for offset in range(4)}
    started: list[int] = []

    async def handle(got: Record) -> None:
        started.append(got.offset)
        await gates[got.offset].wait()

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=1)
    progress = PartitionProgress()
    for offset in range(4):
        keyed_workers.add(record(offset, str(offset).encode()), progress)
    await _let_run()
    assert started == [0]
    change = asyncio.create_task(keyed_workers.change(AT_ONCE, max_concurrent=2))
    await _let_run()
    gates[0].set()
    await change
    await _let_run()
    assert started == [0, 1, 2]
    for gate in gates.values():
        gate.set()
    await _let_run()
    assert progress.committable == 4


async def _let_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_draining_cancels_what_does_not_end_in_time() -> None:
    async def handle(got: Record) -> None:
        await asyncio.Event().wait()

    keyed_workers = KeyedWorkers(handle, _no_dead, AT_ONCE, max_concurrent=4)
    progress = PartitionProgress()
    keyed_workers.add(record(0), progress)
    await asyncio.sleep(0)
    await keyed_workers.drain(timedelta(milliseconds=10))
    assert progress.committable == 0


@pytest.mark.parametrize(
    ("error", "attempts"), [(Malformed("not for us"), 1), (RuntimeError("a bug"), 3)]
)
async def test_what_can_not_succeed_is_put_away_with_its_attempts(
    error: Exception, attempts: int
) -> None:
    dead: list[tuple[str, int]] = []

    async def handle(got: Record) -> None:
        raise error

    async def put_away(got: Record, cause: str, made: int) -> None:
        dead.append((got.origin, made))

    keyed_workers = KeyedWorkers(handle, put_away, AT_ONCE, max_concurrent=4)
    progress = PartitionProgress()
    keyed_workers.add(record(5), progress)
    while progress.committable != 6:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert dead == [("topic/0/5", attempts)]


async def _no_dead(got: Record, cause: str, attempts: int) -> None:
    raise AssertionError(f"{got.origin} was put away: {cause}")
