"""Describes Gmail as a transport of the e-mail channel: pushes of Pub/Sub in, the Gmail API out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field, SecretStr
from typing_extensions import override

from channels.gmail.settings import GmailSettings
from channels.gmail.single_flight import SingleFlight
from channels.spec import (
    Answer,
    ChannelSettings,
    Health,
    Intake,
    Job,
    MailboxKind,
    SendLimits,
    StandIn,
    Transport,
    Webhook,
    WebhookCall,
)
from domain.errors import ProviderUnavailable
from domain.ports import Observe, Sender
from domain.stores import OpenUnitOfWork
from pipeline.mailbox import WatchedMailbox, keep_watch, read_mailbox

if TYPE_CHECKING:
    import httpx

    from channels.gmail.report import GmailReport

log = logging.getLogger(__name__)

_STAND_IN_ADDRESS = "support@desk.example"
_STAND_IN_ACCOUNT = "pubsub@desk.example"


class GmailEnvironment(ChannelSettings):
    """The settings of the mailbox and its Google Cloud project."""

    gmail_address: str = Field(default="", description="Address of the mailbox.")
    gmail_client_id: str = Field(default="", description="OAuth client, id.")
    gmail_client_secret: SecretStr = Field(
        default=SecretStr(""), description="OAuth client, secret."
    )
    gmail_refresh_token: SecretStr = Field(
        default=SecretStr(""), description="OAuth refresh token of the mailbox."
    )
    gmail_api_base_url: str = Field(default="", description="Empty: Google's own API.")
    gmail_token_uri: str = Field(default="", description="Empty: Google's own token endpoint.")
    gmail_pubsub_topic: str = Field(
        default="", description="Topic of new mail, projects/PROJECT/topics/TOPIC."
    )
    gmail_pubsub_audience: str = Field(
        default="", description="Audience that the push tokens must name."
    )
    gmail_pubsub_service_account: str = Field(
        default="", description="Service account that the push tokens must be of."
    )
    gmail_pubsub_certs_url: str = Field(
        default="", description="Keys that sign the push tokens. Empty: Google's own."
    )

    @property
    def gmail(self) -> GmailSettings:
        """Return the client's settings."""
        given = {name: getattr(self, name) for name in GMAIL.setting_names}
        return GmailSettings(
            **{name.removeprefix("gmail_"): value for name, value in given.items()}
        )


class PushVerifier(Protocol):
    """Tells Google's pushes from others."""

    async def verify(self, authorization: str | None) -> None:
        """Check a push. Raises NotAuthentic, or ProviderUnavailable if the keys can't be fetched."""
        ...


@dataclass(frozen=True, slots=True)
class GmailIntake(Intake):
    """Reads the mailbox after each push that it changed, and at intervals without one."""

    address: str
    mailbox: WatchedMailbox
    verifier: PushVerifier
    syncs: SingleFlight = field(default_factory=SingleFlight)
    """Pushes come in floods and tell only that something changed, so those that wait share a read."""

    @property
    @override
    def reached_at(self) -> str:
        return self.address

    def jobs(self, open_uow: OpenUnitOfWork, observe: Observe) -> Mapping[str, Job]:
        """Return the jobs that read mails without a push and renew the watch that pushes depend on."""
        return {
            "mailbox": Job(partial(read_mailbox, open_uow, self.mailbox, self.address, observe)),
            "gmail watch": Job(partial(keep_watch, open_uow, self.mailbox, self.address)),
        }

    async def check(self, open_uow: OpenUnitOfWork) -> Health:
        """Return "degraded" without a watch, so that no pushes come.

        Raises ProviderUnavailable with the cause while it can't be read.
        """
        async with open_uow() as uow:
            expires_at = await uow.mailboxes.watch_expires_at(self.address)
            state = await uow.mailboxes.state(self.address)
        if state.failing_since is not None:
            raise ProviderUnavailable(state.last_error or "it can't be read")
        is_watched = expires_at is not None and expires_at > datetime.now(UTC)
        return "healthy" if is_watched else "degraded"

    def close(self) -> None:
        """Close the mailbox's connections."""
        self.mailbox.close()


async def _verify(intake: GmailIntake, call: WebhookCall) -> None:
    await intake.verifier.verify(call.signature)


async def gmail_push(intake: GmailIntake, call: WebhookCall) -> Answer:
    """Receive a Pub/Sub push and read the mailbox that changed."""
    from channels.gmail.push import parse_push

    notification = parse_push(call.body)
    if notification.email_address.lower() != intake.address.lower():
        # Further mailboxes are read at intervals.
        log.info("a push for another mailbox was ignored")
        return Answer('{"status": "ignored"}')
    await intake.syncs.run(
        lambda: read_mailbox(call.open_uow, intake.mailbox, intake.address, call.observe)
    )
    return Answer()


