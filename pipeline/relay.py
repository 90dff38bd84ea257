"""Publishes outbox rows to Kafka at least once, in order per customer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from domain import topics
from domain.errors import Malformed, Permanent, StoreUnavailable
from domain.events import RowPutAside, ignore
from domain.leases import Lease
from domain.messages import Role
from domain.ports import Observe, Publisher
from domain.records import OutboxRow
from domain.retry import GiveUp, RetryPolicy
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.dead_letter import dead_letter
from pipeline.failed_items import describe
from pipeline.queueing import queue_message

log = logging.getLogger(__name__)

_RETRY = RetryPolicy(
    max_attempts=2**31 - 1,
    first_delay=timedelta(milliseconds=200),
    longest_delay=timedelta(seconds=5),
)
"""A row is retried without end while the broker is unavailable, but not after a bug."""


async def relay_once(
    open_uow: OpenUnitOfWork,
    publisher: Publisher,
    limit: int = 500,
    observe: Observe = ignore,
    lease: Lease | None = None,
) -> int:
    """Publish the rows that are due; return how many were published or put aside.

    Customers are published concurrently, the rows of one customer in order. A failed row blocks its
    customer's later rows until its retry; a row that can never be published becomes a dead letter and
    blocks nothing. A row is marked after the broker's acknowledgement, so a crash in between publishes
    it twice, which the stages ignore. Only one relay may run at a time:
    `lease` is required in each transaction that reads or marks rows.

    Raises:
        BrokerUnavailable: The broker can't be reached; no row was changed.
        StoreUnavailable: PostgreSQL can't be reached.
        LeaseLost: Another relay leads; nothing was marked.
    """
    await publisher.start()
    async with open_uow() as uow:
        await _require(uow, lease)
        rows = await uow.outbox.unpublished(limit)
    if not rows:
        return 0
    by_key: dict[UUID, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    attempt = _Round(publisher)
    await asyncio.gather(*(attempt.publish(own) for own in by_key.values()))
    await attempt.publish_refused()
    async with open_uow() as uow:
        await _require(uow, lease)
        await uow.outbox.mark_published(attempt.published)
        for row, delay, cause in attempt.delayed:
            await uow.outbox.retry_later(row.id, delay, cause)
        await uow.commit()
    for row, cause in attempt.given_up:
        await _put_aside(open_uow, row, cause, observe, lease)
    if attempt.delayed:
        row, _, cause = attempt.delayed[0]
        log.warning(
            "%d of %d outbox rows are tried again later; row %d: %s",
            len(attempt.delayed),
            len(rows),
            row.id,
            cause,
        )
    return len(attempt.published) + len(attempt.given_up)


class _Round:
    """One attempt at a batch of rows, and its results."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._refused: list[Sequence[OutboxRow]] = []
        self.published: list[int] = []
        self.delayed: list[tuple[OutboxRow, timedelta, str]] = []
        self.given_up: list[tuple[OutboxRow, str]] = []

    async def publish(self, rows: Sequence[OutboxRow], *, is_alone: bool = False) -> None:
        """Publish the rows of one key in order, up to the first that has to wait."""
        for position, row in enumerate(rows):
            try:
                value, headers = _encode(row)
                await self._publisher.publish(row.topic, str(row.key), value, headers)
            except Permanent as error:
                if not is_alone:
                    self._refused.append(rows[position:])
                    return
                self.given_up.append((row, describe(error)))
            except Exception as error:  # noqa: BLE001 - the policy decides about this row alone
                decision = _RETRY.decide(error, row.attempts + 1)
                if not isinstance(decision, GiveUp):
                    self.delayed.append((row, decision.delay, describe(error)))
                    return
                self.given_up.append((row, describe(error)))
            else:
                self.published.append(row.id)

    async def publish_refused(self) -> None:
        """Publish each refused row alone: a broker refuses all records of a request together."""
        for rows in self._refused:
            await self.publish(rows, is_alone=True)


def _encode(row: OutboxRow) -> tuple[bytes, dict[str, bytes]]:
    """Return the record's value and headers. Raises Malformed."""
    try:
        value = json.dumps(row.value, separators=(",", ":")).encode()
        headers = {name: text.encode() for name, text in row.headers.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"can't be written as a record: {type(error).__name__}") from error
    return value, headers


async def _require(uow: UnitOfWork, lease: Lease | None) -> None:
    if lease is not None:
        await uow.leases.require(lease)


async def _put_aside(
    open_uow: OpenUnitOfWork, row: OutboxRow, cause: str, observe: Observe, lease: Lease | None
) -> None:
    """Dead-letter the row, unless it already refers to a dead letter."""
    log.error("outbox row %d for %s is put aside: %s", row.id, row.topic, cause)
    if row.topic != topics.DEAD_LETTERS:
        await _dead_letter(open_uow, row, cause, observe)
    async with open_uow() as uow:
        await _require(uow, lease)
        await uow.outbox.put_aside(row.id, cause)
        await uow.commit()
    observe(RowPutAside(row.topic))


async def _dead_letter(
    open_uow: OpenUnitOfWork, row: OutboxRow, cause: str, observe: Observe
) -> None:
    """Dead-letter the row with its message, so that the customer is told; if that fails, without it."""
    for message_id in (_message_id(row), None):
        try:
            await dead_letter(
                open_uow,
                topic=row.topic,
                key=str(row.key),
                value=json.dumps(row.value).encode(),
                origin=f"outbox/{row.id}",
                message_id=message_id,
                cause=cause,
                attempts=row.attempts + 1,
                observe=observe,
            )
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("outbox row %d can't be dead-lettered, message %s", row.id, message_id)
        else:
            return


def _message_id(row: OutboxRow) -> UUID | None:
    try:
        return UUID(str(row.value.get("message_id")))
    except (ValueError, AttributeError):
        return None


async def purge(open_uow: OpenUnitOfWork, older_than: timedelta) -> int:
    """Delete rows that were published or put aside longer ago; return how many."""
    async with open_uow() as uow:
        deleted = await uow.outbox.purge(older_than)
        await uow.commit()
    return deleted


async def sweep(open_uow: OpenUnitOfWork, older_than: timedelta, limit: int = 200) -> int:
    """Queue messages again that were accepted but not finished, such as records that a broker lost.

    Safe to repeat: a stage ignores a message that is already handled. Returns how many were queued.
    """
    async with open_uow() as uow:
        stuck = await uow.messages.requeue_unfinished(older_than, limit)
        for message in stuck:
            inbound = message.role is Role.CUSTOMER
            await queue_message(uow, topics.INCOMING if inbound else topics.OUTGOING, message)
        if stuck:
            await uow.commit()
            log.warning("queued %d unfinished messages again", len(stuck))
    return len(stuck)
