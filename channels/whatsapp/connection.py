"""Checks a Twilio account and its WhatsApp sender; says what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx
import requests
from pydantic import SecretStr
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from channels.whatsapp.client import make_client
from channels.whatsapp.faults import GUIDE, explain
from channels.whatsapp.sender import STATUS_PATH
from domain.errors import ProviderUnavailable
from domain.identifiers import Assurance, IdentifierKind, identify_whatsapp

INBOUND_PATH = "/api/v1/webhooks/whatsapp"
SANDBOX_NUMBER = "+14155238886"
_NO_MESSAGE = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "connection-check"}
"""A status that Twilio does not use: the webhook answers it and stores nothing."""
_NOT_FOUND = 404
_READY = frozenset({"ONLINE", "ONLINE:UPDATING"})


async def check_connection(
    *,
    account_sid: str,
    auth_token: SecretStr,
    from_number: str,
    public_base_url: str,
    api_base_url: str | None = None,
    patience: timedelta = timedelta(seconds=10),
) -> list[str]:
    """Return what is missing, a sentence each. Sends nothing."""
    problems = [
        f"{name} is empty."
        for name, value in {
            "TWILIO_ACCOUNT_SID": account_sid,
            "TWILIO_AUTH_TOKEN": auth_token.get_secret_value(),
            "TWILIO_WHATSAPP_FROM": from_number,
            "PUBLIC_BASE_URL": public_base_url,
        }.items()
        if not value
    ]
    if public_base_url and not public_base_url.startswith("https://"):
        problems.append(
            "PUBLIC_BASE_URL is not https: Twilio should not send customers' words openly."
        )
    if not (account_sid and auth_token.get_secret_value()):
        return problems
    client = make_client(
        account_sid, auth_token.get_secret_value(), base_url=api_base_url or None, timeout=patience
    )
    try:
        problems += await asyncio.to_thread(_check_account, client, account_sid)
        if from_number:
            problems += await asyncio.to_thread(
                _check_sender, client, from_number, public_base_url.rstrip("/")
            )
    except (TwilioException, ProviderUnavailable, requests.RequestException, ValueError) as error:
        problems.append(explain(error, api_base_url))
    return problems


async def check_templates(
    templates: Mapping[str, str],
    *,
    account_sid: str,
    auth_token: SecretStr,
    api_base_url: str | None = None,
    patience: timedelta = timedelta(seconds=10),
) -> list[str]:
    """Return which templates WhatsApp has not approved, a sentence each. `templates` are content SIDs by use."""
    if not (account_sid and auth_token.get_secret_value()):
        return []
    client = make_client(
        account_sid, auth_token.get_secret_value(), base_url=api_base_url or None, timeout=patience
    )
    problems = []
    for use, sid in sorted(templates.items()):
        try:
            problems += await asyncio.to_thread(_check_template, client, use, sid)
        except (TwilioException, ProviderUnavailable, requests.RequestException) as error:
            return [*problems, explain(error, api_base_url)]
    return problems


async def check_webhook(
    client: httpx.AsyncClient, *, auth_token: SecretStr, public_base_url: str
) -> list[str]:
    """Call our status webhook at the public address, signed as Twilio signs; return what is wrong."""
    url = public_base_url.rstrip("/") + STATUS_PATH
    signature = RequestValidator(auth_token.get_secret_value()).compute_signature(url, _NO_MESSAGE)
    try:
        answer = await client.post(
            url, data=_NO_MESSAGE, headers={"X-Twilio-Signature": str(signature)}
        )
    except httpx.HTTPError as error:
        return [
            f"{url} can't be reached ({type(error).__name__}): check PUBLIC_BASE_URL, DNS, the certificate and the"
            " proxy."
        ]
    match answer.status_code:
        case 200:
            return []
        case 403:
            return [
                f"{url} refuses a call that we signed (403): the running system has another PUBLIC_BASE_URL or"
                " TWILIO_AUTH_TOKEN. Restart it with this one."
            ]
        case 404:
            return [
                f"{url} is not there (404): add whatsapp to ENABLED_CHANNELS, or let the proxy pass the path on."
            ]
        case status:
            return [
                f"{url} answered {status}, not 200: something before the system answers in its"
                f" place (step 3 of {GUIDE})."
            ]


def _check_account(client: Client, account_sid: str) -> list[str]:
    status = str(client.api.v2010.accounts(account_sid).fetch().status)
    return [] if status == "active" else [f"The Twilio account is {status}, not active."]


def _check_template(client: Client, use: str, sid: str) -> list[str]:
    where = f"channels.whatsapp.templates.{use} in the profile"
    try:
        found = client.content.v1.contents(sid).approval_fetch().fetch().whatsapp
    except TwilioRestException as error:
        if error.status != _NOT_FOUND:
            raise
        return [f"{sid} is no template of this account: correct {where}."]
    status = str((found or {}).get("status") or "unsubmitted")
    if status == "approved":
        return []
    why = str((found or {}).get("rejection_reason") or "")
    what = f"WhatsApp has not approved {sid} ({status}{f': {why}' if why else ''})"
    return [f"{what}: submit it in Twilio's Content Template Builder, or name another as {where}."]


def _check_sender(client: Client, from_number: str, public_base_url: str) -> list[str]:
    number = identify_whatsapp(from_number, Assurance.PROVIDER_ATTESTED)
    if number.kind is not IdentifierKind.PHONE:
        return ["TWILIO_WHATSAPP_FROM is not a phone number with country code."]
    if number.value == SANDBOX_NUMBER:
        return []
    wanted = f"whatsapp:{number.value}"
    senders = client.messaging.v2.channels_senders.list(channel="whatsapp", limit=200)
    sender = next((sender for sender in senders if sender.sender_id == wanted), None)
    if sender is None:
        return ["TWILIO_WHATSAPP_FROM is not a WhatsApp sender of this account."]
    problems = []
    if str(sender.status) not in _READY:
        problems.append(f"The WhatsApp sender is {sender.status}, not ONLINE.")
    stored: object = sender.webhook
    webhook = stored if isinstance(stored, dict) else {}
    for key, path in (("callback_url", INBOUND_PATH), ("status_callback_url", STATUS_PATH)):
        url = str(webhook.get(key) or "").split("#", 1)[0]
        if key == "status_callback_url" and not url:
            continue  # each message that we send names the address
        if url != public_base_url + path:
            problems.append(f"The sender's {key} is {url or 'empty'}, not {public_base_url}{path}.")
    return problems