def _make_intake(settings: GmailEnvironment) -> GmailIntake:
    from channels.gmail.api import GmailApi
    from channels.gmail.mailbox import GmailMailbox
    from channels.gmail.push import PushVerifier as GooglePushVerifier

    verifier = GooglePushVerifier(settings.gmail)
    return GmailIntake(settings.gmail_address, GmailMailbox(GmailApi(settings.gmail)), verifier)


def _make_sender(
    settings: GmailEnvironment, limits: SendLimits, _open_uow: OpenUnitOfWork
) -> Sender:
    from channels.gmail.api import GmailApi
    from channels.gmail.sender import GmailSender

    connection = replace(settings.gmail, timeout=limits.timeout, max_threads=limits.max_threads)
    return GmailSender(GmailApi(connection))


def _make_staff_mail(settings: GmailEnvironment) -> GmailReport:
    from channels.gmail.api import GmailApi
    from channels.gmail.report import GmailReport

    return GmailReport(GmailApi(settings.gmail))


async def _check_connection(settings: GmailEnvironment) -> Sequence[str]:
    from channels.gmail.connection import check_connection

    return await check_connection(settings.gmail)


async def _check_intake(
    settings: GmailEnvironment, client: httpx.AsyncClient, open_uow: OpenUnitOfWork
) -> Sequence[str]:
    from channels.gmail.connection import check_push

    async with open_uow() as uow:
        expires_at = await uow.mailboxes.watch_expires_at(settings.gmail_address)
    return await check_push(
        client,
        settings.gmail,
        public_base_url=settings.public_base_url,
        watch_expires_at=expires_at,
    )


def _make_stand_in(port: int, base_url: str) -> StandIn:
    url, push_url = f"http://127.0.0.1:{port}", f"{base_url}/api/v1/webhooks/gmail"
    return StandIn(
        "gmail",
        port,
        {
            "gmail_address": _STAND_IN_ADDRESS,
            "gmail_client_id": "stand-in",
            "gmail_client_secret": SecretStr(secrets.token_hex(16)),
            "gmail_refresh_token": SecretStr(secrets.token_hex(16)),
            "gmail_api_base_url": url,
            "gmail_token_uri": f"{url}/token",
            "gmail_pubsub_topic": "projects/local/topics/gmail",
            "gmail_pubsub_audience": push_url,
            "gmail_pubsub_service_account": _STAND_IN_ACCOUNT,
            "gmail_pubsub_certs_url": f"{url}/certs",
        },
        (
            *("--address", _STAND_IN_ADDRESS),
            *("--push-url", push_url),
            *("--push-service-account", _STAND_IN_ACCOUNT),
        ),
    )


def _demo_message(sample: Mapping[str, Any]) -> Mapping[str, object]:
    customer = sample["customer"]
    return {
        "from": customer["email"],
        "name": customer["name"],
        "subject": sample["subject"],
        "text": sample["message"],
    }


def _check_client(settings: GmailEnvironment) -> Mapping[str, str]:
    """Return what a further mailbox lacks: it signs in through the OAuth client of the settings."""
    missing = [name for name in GMAIL.missing(settings) if name != "GMAIL_REFRESH_TOKEN"]
    return {"address": f"needs {', '.join(missing)} in the environment"} if missing else {}


GMAIL = Transport(
    make_sender=_make_sender,
    make_intake=_make_intake,
    settings=GmailEnvironment,
    intake=GmailIntake,
    required=(
        "gmail_address",
        "gmail_client_id",
        "gmail_client_secret",
        "gmail_refresh_token",
        "gmail_pubsub_topic",
        "gmail_pubsub_audience",
        "gmail_pubsub_service_account",
    ),
    component="gmail",
    webhooks=(
        Webhook(
            "/gmail",
            "Authorization",
            _verify,
            gmail_push,
            answer_within=timedelta(milliseconds=800),
        ),
    ),
    provider_limits={},
    mailbox=MailboxKind(
        name="gmail",
        address="gmail_address",
        secrets={"refresh_token": "gmail_refresh_token"},
        settings={},
        check=_check_client,
    ),
    check_connection=_check_connection,
    check_intake=_check_intake,
    make_staff_mail=_make_staff_mail,
    stand_in="gmail",
    make_stand_in=_make_stand_in,
    demo_message=_demo_message,
)
