"""Offers real servers to the integration tests."""

from tests.integration.api import api, api_alone
from tests.integration.brokers import broker, own_broker
from tests.integration.mail import control, gmail, gmail_url, mail_api
from tests.integration.mail_servers import dovecot, mailbox, own_dovecot, smtp
from tests.integration.postgres import (
    database_url,
    empty_database_url,
    open_uow,
    owner,
    pool,
    postgres_server,
)

__all__ = [
    "api",
    "api_alone",
    "broker",
    "control",
    "database_url",
    "dovecot",
    "empty_database_url",
    "gmail",
    "gmail_url",
    "mail_api",
    "mailbox",
    "open_uow",
    "own_broker",
    "own_dovecot",
    "owner",
    "pool",
    "postgres_server",
    "smtp",
]
