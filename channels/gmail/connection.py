"""Checks a mailbox's connection; says what is missing and how to fix it."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httplib2
import httpx

from channels.gmail.api import GmailApi
from channels.gmail.faults import GUIDE, NEEDS_SCOPE, SCOPE, explain, explain_status
from channels.gmail.limited_http import LimitedHttp
from channels.gmail.settings import GOOGLE_CERTS_URL, GOOGLE_TOKEN_URI, GmailSettings
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
_API_ADDRESS = "https://gmail.googleapis.com"
_FULL_ACCESS = "https://mail.google.com/"
PUSH_PATH = "/api/v1/webhooks/gmail"
_WATCH_LEFT = timedelta(hours=24)
"""Less than the system's own job leaves before it renews."""
_PUBLISHER = "gmail-api-push@system.gserviceaccount.com"


async def check_connection(settings: GmailSettings) -> list[str]:
    """Return what is missing, a sentence each.

    Asks for an access token and the profile, and renews the watch, since nothing else shows whether
    Gmail may publish to the topic. Stops at a problem that would fail the later checks too.
    """
    if problems := _check_settings(settings):
        return problems
    if problem := await asyncio.to_thread(_check_credentials, settings):
        return [problem]
    api = GmailApi(settings)
    try:
        problems = await _check_mailbox(api, settings)
    finally:
        await asyncio.to_thread(api.close)
    return problems + await asyncio.to_thread(_check_keys, settings)


async def check_push(
    client: httpx.AsyncClient,
    settings: GmailSettings,
    *,
    public_base_url: str,
    watch_expires_at: datetime | None,
) -> list[str]:
    """Return what is wrong with the way of Google's pushes into the running system.

    Only Google can sign a push, so this sends one without a token: the right system refuses it with 401.
    """
    problems = []
    wanted = public_base_url.rstrip("/") + PUSH_PATH
    if public_base_url and settings.pubsub_audience != wanted:
        problems.append(
            f"GMAIL_PUBSUB_AUDIENCE is {settings.pubsub_audience}, not {wanted}: correct it, and the push endpoint of"
            f" the subscription (step 4 of {GUIDE})."
        )
    if watch_expires_at is None:
        problems.append(
            "The running system keeps no watch on this mailbox: it makes one within minutes of its start; see the log"
            " of the relay."
        )
    elif watch_expires_at - datetime.now(UTC) < _WATCH_LEFT:
        problems.append(
            f"The watch ends at {watch_expires_at:%Y-%m-%d %H:%M} UTC and was not renewed: see the log of the relay."
        )
    try:
        answer = await client.post(settings.pubsub_audience, json={"message": {}})
    except httpx.HTTPError as error:
        problems.append(
            f"{settings.pubsub_audience} can't be reached ({type(error).__name__}): check PUBLIC_BASE_URL, DNS, the"
            " certificate and the proxy."
        )
    else:
        if answer.status_code != 401:
            problems.append(
                f"{settings.pubsub_audience} answered a push without a token with {answer.status_code}, not 401:"
                " it does not lead to this system, or the e-mail channel is off."
            )
    return problems


def _check_settings(settings: GmailSettings) -> list[str]:
    problems = [
        f"{_VARIABLES[name]} is empty." for name in _VARIABLES if not _value(settings, name)
    ]
    topic = settings.pubsub_topic
    if topic and not (topic.startswith("projects/") and "/topics/" in topic):
        problems.append("GMAIL_PUBSUB_TOPIC is not of the form projects/PROJECT/topics/TOPIC.")
    if settings.pubsub_audience and not settings.pubsub_audience.startswith("http"):
        problems.append("GMAIL_PUBSUB_AUDIENCE is not the push endpoint's address.")
    return problems


def _value(settings: GmailSettings, name: str) -> str:
    value = getattr(settings, name)
    return value if isinstance(value, str) else str(value.get_secret_value())


def _check_credentials(settings: GmailSettings) -> str | None:
    """Ask for an access token, whose answer tells a wrong client from a revoked token (RFC 6749)."""
    address = settings.token_uri or GOOGLE_TOKEN_URI
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.get_secret_value(),
        "refresh_token": settings.refresh_token.get_secret_value(),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        with closing(LimitedHttp(settings.timeout.total_seconds())) as transport:
            response, content = transport.request(address, "POST", urlencode(form), headers)
        answer = json.loads(content)
    except (OSError, httplib2.HttpLib2Error) as error:
        return explain(error, address)
    except ValueError:
        answer = {}
    match answer.get("error") if isinstance(answer, dict) else None:
        case "invalid_grant":
            return (
                "Google does not accept GMAIL_REFRESH_TOKEN (invalid_grant): the refresh token was revoked, has"
                f" ended or belongs to another client. Get a new one (step 2 of {GUIDE})."
            )
        case "invalid_client" | "unauthorized_client" as name:
            return (
                f"Google does not know this client ({name}): GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET have to be"
                f" those of one OAuth client (step 2 of {GUIDE})."
            )
    if response.status != 200:
        return explain_status(response.status, set(), "no access token")
    granted = str(answer.get("scope", SCOPE)).split()
    return None if {SCOPE, _FULL_ACCESS} & set(granted) else NEEDS_SCOPE


async def _check_mailbox(api: GmailApi, settings: GmailSettings) -> list[str]:
    address = settings.api_base_url or _API_ADDRESS
    try:
        found = str((await api.profile()).get("emailAddress", ""))
    except (ProviderUnavailable, ProviderRejected) as error:
        return [explain(error, address)]
    problems: list[str] = []
    if found.lower() != settings.address.lower():
        problems.append(
            f"The refresh token belongs to {found}, not to {settings.address}: sign in as the mailbox (step 2"
            f" of {GUIDE})."
        )
    try:
        await api.watch()
    except ProviderRejected as error:
        problems.append(_explain_topic(error, settings.pubsub_topic))
    except ProviderUnavailable as error:
        problems.append(explain(error, address))
    return problems


def _explain_topic(error: ProviderRejected, topic: str) -> str:
    """Explain a refused watch; the scope is right by now, so it is about the topic."""
    if error.code == "403":
        return f"Gmail may not publish to {topic} (403): let {_PUBLISHER} publish to it (step 3 of {GUIDE})."
    if error.code == "404":
        return f"There is no topic {topic} (404): make it, or mend GMAIL_PUBSUB_TOPIC (step 3 of {GUIDE})."
    return (
        f"Gmail does not take {topic} ({error.code}): it has to be a topic of the project that the OAuth client"
        f" belongs to (step 3 of {GUIDE})."
    )


def _check_keys(settings: GmailSettings) -> list[str]:
    address = settings.pubsub_certs_url or GOOGLE_CERTS_URL
    try:
        with closing(LimitedHttp(settings.timeout.total_seconds())) as transport:
            response, _ = transport.request(address)
    except (OSError, httplib2.HttpLib2Error) as error:
        return [f"The keys that sign pushes can't be fetched. {explain(error, address)}"]
    if response.status == 200:
        return []
    return [f"The keys that sign pushes can't be fetched: {address} answered {response.status}."]
