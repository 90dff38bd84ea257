"""What agent and delivery share: one consumer over one topic, a use case behind it, dead letters after it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from domain.errors import Malformed, NotFound, StaleTurn
from domain.retry import RetryPolicy
from domain.stores import OpenWork
from messaging.consumer import KeyedConsumer
from messaging.envelope import decode
from messaging.lanes import Record
from pipeline.bury import bury

log = logging.getLogger(__name__)

DRAIN_LIMIT = timedelta(seconds=20)


class MessageConsumer:
    """Reads envelopes of `topic` and calls `handle` with each one's message id.

    `handle` must be idempotent: records come at least once. What can't be processed is buried.
    """

    def __init__(
        self,
        *,
        bootstrap_servers: str,
        topic: str,
        group_id: str,
        open_work: OpenWork,
        handle: Callable[[UUID], Awaitable[object]],
        retry: RetryPolicy,
        max_concurrent: int,
    ) -> None:
        self._topic = topic
        self._open_work = open_work
        self._handle = handle
        self._consumer = KeyedConsumer(
            bootstrap_servers,
            [topic],
            group_id,
            self._on_record,
            self._on_dead,
            retry=retry,
            max_concurrent=max_concurrent,
        )

    def start(self) -> None:
        self._consumer.start()

    async def drain(self) -> None:
        """Stop reading, let what runs finish, leave the group."""
        await self._consumer.drain(DRAIN_LIMIT)

    @property
    def is_alive(self) -> bool:
        return self._consumer.is_alive

    async def lag(self) -> int:
        return await self._consumer.lag()

    async def _on_record(self, record: Record) -> None:
        envelope = decode(record.value, self._topic)
        try:
            await self._handle(envelope.message_id)
        except StaleTurn as error:
            log.info("message %s: %s", envelope.message_id, error)
        except NotFound:
            # Erased meanwhile: nothing is left to do, and nothing of it may be kept.
            log.info("message %s is gone", envelope.message_id)

    async def _on_dead(self, record: Record, cause: str, attempts: int) -> None:
        try:
            message_id = decode(record.value, self._topic).message_id
        except Malformed:
            message_id = None
        await bury(
            self._open_work,
            topic=record.topic,
            key=record.key.decode("utf-8", "backslashreplace") if record.key else None,
            value=record.value,
            # A broker that lost its log counts from 0 again: the value tells its records apart.
            origin=f"{record.origin}/{hashlib.sha256(record.value).hexdigest()[:16]}",
            message_id=message_id,
            cause=cause,
            attempts=attempts,
        )
