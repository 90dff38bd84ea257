"""Outbox rows become Kafka records: every committed row, in order per customer, at least once."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from datetime import timedelta
from uuid import UUID

from domain import topics
from domain.errors import BrokerUnavailable
from domain.messages import Role
from domain.ports import Publisher
from domain.records import OutboxRow
from domain.stores import OpenWork
from pipeline.queueing import queue_message

log = logging.getLogger(__name__)


async def relay_once(open_work: OpenWork, publisher: Publisher, limit: int = 500) -> int:
    """Publish what is unpublished now and return how many rows went out.

    Customers go out side by side, one customer's rows one after the other; the first failure of a
    customer stops that customer only. A row is marked after the broker's acknowledgement, so a
    crash in between publishes it twice, which the stages ignore. Only one relay may run at a time.
    Raises BrokerUnavailable when nothing at all went out.
    """
    async with open_work() as work:
        rows = await work.outbox.unpublished(limit)
    by_key: dict[UUID, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        by_key[row.key].append(row)
    results = await asyncio.gather(*(_publish_in_order(publisher, own) for own in by_key.values()))
    published = [row_id for done, _ in results for row_id in done]
    if published:
        async with open_work() as work:
            await work.outbox.mark_published(published)
            await work.commit()
    failure = next((error for _, error in results if error is not None), None)
    if failure is not None:
        log.warning("relay published %d of %d rows: %s", len(published), len(rows), failure)
        if not published:
            raise failure
    return len(published)


async def _publish_in_order(
    publisher: Publisher, rows: list[OutboxRow]
) -> tuple[list[int], BrokerUnavailable | None]:
    done: list[int] = []
    for row in rows:
        value = json.dumps(row.value, separators=(",", ":")).encode()
        headers = {name: text.encode() for name, text in row.headers.items()}
        try:
            await publisher.publish(row.topic, str(row.key), value, headers)
        except BrokerUnavailable as error:
            return done, error
        done.append(row.id)
    return done, None


async def sweep(open_work: OpenWork, older_than: timedelta, limit: int = 200) -> int:
    """Queue again what was accepted but never finished, whatever the broker forgot.

    Safe to repeat: a stage that is asked twice finds nothing left to do.
    """
    async with open_work() as work:
        stuck = await work.messages.requeue_unfinished(older_than, limit)
        for message in stuck:
            inbound = message.role is Role.CUSTOMER
            await queue_message(work, topics.INCOMING if inbound else topics.OUTGOING, message)
        if stuck:
            await work.commit()
            log.warning("queued %d unfinished messages again", len(stuck))
    return len(stuck)
