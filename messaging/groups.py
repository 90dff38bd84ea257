"""Reads the state of a consumer group without joining it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from messaging.address import BrokerAddress


async def is_stable(
    address: BrokerAddress,
    group_id: str,
    timeout: timedelta = timedelta(seconds=1),  # noqa: ASYNC109
) -> bool:
    """Whether every member of the group has its partitions; False if the broker can't tell."""
    admin = AIOKafkaAdminClient(
        **address.arguments(),
        request_timeout_ms=int(timeout.total_seconds() * 1000),
    )
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            await admin.start()
            [found] = await admin.describe_consumer_groups([group_id])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
    states = [state for _, _, state, *_ in found.groups]  # type: ignore[attr-defined]
    return states == ["Stable"]
