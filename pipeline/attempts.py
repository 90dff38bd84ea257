"""Counts attempts at messages in the database, so that restarts and rebalances forget none.

A reader marks a message before it handles it. If the reader stops sending heartbeats, the mark becomes
a strike against the message; after `MOST_STRIKES` no reader handles it again.
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
from domain.errors import NotFound, Postponed, StaleTurn, StoreUnavailable
from domain.messages import MessageState, Role
from domain.retry import GiveUp, RetryPolicy
from domain.stores import OpenUnitOfWork
from pipeline.failed_items import words_of
from pipeline.queueing import queue_message

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=1)
SILENT_AFTER = timedelta(seconds=4)
"""A reader without a heartbeat for this long is dead or stalled.

Shorter than the time in which a consumer group reassigns its records, so the next reader sees it.
"""
MOST_STRIKES = 2
_LEAVE_WITHIN_S = 3.0


class Start(NamedTuple):
    """A message to begin; `is_alone` means that no other suspect runs in this reader."""

    message_id: UUID
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Dead:
    """Why a message is given up, and after how many attempts."""

    cause: str
    attempts: int


KILLED_ITS_READER = "killed its reader twice"


class Attempting:
    """One reader of messages; `state` is that of messages which its stage has not handled."""

    def __init__(self, open_uow: OpenUnitOfWork, state: MessageState) -> None:
        self._open_uow = open_uow
        self._state = state
        self._reader = uuid4()
        self._has_beaten = False

    async def beat(self) -> None:
        """Record a heartbeat; call it every `BEAT_EVERY` from the event loop that handles messages."""
        async with self._open_uow() as uow:
            await uow.attempts.beat(self._reader, SILENT_AFTER)
            await uow.commit()
        self._has_beaten = True

    async def begin(self, starts: Sequence[Start]) -> list[Begun | None]:
        """Mark the messages that may be handled now, in one transaction.

        Returns one entry for each start, None for a message in another state: nothing is left to do.
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
        """Handle a message that was begun; store a failure with the time of the next attempt.

        Returns:
            Why the message is dead, if `retry` gives it up; else None.

        Raises:
            StoreUnavailable: The failure can't be stored, so this attempt is not counted.
        """
        try:
            await handle(message_id)
        except StaleTurn as error:
            log.info("message %s: %s", message_id, error)
            await self._leave(message_id)
        except Postponed as error:
            log.debug("message %s is postponed: %s", message_id, error)
            await self._postpone(message_id, error.retry_after)
        except NotFound:
            # Erased meanwhile: nothing is left to do, and the erasure waits for this work to end.
            log.info("message %s is gone", message_id)
            await self._leave(message_id)
        except asyncio.CancelledError:
            # A replica that shuts down releases its messages, so that they get no strike.
            with contextlib.suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(_LEAVE_WITHIN_S):
                    await self._leave(message_id)
            raise
        except Exception as error:  # noqa: BLE001 - the policy decides
            attempts = failed_before + 1
            decision = retry.decide(error, attempts)
            if isinstance(decision, GiveUp):
                return Dead(f"{decision.cause}: {words_of(error)}", attempts)
            await self._fail(message_id, decision.delay)
            log.warning(
                "message %s failed (attempt %d, next in %.1f s): %s: %s",
                message_id,
                attempts,
                decision.delay.total_seconds(),
                type(error).__name__,
                words_of(error),
            )
        return None

    async def _fail(self, message_id: UUID, delay: timedelta) -> None:
        async with self._open_uow() as uow:
            await uow.attempts.fail(message_id, self._reader, delay)
            await uow.commit()

    async def _postpone(self, message_id: UUID, delay: timedelta) -> None:
        async with self._open_uow() as uow:
            await uow.attempts.postpone(message_id, self._reader, delay)
            await uow.commit()

    async def _leave(self, message_id: UUID) -> None:
        async with self._open_uow() as uow:
            await uow.attempts.leave(message_id, self._reader)
            await uow.commit()


async def queue_due(open_uow: OpenUnitOfWork, limit: int = 500) -> int:
    """Queue up to `limit` messages whose next attempt is due, oldest first; return their number."""
    async with open_uow() as uow:
        due = await uow.attempts.requeue_due(limit)
        for message in due:
            is_inbound = message.role is Role.CUSTOMER
            await queue_message(uow, topics.INCOMING if is_inbound else topics.OUTGOING, message)
        if due:
            await uow.commit()
            log.info("queued %d messages for their next attempt", len(due))
    return len(due)
