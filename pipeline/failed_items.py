"""Retries failed items of a batch later, and puts an item aside after its last attempt.

So a bad item never fails the step that processes the batch: the step goes on with the other items.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from domain.errors import Permanent, SupportError, Transient
from domain.events import MessageDeadLettered, ignore
from domain.ports import Observe
from domain.retry import GiveUp, RetryPolicy
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.queueing import queue_dead_letter

log = logging.getLogger(__name__)

Item = TypeVar("Item")

RETRY = RetryPolicy(
    max_attempts=10,
    max_attempts_at_a_bug=5,
    first_delay=timedelta(seconds=10),
    longest_delay=timedelta(minutes=15),
)
"""Within an hour an item succeeds or becomes a dead letter that staff see."""

_ALL_AWAY = 8
"""After this many failures without a success, the other items are not tried."""


def describe(error: BaseException) -> str:
    """Describe an error for staff and logs; only our own errors' texts never repeat a customer's words."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, SupportError) else name


def words_of(error: BaseException) -> str:
    """Return the text of one of our own errors; of any other, which may repeat a customer's words, only its place."""
    if isinstance(error, SupportError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"


async def note_failure(uow: UnitOfWork, job: str, item: str, error: Exception) -> bool:
    """Count a failed attempt at the item; return whether it was the last one and the item is put aside.

    An item that is put aside becomes an open dead letter with the origin `<job>/<item>`; a replay
    resets its attempts. Takes effect when `uow` is committed.
    """
    attempts = (await uow.failed_items.attempts(job, [item])).get(item, 0) + 1
    # Conflict and NotFound may come from a lost race, so they are retried like a bug.
    is_decided = isinstance(error, Transient | Permanent)
    decision = RETRY.decide(error if is_decided else RuntimeError(), attempts)
    cause = describe(error)
    if not isinstance(decision, GiveUp):
        await uow.failed_items.save(job, item, attempts, decision.delay, cause)
        log.warning("%s: %s failed and is tried again later: %s", job, item, cause)
        return False
    await uow.failed_items.save(job, item, attempts, None, cause)
    await queue_dead_letter(
        uow,
        topic=job,
        key=item,
        value=b"",
        origin=f"{job}/{item}",
        message=None,
        cause=cause,
        attempts=attempts,
    )
    log.error("%s: %s is put aside after %d attempts: %s", job, item, attempts, cause)
    return True


async def for_each(
    open_uow: OpenUnitOfWork,
    job: str,
    items: Mapping[str, Item],
    act: Callable[[Item], Awaitable[object]],
    observe: Observe = ignore,
) -> int:
    """Call `act` with each item and return how many succeeded; a failure affects only its own item.

    `items` are by id; `act` opens its own transactions.

    Raises:
        Transient: Every item failed with a transient error, so a shared dependency is unavailable. No
            attempt is counted. Not raised if all of these items had failed before.
    """
    if not items:
        return 0
    async with open_uow() as uow:
        known = await uow.failed_items.attempts(job, items.keys())
    failed: dict[str, Exception] = {}
    for tried, (name, item) in enumerate(items.items(), 1):
        try:
            await act(item)
        except Exception as error:  # noqa: BLE001 - counted below; the other items go on
            failed[name] = error
        is_enough = tried in (_ALL_AWAY, len(items))
        if is_enough and len(failed) == tried and failed.keys() - known.keys():
            _raise_if_all_may_pass(failed.values())
    put_aside = 0
    async with open_uow() as uow:
        await uow.failed_items.forget(job, known.keys() - failed.keys())
        for name, cause in failed.items():
            put_aside += await note_failure(uow, job, name, cause)
        await uow.commit()
    for _ in range(put_aside):
        observe(MessageDeadLettered(job, None))
    return len(items) - len(failed)


def _raise_if_all_may_pass(errors: Collection[Exception]) -> None:
    transient = [error for error in errors if isinstance(error, Transient)]
    if len(transient) == len(errors):
        raise transient[-1]
