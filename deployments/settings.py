"""Reads the environment, here and nowhere else, once, at start; reports everything that is missing at once."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.mailboxes import SECRET_NAME
from channels.registry import SPECS, chosen, settings_types
from channels.spec import Intake, plain
from domain.channels import Channel
from domain.company import SECRET_PREFIX
from domain.errors import ConfigurationError
from domain.principals import Role
from domain.private_hosts import PrivateHosts
from messaging.address import BrokerAddress, SaslMechanism, SecurityProtocol

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
_LEAST_CHARACTERS = 16
"""Of a staff key and of the secret behind the tickets' links."""

_PRIVATE_NETWORKS = (
    "127.0.0.0/8,10.0.0.0/8,100.64.0.0/10,172.16.0.0/12,192.168.0.0/16,::1/128,fc00::/7"
)


Stage = Literal["ingress", "relay", "agent", "delivery"]
_NOTIFICATION_SECRET = re.compile(SECRET_PREFIX + r"[A-Z0-9_]{1,100}")
_SECRETS_OF_STAGE: Mapping[Stage, tuple[str, ...]] = {
    "ingress": ("database_url", "staff_api_keys", "oidc_client_secret", "ticket_token_secret"),
    "relay": ("database_url", "kafka_sasl_password", "ticket_token_secret"),
    "agent": ("database_url", "kafka_sasl_password", "openai_api_key"),
    "delivery": ("database_url", "kafka_sasl_password"),
}
"""Beside those of the channels that a stage reads or sends through. Embedding and sentiment use none."""


