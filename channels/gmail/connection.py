"""Whether a real mailbox is connected as it has to be; says what is missing, changes nothing."""

from __future__ import annotations

import asyncio
from contextlib import closing

import httplib2

from channels.gmail.api import GmailApi
from channels.gmail.settings import GOOGLE_CERTS_URL, GmailSettings
from domain.errors import ProviderRejected, ProviderUnavailable

_VARIABLES = {
    "address": "GMAIL_ADDRESS",
    "client_id": "GMAIL_CLIENT_ID",
    "client_secret": "GMAIL_CLIENT_SECRET",
    "refresh_token": "GMAIL_REFRESH_TOKEN",
    "pubsub_topic": "GMAIL_PUBSUB_TOPIC",
    "pubsub_audience": "GMAIL_PUBSUB_AUDIENCE",
    "pubsub_service_account": "GMAIL_PUBSUB_SERVICE_ACCOUNT",
}


async def check_connection(settings: GmailSettings) -> list[str]:
    """What is missing, one sentence each; empty when everything is in order.

    Asks Gmail for the profile and, since nothing else shows whether the topic lets Gmail publish,
    renews the watch.
    """
    problems = [
        f"{_VARIABLES[name]} is empty." for name in _VARIABLES if not _value(settings, name)
    ]
    topic = settings.pubsub_topic
    if topic and not (topic.startswith("projects/") and "/topics/" in topic):
        problems.append("GMAIL_PUBSUB_TOPIC is not of the form projects/PROJECT/topics/TOPIC.")
    if settings.pubsub_audience and not settings.pubsub_audience.startswith("http"):
        problems.append("GMAIL_PUBSUB_AUDIENCE is not the push endpoint's address.")
    if problems:
        return problems
    api = GmailApi(settings)
    try:
        return [*await _check_mailbox(api, settings), *await _check_certs(settings)]
    finally:
        await asyncio.to_thread(api.close)


def _value(settings: GmailSettings, name: str) -> str:
    value = getattr(settings, name)
    return value if isinstance(value, str) else str(value.get_secret_value())


async def _check_mailbox(api: GmailApi, settings: GmailSettings) -> list[str]:
    try:
        address = str((await api.profile()).get("emailAddress", ""))
    except (ProviderUnavailable, ProviderRejected) as error:
        return [f"Gmail does not let us in: {error}. Check client id, secret and refresh token."]
    problems: list[str] = []
    if address.lower() != settings.address.lower():
        problems.append(f"The refresh token belongs to {address}, not to {settings.address}.")
    try:
        await api.list_labels()
        await api.watch()
    except (ProviderUnavailable, ProviderRejected) as error:
        problems.append(
            f"Gmail can't publish to {settings.pubsub_topic}: {error}. Check that the topic exists, that"
            " gmail-api-push@system.gserviceaccount.com may publish to it, and the scope gmail.modify."
        )
    return problems


async def _check_certs(settings: GmailSettings) -> list[str]:
    url = settings.pubsub_certs_url or GOOGLE_CERTS_URL
    try:
        with closing(httplib2.Http(timeout=settings.timeout.total_seconds())) as transport:
            response, _ = await asyncio.to_thread(transport.request, url)
    except (OSError, httplib2.HttpLib2Error) as error:
        return [f"The keys that sign pushes can't be fetched: {type(error).__name__}."]
    return [] if response.status == 200 else [f"The keys' address answered {response.status}."]
