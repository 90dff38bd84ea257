"""Local stand-ins for providers that are not connected, so that all three channels can be tried."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pydantic import SecretStr

from deployments.settings import Settings

_GMAIL_ADDRESS = "support@techcorp.example"
_SERVICE_ACCOUNT = "pubsub@techcorp.example"
_TWILIO_ACCOUNT = "AC00000000000000000000000000000001"
_TWILIO_NUMBER = "+14155550100"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One stand-in process: its name, and the settings that point the system at it."""

    provider: str
    port: int
    settings: dict[str, object]
    arguments: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def wanted_standins(settings: Settings) -> list[str]:
    """Providers without any setting, as long as nobody chose the channels by ENABLED_CHANNELS."""
    if settings.enabled_channels:
        return []
    given = {"gmail": settings.gmail_address, "twilio": settings.twilio_account_sid}
    return [provider for provider, value in given.items() if not value]


def gmail_standin(port: int, base_url: str) -> StandIn:
    url = f"http://127.0.0.1:{port}"
    return StandIn(
        "gmail",
        port,
        {
            "gmail_address": _GMAIL_ADDRESS,
            "gmail_client_id": "stand-in",
            "gmail_client_secret": SecretStr("stand-in"),
            "gmail_refresh_token": SecretStr("stand-in"),
            "gmail_api_base_url": url,
            "gmail_token_uri": f"{url}/token",
            "gmail_pubsub_topic": "projects/local/topics/gmail",
            "gmail_pubsub_audience": f"{base_url}/api/v1/webhooks/gmail",
            "gmail_pubsub_service_account": _SERVICE_ACCOUNT,
            "gmail_pubsub_certs_url": f"{url}/certs",
        },
        (
            *("--address", _GMAIL_ADDRESS),
            *("--push-url", f"{base_url}/api/v1/webhooks/gmail"),
            *("--push-service-account", _SERVICE_ACCOUNT),
        ),
    )


def twilio_standin(port: int, base_url: str) -> StandIn:
    return StandIn(
        "twilio",
        port,
        {
            "twilio_account_sid": _TWILIO_ACCOUNT,
            "twilio_auth_token": SecretStr(secrets.token_hex(16)),
            "twilio_whatsapp_from": _TWILIO_NUMBER,
            "twilio_api_base_url": f"http://127.0.0.1:{port}",
            "public_base_url": base_url,
        },
    )
