"""Real servers for the integration tests."""

from tests.integration.brokers import broker, own_broker
from tests.integration.postgres import (
    database_url,
    empty_database_url,
    open_work,
    owner,
    pool,
    postgres_server,
)

__all__ = [
    "broker",
    "database_url",
    "empty_database_url",
    "open_work",
    "own_broker",
    "owner",
    "pool",
    "postgres_server",
]
