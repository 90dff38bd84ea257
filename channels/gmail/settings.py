"""Types the settings of a mailbox and its Google Cloud project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a secret
GOOGLE_CERTS_URL = "https://www.googleapis.com/oauth2/v3/certs"

HANDLED_LABEL = "Support/Handled"
ESCALATED_LABEL = "Support/Escalated"
UNREADABLE_LABEL = "Support/Unreadable"


@dataclass(frozen=True, slots=True)
class GmailSettings:
    """Access to one mailbox. Empty URLs mean Google's own; `timeout` is that of one network operation."""

    address: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    api_base_url: str = ""
    token_uri: str = ""
    pubsub_topic: str = ""
    pubsub_audience: str = ""
    pubsub_service_account: str = ""
    pubsub_certs_url: str = ""
    timeout: timedelta = timedelta(seconds=20)
    max_threads: int = 8
