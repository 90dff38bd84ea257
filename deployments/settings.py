"""The environment, read here and nowhere else, once, at start. All that is missing is said at once."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.channels import Channel
from domain.errors import ConfigurationError


class Settings(BaseSettings):
    """Names are the environment's in lower case; .env is read too, the environment wins.

    SETTINGS_FILE may name another file in the form of .env: that is how `make run` tells the stages
    what it made up for them.
    """

    model_config = SettingsConfigDict(
        env_file=(".env", os.environ.get("SETTINGS_FILE", "")),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Path(".local")
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    http_port: int | None = Field(default=None, ge=1, le=65535)
    dashboard_port: int = Field(default=8265, ge=1, le=65535)
    prometheus_port: int = Field(default=9090, ge=1, le=65535)
    log_level: str = "INFO"
    public_base_url: str = ""
    web_pages: Path = Path("web-form/out")
    """The exported pages, relative to the folder that the system was started in."""
    allowed_origins: str = ""
    trusted_proxies: str = ""
    """Addresses and networks (10.0.0.0/8) whose X-Forwarded-For is believed; empty: nobody's."""
    serve_address: str = ""
    """HOST:PORT of Serve's HTTP proxy, for a front that runs apart from it; `make run` sets its own."""

    database_url: SecretStr = SecretStr("")
    database_role: str = ""
    kafka_bootstrap_servers: str = ""
    kafka_home: Path | None = None

    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""
    openai_model: str = "gpt-4.1-mini"

    enabled_channels: str = ""
    """Empty: the web form and every channel that has any setting of its own."""
    staff_api_keys: SecretStr = SecretStr("")
    ticket_token_secret: SecretStr = SecretStr("")

    gmail_address: str = ""
    gmail_client_id: str = ""
    gmail_client_secret: SecretStr = SecretStr("")
    gmail_refresh_token: SecretStr = SecretStr("")
    gmail_api_base_url: str = ""
    gmail_token_uri: str = ""
    gmail_pubsub_topic: str = ""
    gmail_pubsub_audience: str = ""
    gmail_pubsub_service_account: str = ""
    gmail_pubsub_certs_url: str = ""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_whatsapp_from: str = ""
    twilio_api_base_url: str = ""

    digest_mail_to: str = ""
    """Staff addresses, comma-separated, that get the day's digest through the Gmail channel; empty: none."""

    otel_exporter_otlp_endpoint: str = ""
    """Where spans go by OTLP over HTTP, without /v1/traces; empty: nowhere."""

    @field_validator("enabled_channels")
    @classmethod
    def _known_channels(cls, value: str) -> str:
        unknown = {name.strip() for name in value.split(",") if name.strip()} - set(Channel)
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(Channel)}")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _known_addresses(cls, value: str) -> str:
        for one in value.split(","):
            if one.strip():
                ipaddress.ip_network(one.strip())
        return value

    @property
    def channels(self) -> frozenset[Channel]:
        """The enabled ones. A channel with some setting but not all is enabled: `missing` names the rest."""
        named = {Channel(one.strip()) for one in self.enabled_channels.split(",") if one.strip()}
        if named:
            return frozenset(named)
        given = {name for name in type(self).model_fields if _plain(getattr(self, name))}
        channels = {Channel.WEB_FORM}
        if any(name.startswith("gmail_") for name in given):
            channels.add(Channel.EMAIL)
        if any(name.startswith("twilio_") for name in given):
            channels.add(Channel.WHATSAPP)
        return frozenset(channels)

    @property
    def port(self) -> int:
        """HTTP_PORT is `make run`'s name for API_PORT and wins."""
        return self.http_port or self.api_port

    @property
    def base_url(self) -> str:
        """What providers and customers see; the loopback address until PUBLIC_BASE_URL is set."""
        return (self.public_base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def twilio_auth_tokens(self) -> list[SecretStr]:
        tokens = self.twilio_auth_token.get_secret_value().split(",")
        return [SecretStr(one.strip()) for one in tokens if one.strip()]

    @property
    def staff_keys(self) -> dict[str, SecretStr]:
        """Key by staff name."""
        keys: dict[str, SecretStr] = {}
        for entry in self.staff_api_keys.get_secret_value().split(","):
            name, _, key = (part.strip() for part in entry.partition(":"))
            if name and key:
                keys[name] = SecretStr(key)
        return keys

    @property
    def digest_recipients(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.digest_mail_to.split(",") if one.strip())

    @property
    def has_model(self) -> bool:
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)

    def write(self, path: Path) -> None:
        """As a SETTINGS_FILE, readable by its owner alone."""
        lines = [f"{name}={_quote(value)}\n" for name, value in self.as_environment().items()]
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)

    def as_environment(self) -> dict[str, str]:
        """What another process has to have in its environment to read the same settings."""
        environment = {}
        for name in type(self).model_fields:
            value = _plain(getattr(self, name))
            if value not in ("", None):
                environment[name.upper()] = str(
                    value.absolute() if isinstance(value, Path) else value
                )
        return environment

    def missing(self) -> list[str]:
        """What the enabled channels and the API need and do not have, one name each."""
        needed = {
            "DATABASE_URL": self.database_url.get_secret_value(),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers,
            "STAFF_API_KEYS (name:key, comma-separated)": self.staff_keys,
            "TICKET_TOKEN_SECRET (at least 16 characters)": len(
                self.ticket_token_secret.get_secret_value()
            )
            >= 16,
        }
        if Channel.EMAIL in self.channels:
            needed |= {
                "GMAIL_ADDRESS": self.gmail_address,
                "GMAIL_CLIENT_ID": self.gmail_client_id,
                "GMAIL_CLIENT_SECRET": self.gmail_client_secret.get_secret_value(),
                "GMAIL_REFRESH_TOKEN": self.gmail_refresh_token.get_secret_value(),
                "GMAIL_PUBSUB_TOPIC": self.gmail_pubsub_topic,
                "GMAIL_PUBSUB_AUDIENCE": self.gmail_pubsub_audience,
                "GMAIL_PUBSUB_SERVICE_ACCOUNT": self.gmail_pubsub_service_account,
            }
        if Channel.WHATSAPP in self.channels:
            needed |= {
                "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
                "TWILIO_AUTH_TOKEN": self.twilio_auth_tokens,
                "TWILIO_WHATSAPP_FROM": self.twilio_whatsapp_from,
                "PUBLIC_BASE_URL": self.public_base_url,
            }
        return [name for name, value in needed.items() if not value]

    def require_complete(self) -> None:
        """Raises ConfigurationError with everything that is missing in one message."""
        missing = self.missing()
        if missing:
            raise ConfigurationError(
                "The system can't start: set "
                + ", ".join(missing)
                + " in the environment or in .env,"
                " or take the channel that needs it out of ENABLED_CHANNELS."
            )


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read_settings(file: Path | None = None) -> Settings:
    """From the environment, `file` in the form of .env, and .env, in this order.

    Raises ConfigurationError naming every setting that can't be read.
    """
    try:
        return Settings(_env_file=(".env", file)) if file else Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()
        )
        raise ConfigurationError(f"These settings can't be read: {wrong}.") from error
