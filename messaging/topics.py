"""Creates missing topics and detects what the broker supports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    KafkaError,
    TopicAlreadyExistsError,
    UnknownError,
    UnsupportedVersionError,
    for_code,
)

from domain import topics
from domain.errors import BrokerUnavailable
from messaging.address import BrokerAddress

PARTITIONS: Mapping[str, int] = {topics.INCOMING: 4, topics.OUTGOING: 4, topics.DEAD_LETTERS: 4}
"""Partitions of a new topic. An existing topic keeps its count, since more partitions would move a key's
later records. The embedded broker also creates topics with 4 when a client asks for them too early."""

MOST_REPLICAS = 3
"""The largest replication factor; a smaller cluster has one replica for each broker."""


@dataclass(frozen=True, slots=True)
class BrokerTraits:
    """What the broker supports; fetches wait for at most `fetch_max_wait`."""

    is_idempotent: bool
    keeps_records: bool
    fetch_max_wait: timedelta


APACHE_KAFKA = BrokerTraits(
    is_idempotent=True, keeps_records=True, fetch_max_wait=timedelta(milliseconds=500)
)
EMBEDDED = BrokerTraits(
    is_idempotent=False, keeps_records=False, fetch_max_wait=timedelta(milliseconds=100)
)
"""The embedded broker keeps records in memory, has no producer ids, and answers a waiting fetch only after half of the
longest wait, even if a record arrives before."""


async def ensure_topics(
    address: BrokerAddress,
    partitions: Mapping[str, int] = PARTITIONS,
    timeout: timedelta = timedelta(seconds=5),  # noqa: ASYNC109
) -> None:
    """Create missing topics; leave existing ones unchanged. Idempotent. Raises BrokerUnavailable."""
    admin = AIOKafkaAdminClient(
        **address.arguments(),
        request_timeout_ms=int(timeout.total_seconds() * 1000),
    )
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            await admin.start()
            await _create_missing(admin, partitions)
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"no topics at {address}: {error!r}") from error
    finally:
        await admin.close()


async def _create_missing(admin: AIOKafkaAdminClient, partitions: Mapping[str, int]) -> None:
    existing = set(await admin.list_topics())
    missing = {name: count for name, count in partitions.items() if name not in existing}
    if not missing:
        return
    cluster = await admin.describe_cluster()
    copies = min(MOST_REPLICAS, len(cluster["brokers"]))
    response = await admin.create_topics(
        [NewTopic(name, count, copies) for name, count in missing.items()]
    )
    for name, code, *_ in response.topic_errors:  # type: ignore[attr-defined]
        if code not in (0, TopicAlreadyExistsError.errno):
            raise for_code(code)(name)


async def probe_broker(
    address: BrokerAddress,
    timeout: timedelta = timedelta(seconds=5),  # noqa: ASYNC109
) -> BrokerTraits:
    """Detect the broker by asking for a producer id, which only idempotent brokers grant.

    Raises BrokerUnavailable.
    """
    producer = AIOKafkaProducer(
        **address.arguments(),
        enable_idempotence=True,
        request_timeout_ms=int(timeout.total_seconds() * 1000),
    )
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            await producer.start()
    except (UnknownError, UnsupportedVersionError):
        return EMBEDDED
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"no broker at {address}: {error!r}") from error
    finally:
        await producer.stop()
    return APACHE_KAFKA
