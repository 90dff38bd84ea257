"""Tries an item of a batch that failed again later, and puts it aside with its cause in the end.

So that one bad item never fails the step that found it: the step goes on with the others.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
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
"""Within an hour an item has succeeded or a person sees it."""

_ALL_AWAY = 8
"""So many failures before any success, and there is no need to try the others."""


def describe(error: BaseException) -> str:
    """For staff and logs: only our own errors are certain to repeat nothing that a customer wrote."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, SupportError) else name


async def note_failure(uow: UnitOfWork, job: str, item: str, error: Exception) -> bool:
    """Count an attempt at the item, and put it aside after the last one; whether that was now.

    What is put aside becomes an open dead letter with the origin `<job>/<item>`, whose replay begins
    the attempts anew. Holds once `work` is committed.
    """
    attempts = (await uow.failed_items.attempts(job, [item])).get(item, 0) + 1
    # A conflict or a row that is gone may be a race that was lost: tried again like a bug.
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
    """Act on each item by its id and return how many were done; a failure is that item's alone.

    `act` opens its own transactions. Where everything fails for a reason that may pass, what the items
    share is away: that error is raised, with nothing counted against any item, unless all of them have
    failed beside others before. Raises StoreUnavailable.
    """
    if not items:
        return 0
    async with open_uow() as uow:
        known = await uow.failed_items.attempts(job, items.keys())
    failed: dict[str, Exception] = {}
    for tried, (name, item) in enumerate(items.items(), 1):
        try:
            await act(item)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other items have no part in it
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
