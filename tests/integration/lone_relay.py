"""Runs `python -m tests.integration.lone_relay NAME DATABASE_URL BROKER`: a relay that competes to lead."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import timedelta

from database.pool import Pool
from database.unit_of_work import open_uow
from deployments.leader import Leader
from deployments.metrics import InMemoryMeter
from deployments.outbox_publisher import OutboxPublisher
from domain.leases import RELAY
from messaging.address import BrokerAddress
from messaging.publisher import KafkaPublisher


async def relay(name: str, database_url: str, broker: BrokerAddress) -> None:
    pool = Pool(database_url, role="fte_app", application_name=name)
    work = open_uow(pool)
    outbox = OutboxPublisher(work, KafkaPublisher(broker), InMemoryMeter())
    await Leader(
        work,
        RELAY,
        outbox.run,
        lease_for=timedelta(seconds=3),
        renew_every=timedelta(seconds=0.5),
    ).run()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(relay(sys.argv[1], sys.argv[2], BrokerAddress(**json.loads(sys.argv[3]))))
