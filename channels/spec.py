"""Types what a channel tells the rest of the system: its facts, defaults and transports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, SecretStr

from domain.channels import Channel, ChannelConfig, ChannelFacts
from domain.ports import Observe, Sender
from domain.stores import OpenUnitOfWork

if TYPE_CHECKING:
    import httpx

Health = Literal["healthy", "degraded"]


@dataclass(frozen=True, slots=True)
class Job:
    """An idempotent background job of an intake."""

    run: Callable[[], Awaitable[object]]
    waits: bool = False
    """It returns once there is something new to do, so that no pause comes after a run that went well."""


class ChannelSettings(BaseModel):
    """Base of a transport's settings, whose names are the environment's in lower case."""

    public_base_url: str = ""
    """The system's own, which describes it."""


class Intake:
    """What a running system keeps open to receive a channel's messages."""

    @property
    def reached_at(self) -> str:
        """Return the address that customers write to; empty for a channel without one."""
        return ""

    def jobs(self, open_uow: OpenUnitOfWork, observe: Observe) -> Mapping[str, Job]:
        """Return idempotent background jobs by name, for channels that must be polled."""
        return {}

    async def check(self, open_uow: OpenUnitOfWork) -> Health:
        """Return the channel's health; any exception means unhealthy."""
        return "healthy"

    def close(self) -> None:
        """Release connections; may block."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A provider's call, and what handling it needs."""

    body: bytes
    path: str
    """The route's, with its query string if it has one."""
    query: str
    signature: str | None
    """Content of the header that the webhook names."""
    open_uow: OpenUnitOfWork
    observe: Observe
    span: Callable[..., AbstractContextManager[object]]
    """Opens a span by its name, its trace or None, and its attributes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer with status 200."""

    content: str = '{"status": "ok"}'
    media_type: str = "application/json"


I = TypeVar("I", bound=Intake)  # noqa: E741 - an intake


@dataclass(frozen=True, slots=True)
class Webhook(Generic[I]):
    """One endpoint that a provider calls."""

    path: str
    """Below /api/v1/webhooks."""
    signature_header: str
    verify: Callable[[I, WebhookCall], Awaitable[None]]
    """Raises NotAuthentic, which is counted and answered by `refusal_status`."""
    receive: Callable[[I, WebhookCall], Awaitable[Answer]]
    """Handles a verified call; returns once everything is stored. Its docstring is the API's."""
    answer_within: timedelta
    """Must be shorter than the provider's own time limit."""
    refusal_status: Literal[401, 403] = 401
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How long one delivery replica waits for a provider, and how many calls it makes at once."""

    timeout: timedelta
    max_threads: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """A local server in place of a provider, and the settings that point the system at it."""

    provider: str
    port: int
    settings: dict[str, object]
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the address on this machine."""
        return f"http://127.0.0.1:{self.port}"


class StaffMail(Protocol):
    """Mails a report to staff."""

    async def send(self, recipients: Sequence[str], subject: str, text: str) -> None:
        """Send one mail to all of them. Raises ProviderUnavailable, SendUnsure or ProviderRejected."""
        ...

    def close(self) -> None:
        """Release its threads and connections."""
        ...


@dataclass(frozen=True, slots=True)
class MailboxKind:
    """How a transport serves a mailbox that is kept as a row: by settings that differ from the system's own."""

    name: str
    """The row's `kind`."""
    address: str
    """The setting that holds the mailbox's address."""
    secrets: Mapping[str, str]
    """The setting that the row's secret fills, by what the row calls it in `secret_is`; the first is usual."""
    settings: Mapping[str, str]
    """The settings that a row may give, by the row's names for them."""
    required: tuple[str, ...] = ()
    """The row's names without which it is refused."""
    check: Callable[[Any], Mapping[str, str]] = lambda _settings: {}
    """Takes the settings of a row; returns what is wrong by the row's name of it. Reaches no server."""


