"""Describes a channel to the rest of the system: its facts, its defaults and the transports it can use."""

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
Job = Callable[[], Awaitable[object]]


class ChannelSettings(BaseModel):
    """Base of a transport's settings, whose names are the environment's in lower case."""

    public_base_url: str = ""
    """The system's own, which describes it."""


class Intake:
    """What a running system keeps open to take a channel's messages in."""

    @property
    def reached_at(self) -> str:
        """Where customers write to; empty for a channel without an address."""
        return ""

    def jobs(self, open_uow: OpenUnitOfWork, observe: Observe) -> Mapping[str, Job]:
        """Background jobs by name, for channels that have to be asked; safe to repeat."""
        return {}

    async def check(self, open_uow: OpenUnitOfWork) -> Health:
        """Raises whatever: then the channel is unhealthy."""
        return "healthy"

    def close(self) -> None:
        """May block."""


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A provider's call, and what it takes to act on it."""

    body: bytes
    path: str
    """The route's, with its query string if it has one."""
    query: str
    signature: str | None
    """Content of the header that the webhook names."""
    open_uow: OpenUnitOfWork
    observe: Observe
    span: Callable[..., AbstractContextManager[object]]
    """Opens a span of a name, the trace that it belongs to or None, and its attributes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is answered with status 200."""

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
    """Raises NotAuthentic, which is counted and answered with `refusal_status`."""
    receive: Callable[[I, WebhookCall], Awaitable[Answer]]
    """Takes a verified call; returns once everything is durable. Its docstring is the API's."""
    answer_within: timedelta
    """Less than the provider waits for."""
    refusal_status: Literal[401, 403] = 401
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class SendLimits:
    """Of one delivery replica: how long a provider's answer is waited for, and how many calls at once."""

    timeout: timedelta
    max_threads: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """One local server in a provider's place, and the settings that point the system at it."""

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
class Transport:
    """One way to exchange a channel's messages. Functions import their provider's library when called."""

    make_sender: Callable[[Any, SendLimits, OpenUnitOfWork], Sender]
    """Of the settings. Raises ConfigurationError where a secret is missing."""
    make_intake: Callable[[Any], Intake]
    """Of the settings. Raises ConfigurationError where it could not fail closed."""
    settings: type[ChannelSettings] = ChannelSettings
    required: tuple[str, ...] = ()
    """Settings without which an enabled channel can't start; the first marks it as configured."""
    intake: type[Intake] = Intake
    """What `make_intake` makes and the webhooks take."""
    component: str | None = None
    """Its name in GET /health; None where nothing can fail on its own."""
    webhooks: tuple[Webhook[Any], ...] = ()
    provider_limits: Mapping[str, float] | None = None
    """Defaults of `providers` in the delivery stage, where they differ; None without a provider."""
    check_connection: Callable[[Any], Awaitable[Sequence[str]]] | None = None
    """Asks the provider what is missing for going live, one sentence each."""
    check_intake: (
        Callable[[Any, httpx.AsyncClient, OpenUnitOfWork], Awaitable[Sequence[str]]] | None
    ) = None
    """Calls the running system's webhooks at the public address as the provider would; what is wrong, one sentence
    each. Stores nothing."""
    make_staff_mail: Callable[[Any], StaffMail] | None = None
    stand_in: str | None = None
    """Name of its stand-in in `python -m standins`."""
    make_stand_in: Callable[[int, str], StandIn] | None = None
    """Of a port and the system's own address."""
    demo_message: Callable[[Mapping[str, Any]], Mapping[str, object]] | None = None
    """A sample ticket as the stand-in's `POST /_receive` takes it."""

    @property
    def setting_names(self) -> frozenset[str]:
        """Its own settings."""
        return frozenset(self.settings.model_fields) - frozenset(ChannelSettings.model_fields)

    def is_given(self, settings: object) -> bool:
        """Whether any of its own settings has a value."""
        return any(plain(getattr(settings, name, None)) for name in self.setting_names)

    def missing(self, settings: object) -> list[str]:
        """The required settings that have no value, as the environment names them."""
        given = {name: plain(getattr(settings, name, None)) for name in self.required}
        return [name.upper() for name, value in given.items() if not str(value or "").strip(" ,")]


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """All that the system knows of a channel."""

    facts: ChannelFacts
    transports: tuple[Transport, ...]
    make_config: Callable[[Channel], ChannelConfig]
    """The row of channel_configs that a new installation starts with."""
    is_on_by_default: bool = False
    """Enabled without settings of its own."""

    def transport(self, settings: object) -> Transport:
        """The first one with settings; the preferred one where none has any."""
        given = (one for one in self.transports if one.is_given(settings))
        return next(given, self.transports[0])


def plain(value: object) -> object:
    """A setting's value, a secret's too."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value