class Settings(*settings_types(), BaseSettings):  # type: ignore[misc] # as many as are registered
    """The system's settings and each channel's; names are the environment's in lower case.

    .env is read too; the environment wins.

    SETTINGS_FILE may name another file in the form of .env: that is how `make run` tells the stages
    what it made up for them. SECRETS_DIR may name a folder with one file per setting, such as a mounted
    Kubernetes Secret: unlike a variable, a file is in the environment of no worker.
    """

    model_config = SettingsConfigDict(
        env_file=(".env", os.environ.get("SETTINGS_FILE", "")),
        secrets_dir=os.environ.get("SECRETS_DIR") or None,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data_dir: Path = Field(
        default=Path(".local"),
        description="Folder of one running system: data of the embedded servers, logs and pid files.",
    )
    api_host: str = Field(
        default="127.0.0.1",
        description="Address that `make run` listens on; the replicas themselves stay on loopback.",
    )
    api_port: int = Field(
        default=8000, ge=1, le=65535, description="Port of the API and the pages."
    )
    http_port: int | None = Field(
        default=None, ge=1, le=65535, description="`make run`'s name for API_PORT; wins over it."
    )
    dashboard_port: int = Field(
        default=8265, ge=1, le=65535, description="Port of Ray's dashboard in `make run`."
    )
    prometheus_port: int = Field(
        default=9090, ge=1, le=65535, description="Port of `make monitoring`'s Prometheus."
    )
    log_level: LogLevel | None = Field(
        default=None,
        description="Least severe log lines of every process of ours. Empty: for the stages the level of"
        " logging_config in config.yaml, for commands and the MCP server WARNING.",
    )
    public_base_url: str = Field(
        default="",
        description="Address that customers and providers see, such as https://support.example.com;"
        " Twilio's signatures are checked against it. Empty: the loopback address.",
    )
    web_pages: Path = Field(
        default=Path("web-form/out"),
        description="Folder of the exported pages, relative to where the system was started.",
    )
    allowed_origins: str = Field(
        default="",
        description="Origins of other sites whose pages may call the API, comma-separated. Empty: none.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses and networks (10.0.0.0/8) whose X-Forwarded-For is believed,"
        " comma-separated. Empty: nobody's, or the private networks' if PUBLIC_BASE_URL is https, since a"
        " proxy ends TLS then.",
    )
    forms_per_minute: int = Field(
        default=120,
        ge=1,
        description="Forms of one address (an IPv6 /64 counts as one) in each ingress replica, and five times"
        " as many of its network (/24, /48); then 429 with Retry-After. Load tests set it higher.",
    )
    serve_address: str = Field(
        default="",
        description="HOST:PORT of Serve's HTTP proxy, for a front that runs apart from it. Empty: `make run`"
        " sets its own.",
    )

    front_key_file: Path | None = Field(
        default=None,
        description="File with the key that the front shows to Serve's HTTP proxy, which then answers nobody else."
        " Empty: whoever reaches the proxy is answered. `make run` makes one up.",
    )

    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="PostgreSQL 16 or later with pgvector. Empty: `make run` starts an embedded one.",
    )
    database_role: str = Field(
        default="",
        description="Role that the stages assume (SET ROLE), one that can't alter the schema."
        " Empty: the role of DATABASE_URL.",
    )
    kafka_bootstrap_servers: str = Field(
        default="",
        description="host:port, comma-separated. Empty: `make run` starts an embedded broker.",
    )
    kafka_security_protocol: SecurityProtocol = Field(
        default="PLAINTEXT",
        description="How the brokers are spoken to: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        default="PLAIN", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."
    )
    kafka_sasl_username: str = Field(default="", description="Name for SASL.")
    kafka_sasl_password: SecretStr = Field(default=SecretStr(""), description="Password for SASL.")
    kafka_ssl_cafile: Path | None = Field(
        default=None,
        description="PEM file of the authorities that may sign the brokers' certificates. Empty: the system's.",
    )
    kafka_home: Path | None = Field(
        default=None,
        description="Folder of an unpacked Apache Kafka (Java 17 on PATH) that `make run` starts in"
        " place of the embedded broker.",
    )

    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key of the model's server. Without key and base URL the grounded answerer answers.",
    )
    openai_base_url: str = Field(
        default="", description="Base URL of an OpenAI-compatible server. Empty: OpenAI's own."
    )
    openai_model: str = Field(
        default="gpt-4.1-mini",
        description="Name of the model; `model` of the agent stage's user_config wins over it.",
    )

    enabled_channels: str = Field(
        default="",
        description="Names of channels, comma-separated: "
        + ", ".join(Channel)
        + ". Empty: the web form and every channel that has any setting of its own.",
    )
    staff_api_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Administrators for automation as name:key, comma-separated, keys of at least 16 characters."
        " Empty: `make run` makes one up and prints it; elsewhere, without OIDC_ISSUER, the first start makes an"
        " administrator and prints its key once.",
    )
    oidc_issuer: str = Field(
        default="",
        description="Address of the OpenID Connect provider through which staff sign in, as the provider itself"
        " writes it. Empty: staff sign in by key alone.",
    )
    oidc_client_id: str = Field(default="", description="Id of this system at the provider.")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret of this system at the provider."
    )
    oidc_role_claim: str = Field(
        default="role",
        description="Claim of the ID token that holds the role, a text or a list; dots lead into nested claims"
        " (realm_access.roles).",
    )
    oidc_roles: str = Field(
        default="",
        description="Roles by the claim's values, value=role, comma-separated (support-leads=admin,support=agent)."
        " viewer, agent, editor and admin mean themselves. Whoever has none is refused.",
    )
    oidc_name: str = Field(
        default="",
        description="Name of the provider on the console's sign-in. Empty: the issuer's host.",
    )
    ticket_token_secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs the links to customers' tickets; at least 16 characters. Changing it makes"
        " every earlier link void. Empty: `make run` makes one up.",
    )

    company: Path | None = Field(
        default=None,
        description="Company profile (YAML) that is imported at the first start. Later changes are made in"
        " the console, by the API or with `python -m serve_app company import`.",
    )
    sample_company: bool | None = Field(
        default=None,
        description="true: a demo with the sample company's profile and articles. Empty: true for `make run`"
        " without COMPANY, false everywhere else.",
    )

    allow_private_hosts: str = Field(
        default="",
        description="Hosts and networks, comma-separated, that crawls and notifications may reach although they are"
        " private."
        " Empty: none; `make run` sets 127.0.0.1.",
    )

    digest_mail_to: str = Field(
        default="",
        description="Staff addresses, comma-separated, that get the day's digest through the Gmail"
        " channel. Empty: none.",
    )

    otel_exporter_otlp_endpoint: str = Field(
        default="",
        description="Where spans go by OTLP over HTTP, without /v1/traces. Empty: nowhere.",
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("staff_api_keys")
    @classmethod
    def _long_keys(cls, value: SecretStr) -> SecretStr:
        short = [name for name, key in _entries(value) if len(key) < _LEAST_CHARACTERS]
        if short:
            raise ValueError(
                f"the key of {', '.join(short)} can be guessed: each key needs at least"
                f" {_LEAST_CHARACTERS} characters; make one with `openssl rand -base64 24`"
            )
        return value

    @field_validator("oidc_roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        wrong = [entry for entry, _, role in _role_entries(value) if role not in set(Role)]
        if wrong:
            raise ValueError(
                f"{', '.join(wrong)}: write value=role, with {', '.join(Role)} as roles"
            )
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        issuer = value.strip().rstrip("/")
        parts = urlsplit(issuer)
        if issuer and not (
            parts.hostname and (parts.scheme == "https" or _is_loopback(parts.hostname))
        ):
            raise ValueError("has to be an https address, as the provider writes it")
        return issuer

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
        for network in value.split(","):
            if network.strip():
                ipaddress.ip_network(network.strip())
        return value

    @field_validator("allow_private_hosts")
    @classmethod
    def _known_hosts(cls, value: str) -> str:
        PrivateHosts.parse(value)
        return value

    @property
    def private_hosts(self) -> PrivateHosts:
        """What our own requests may reach although it is private."""
        return PrivateHosts.parse(self.allow_private_hosts)

    @property
    def channels(self) -> frozenset[Channel]:
        """The enabled ones. A channel with some setting but not all is enabled: `missing` names the rest."""
        named = {Channel(name.strip()) for name in self.enabled_channels.split(",") if name.strip()}
        if named:
            return frozenset(named)
        return frozenset(
            channel
            for channel, spec in SPECS.items()
            if spec.is_on_by_default or spec.transport(self).is_given(self)
        )

    @property
    def broker(self) -> BrokerAddress:
        """Where the brokers are, with the credentials for them."""
        return BrokerAddress(
            servers=self.kafka_bootstrap_servers,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_sasl_username,
            password=self.kafka_sasl_password.get_secret_value(),
            ssl_ca_file=self.kafka_ssl_cafile,
        )

    @property
    def port(self) -> int:
        """HTTP_PORT is `make run`'s name for API_PORT and wins."""
        return self.http_port or self.api_port

    @property
    def base_url(self) -> str:
        """What providers and customers see; the loopback address until PUBLIC_BASE_URL is set."""
        return (self.public_base_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def proxies(self) -> str:
        """Whose X-Forwarded-For is believed, so that no limit counts a proxy's address for all its callers."""
        given = self.trusted_proxies.strip(" ,")
        return given or (_PRIVATE_NETWORKS if self.base_url.startswith("https://") else "")

    @property
    def staff_keys(self) -> dict[str, SecretStr]:
        """Key by staff name."""
        return {name: SecretStr(key) for name, key in _entries(self.staff_api_keys)}

    @property
    def has_identity_provider(self) -> bool:
        """Whether staff sign in through an OpenID Connect provider."""
        return bool(self.oidc_issuer)

    @property
    def oidc_role_names(self) -> dict[str, Role]:
        """Role by a value of the role claim, in lower case."""
        return {name: Role(role) for _, name, role in _role_entries(self.oidc_roles)}

    @property
    def secrets(self) -> tuple[SecretStr, ...]:
        """Every secret that is set, the entries of a list one by one: none may appear in a reply."""
        keys = list(self.staff_keys.values())
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and name != "staff_api_keys":
                text = value.get_secret_value()
                keys += [SecretStr(part) for part in {text, *map(str.strip, text.split(","))}]
        return tuple(key for key in keys if key.get_secret_value())

    def of_stage(self, stage: Stage) -> Self:
        """Return a copy without the secrets that the stage does not use."""
        kept = set(_SECRETS_OF_STAGE[stage])
        for channel in self.channels:
            transport = chosen(channel, self)
            reads_alone = transport.intake.jobs is not Intake.jobs
            if stage in ("ingress", "delivery") or (stage == "relay" and reads_alone):
                kept |= transport.setting_names
        return self.model_copy(
            update={name: SecretStr("") for name in _secret_names() if name not in kept}
        )

    @property
    def digest_recipients(self) -> tuple[str, ...]:
        """Split DIGEST_MAIL_TO at its commas."""
        return tuple(
            address.strip() for address in self.digest_mail_to.split(",") if address.strip()
        )

    @property
    def has_model(self) -> bool:
        """Whether a key or a server for a language model is set."""
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url)

    def write(self, path: Path) -> None:
        """As a SETTINGS_FILE, readable by its owner alone; a write that fails leaves the former file."""
        lines = [f"{name}={_quote(value)}\n" for name, value in self.as_environment().items()]
        unfinished = path.with_name(f"{path.name}.new")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(handle)
        unfinished.replace(path)

    def as_environment(self) -> dict[str, str]:
        """What another process has to have in its environment to read the same settings."""
        environment = {}
        for name in type(self).model_fields:
            value = plain(getattr(self, name))
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
            f"TICKET_TOKEN_SECRET (at least {_LEAST_CHARACTERS} characters)": len(
                self.ticket_token_secret.get_secret_value()
            )
            >= _LEAST_CHARACTERS,
        }
        if self.oidc_issuer or self.oidc_client_id or self.oidc_client_secret.get_secret_value():
            needed |= {
                "OIDC_ISSUER": self.oidc_issuer,
                "OIDC_CLIENT_ID": self.oidc_client_id,
                "OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
            }
        if self.kafka_security_protocol.startswith("SASL"):
            needed |= {
                "KAFKA_SASL_USERNAME": self.kafka_sasl_username,
                "KAFKA_SASL_PASSWORD": self.kafka_sasl_password.get_secret_value(),
            }
        missing = [name for name, value in needed.items() if not value]
        for channel in Channel:
            if channel in self.channels:
                missing += chosen(channel, self).missing(self)
        return missing

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


def _secret_names() -> frozenset[str]:
    return frozenset(
        name
        for name, described in Settings.model_fields.items()
        if described.annotation is SecretStr
    )


def find_mailbox_secret(name: str) -> SecretStr | None:
    """Return what a mailbox's row names: a variable, a line of .env, or a file in SECRETS_DIR.

    Read anew each time, so that a file takes effect without a restart. None for a name that is no mailbox's.
    """
    return _find_secret(name) if SECRET_NAME.fullmatch(name) else None


def find_notification_secret(name: str) -> SecretStr | None:
    """Return what a notification route of the profile names, as `find_mailbox_secret` does."""
    return _find_secret(name) if _NOTIFICATION_SECRET.fullmatch(name) else None


def _find_secret(name: str) -> SecretStr | None:
    text = os.environ.get(name) or dotenv_values(".env").get(name)
    folder = os.environ.get("SECRETS_DIR")
    if not text and folder:
        with suppress(OSError):
            text = (Path(folder) / name).read_text(encoding="utf-8").strip()
    return SecretStr(text) if text else None


def environment_without_secrets() -> dict[str, str]:
    """Return this process's environment for one that needs none of our secrets, or reads them from a file."""
    secret = _secret_names()
    return {name: value for name, value in os.environ.items() if name.lower() not in secret}


def _entries(keys: SecretStr) -> Iterator[tuple[str, str]]:
    """Name and key of each whole entry of STAFF_API_KEYS."""
    for entry in keys.get_secret_value().split(","):
        name, _, key = (part.strip() for part in entry.partition(":"))
        if name and key:
            yield name, key


def _role_entries(roles: str) -> Iterator[tuple[str, str, str]]:
    """Whole entry, value in lower case and role of each entry of OIDC_ROLES."""
    for entry in (one.strip() for one in roles.split(",")):
        if entry:
            value, _, role = (part.strip().lower() for part in entry.rpartition("="))
            yield entry, value, role


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