@dataclass(frozen=True, slots=True)
class Transport:
    """One way to exchange a channel's messages; its functions import the provider's library when called."""

    make_sender: Callable[[Any, SendLimits, OpenUnitOfWork], Sender]
    """Takes the settings. Raises ConfigurationError if a secret is missing."""
    make_intake: Callable[[Any], Intake]
    """Takes the settings. Raises ConfigurationError if it could not reject forged calls."""
    settings: type[ChannelSettings] = ChannelSettings
    required: tuple[str | tuple[str, ...], ...] = ()
    """Settings without which an enabled channel can't start; of those in brackets one is enough."""
    mailbox: MailboxKind | None = None
    """How further mailboxes are added beside the one of the settings."""
    intake: type[Intake] = Intake
    """What `make_intake` makes and the webhooks take."""
    component: str | None = None
    """Its name in GET /health; None if it has nothing that can fail."""
    webhooks: tuple[Webhook[Any], ...] = ()
    provider_limits: Mapping[str, float] | None = None
    """Defaults of `providers` in the delivery stage, where they differ; None without a provider."""
    check_connection: Callable[[Any], Awaitable[Sequence[str]]] | None = None
    """Asks the provider; returns what is missing for going live, a sentence each."""
    check_intake: (
        Callable[[Any, httpx.AsyncClient, OpenUnitOfWork], Awaitable[Sequence[str]]] | None
    ) = None
    """Calls the running system's webhooks at the public address as the provider would; returns what is wrong, a
    sentence each. Stores nothing."""
    check_templates: Callable[[Any, OpenUnitOfWork], Awaitable[Sequence[str]]] | None = None
    """Asks the provider whether the templates in use are approved; returns what is wrong, a sentence each."""
    make_staff_mail: Callable[[Any], StaffMail] | None = None
    stand_in: str | None = None
    """Name of its stand-in in `python -m standins`."""
    make_stand_in: Callable[[int, str], StandIn] | None = None
    """Takes a port and the system's own address."""
    demo_message: Callable[[Mapping[str, Any]], Mapping[str, object]] | None = None
    """A sample ticket as the stand-in's `POST /_receive` takes it."""

    @property
    def setting_names(self) -> frozenset[str]:
        """Return the names of its own settings."""
        return frozenset(self.settings.model_fields) - frozenset(ChannelSettings.model_fields)

    def is_given(self, settings: object) -> bool:
        """Whether any of its own settings has a value."""
        return any(plain(getattr(settings, name, None)) for name in self.setting_names)

    def missing(self, settings: object) -> list[str]:
        """Return the environment's names of required settings without a value."""
        groups = [(names,) if isinstance(names, str) else names for names in self.required]
        return [
            " or ".join(names).upper().replace(" OR ", " or ")
            for names in groups
            if not any(_has_value(settings, name) for name in names)
        ]


@dataclass(frozen=True, slots=True)
class Preview:
    """A reply as its reader will see it."""

    parts: tuple[str, ...]
    """The text of each message that is sent."""
    html: str | None = None
    """Where the reader sees HTML; safe to show."""


def preview_as_it_is(text: str, _config: ChannelConfig) -> Preview:
    """Show a reply of a channel that changes nothing."""
    return Preview((text,))


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """All that the system knows of a channel."""

    facts: ChannelFacts
    transports: tuple[Transport, ...]
    make_config: Callable[[Channel], ChannelConfig]
    """The row of channel_configs that a new installation starts with."""
    is_on_by_default: bool = False
    """Enabled without settings of its own."""
    preview: Callable[[str, ChannelConfig], Preview] = preview_as_it_is
    """Shows staff what a reply looks like on the channel; the sender uses the same functions."""

    def transport(self, settings: object) -> Transport:
        """Return the first transport that has settings, else the preferred one."""
        given = (transport for transport in self.transports if transport.is_given(settings))
        return next(given, self.transports[0])


def _has_value(settings: object, name: str) -> bool:
    return bool(str(plain(getattr(settings, name, None)) or "").strip(" ,"))


def plain(value: object) -> object:
    """Return a setting's value, out of its SecretStr if it is one."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value
