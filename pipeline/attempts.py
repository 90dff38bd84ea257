"""Attempts at a message, counted in the database: neither a restart nor a rebalance forgets one.

A reader leaves its mark on a message before it works on it. A mark whose reader went silent is a strike
against the message; after `MOST_STRIKES` nobody works on it any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from domain import topics
from domain.attempts import Begun
from domain.errors import NotFound, StaleTurn, StoreUnavailable
from domain.messages import MessageState, Role
from domain.retry import GiveUp, RetryPolicy
from domain.stores import OpenUnitOfWork
from pipeline.queueing import queue_message

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=1)
SILENT_AFTER = timedelta(seconds=4)
"""A reader without a beat for this long is dead or stands still.

Shorter than a group needs to give its records to another reader, which finds it silent then.
"""
MOST_STRIKES = 2
_LEAVE_WITHIN_S = 3.0


class Start(NamedTuple):
    """`is_alone`: no other suspect runs in this reader."""

    message_id: UUID
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Dead:
    """A message that is not tried again."""

    cause: str
    attempts: int


KILLED_ITS_READER = "killed its reader twice"


class Attempting:
    """One reader of messages in `state`, which is the state that its stage takes them out of."""

    def __init__(self, open_uow: OpenUnitOfWork, state: MessageState) -> None:
        self._open_uow = open_uow
        self._state = state
        self._reader = uuid4()
        self._has_beaten = False

    async def beat(self) -> None:
        """Say that this process lives; due every `BEAT_EVERY`, from the event loop that does the work."""
        async with self._open_uow() as uow:
            await uow.attempts.beat(self._reader)
            await uow.commit()
        self._has_beaten = True

    async def begin(self, starts: Sequence[Start]) -> list[Begun | None]:
        """Mark what may be worked on now, many in one transaction.

        None for a message in another state: nothing is left to do.
        """
        if not self._has_beaten:
            await self.beat()
        async with self._open_uow() as uow:
            found = await uow.attempts.begin(
                [start.message_id for start in starts],
                self._state,
                self._reader,
                silent_after=SILENT_AFTER,
                alone=[start.message_id for start in starts if start.is_alone],
                most_strikes=MOST_STRIKES,
            )
            await uow.commit()
        return [found.get(start.message_id) for start in starts]

    async def work_on(
        self,
        message_id: UUID,
        handle: Callable[[UUID], Awaitable[object]],
        retry: RetryPolicy,
        failed_before: int,
    ) -> Dead | None:
        """One attempt at a message that was begun; a failure is stored with the time of the next one.

        Returns why the message is dead where `retry` gives it up. Raises StoreUnavailable when the
        failure can't be stored: the attempt is not counted then.
        """
        try:
            await handle(message_id)
        except StaleTurn as error:
            log.info("message %s: %s", message_id, error)
            await self._leave(message_id)
        except NotFound:
            # Erased meanwhile: nothing is left to do, and nothing of it may be kept.
            log.info("message %s is gone", message_id)
        except asyncio.CancelledError:
            # A replica that shuts down gives its work back: that is no strike.
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(_LEAVE_WITHIN_S):
                    await self._leave(message_id)
            raise
        except Exception as error:  # noqa: BLE001 - the policy decides
            attempts = failed_before + 1
            decision = retry.decide(error, attempts)
            if isinstance(decision, GiveUp):
                return Dead(f"{decision.cause}: {error}", attempts)
            await self._fail(message_id, decision.delay)
            log.warning(
                "message %s failed (attempt %d, next in %.1f s): %r",
                message_id,
                attempts,
                decision.delay.total_seconds(),
                error,
            )
        return None

    async def _fail(self, message_id: UUID, delay: timedelta) -> None:
        async with self._open_uow() as uow:
            await uow.attempts.fail(message_id, self._reader, delay)
            await uow.commit()

    async def _leave(self, message_id: UUID) -> None:
        async with self._open_uow() as uow:
            await uow.attempts.leave(message_id, self._reader)
            await uow.commit()


async def queue_due(open_uow: OpenUnitOfWork, limit: int = 500) -> int:
    """Queue the messages whose next attempt is due, in the order in which they came."""
    async with open_uow() as uow:
        due = await uow.attempts.requeue_due(limit)
        for message in due:
            is_inbound = message.role is Role.CUSTOMER
            await queue_message(uow, topics.INCOMING if is_inbound else topics.OUTGOING, message)
        if due:
            await uow.commit()
            log.info("queued %d messages for their next attempt", len(due))
    return len(due)
