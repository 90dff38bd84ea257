"""Describes IMAP and SMTP as a transport of the e-mail channel: any mailbox in the place of Gmail's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from typing_extensions import override

from channels.imap.settings import ImapAccount, Protocol, Server, read_server
from channels.spec import ChannelSettings, Health, Intake, Job, MailboxKind, SendLimits, Transport
from domain.errors import ConfigurationError, Malformed, ProviderUnavailable
from domain.ports import Observe, Sender
from domain.stores import OpenUnitOfWork
from pipeline.mailbox import read_mailbox
from pipeline.mailboxes import is_well

if TYPE_CHECKING:
    from channels.imap.mailbox import ImapMailbox
    from channels.imap.report import SmtpReport

_IDLE_LIMIT = timedelta(seconds=30)
"""IDLE tells of the inbox alone: after this the Sent folder is read too, for colleagues' answers."""
_POLL = timedelta(seconds=60)
"""Between two looks into a mailbox whose server has no IDLE."""


class ImapEnvironment(ChannelSettings):
    """The settings of a mailbox that is read by IMAP and sends by SMTP."""

    mail_address: str = Field(
        default="", description="Address of the mailbox; replies come from it."
    )
    mail_imap_url: str = Field(
        default="",
        description="imaps://user@host:993, or imap://user@host:143 with STARTTLS. Without a user"
        " MAIL_ADDRESS signs in.",
    )
    mail_smtp_url: str = Field(
        default="", description="smtps://user@host:465, or smtp://user@host:587 with STARTTLS."
    )
    mail_password: SecretStr = Field(
        default=SecretStr(""), description="Password, or app password, for both servers."
    )
    mail_oauth_token_command: SecretStr = Field(
        default=SecretStr(""),
        description="In the place of the password: a command that prints an OAuth access token (XOAUTH2). It"
        " runs without a shell, at the first login and when a token is refused.",
    )
    mail_aliases: str = Field(
        default="",
        description="Other addresses of the mailbox, comma-separated: mail from them is the company's own.",
    )
    mail_ca_file: str = Field(
        default="",
        description="PEM file of the authorities that may sign the servers' certificates. Empty: the"
        " system's.",
    )
    mail_authserv_id: str = Field(
        default="",
        description="Name that the mailbox's own server writes at the beginning of Authentication-Results;"
        " only its findings prove a sender.",
    )
    mail_plaintext: bool = Field(
        default=False,
        description="true: imap:// and smtp:// need no STARTTLS. Password and mail can be read on the way;"
        " for this machine's own servers it is not needed.",
    )

    @property
    def mailbox(self) -> ImapAccount:
        """Return the account. Raises ConfigurationError naming every setting that can't be read."""
        if wrong := faults(self):
            raise ConfigurationError(
                "; ".join(f"MAIL_{name.upper()} {why}" for name, why in wrong.items())
            )
        return ImapAccount(
            address=self.mail_address.strip().lower(),
            imap=_server(self, "imap"),
            smtp=_server(self, "smtp"),
            password=self.mail_password,
            token_command=self.mail_oauth_token_command,
            aliases=tuple(
                alias.strip().lower() for alias in self.mail_aliases.split(",") if alias.strip()
            ),
            ca_file=self.mail_ca_file,
            authserv_id=self.mail_authserv_id,
        )


def _server(settings: ImapEnvironment, protocol: Protocol) -> Server:
    url = settings.mail_imap_url if protocol == "imap" else settings.mail_smtp_url
    return read_server(
        url, protocol, settings.mail_address.strip(), plaintext=settings.mail_plaintext
    )


def faults(settings: ImapEnvironment) -> Mapping[str, str]:
    """Return what is wrong with the settings, by their names without `mail_`. Reaches no server."""
    wrong: dict[str, str] = {}
    local, _, host = settings.mail_address.strip().rpartition("@")
    if not local or "." not in host.strip("."):
        wrong["address"] = "is no e-mail address"
    protocols: tuple[Protocol, ...] = ("imap", "smtp")
    for protocol in protocols:
        try:
            _server(settings, protocol)
        except Malformed as error:
            wrong[f"{protocol}_url"] = str(error)
    return wrong


@dataclass(frozen=True, slots=True)
class ImapIntake(Intake):
    """Reads the inbox, and waits by IDLE for the next change."""

    address: str
    mailbox: ImapMailbox

    @property
    @override
    def reached_at(self) -> str:
        return self.address

    def jobs(self, open_uow: OpenUnitOfWork, observe: Observe) -> Mapping[str, Job]:
        """Return the job that reads new mail and ends when there may be more."""

        async def follow() -> None:
            await read_mailbox(
                open_uow, self.mailbox, self.address, observe, connect=self.mailbox.open
            )
            if not await self.mailbox.wait(_IDLE_LIMIT):
                await asyncio.sleep(_POLL.total_seconds())

        return {"mailbox": Job(follow, waits=True)}

    async def check(self, open_uow: OpenUnitOfWork) -> Health:
        """Return "degraded" unless the newest attempt read the inbox, some minutes ago at most.

        Raises ProviderUnavailable with the cause while it can't be read.
        """
        async with open_uow() as uow:
            state = await uow.mailboxes.state(self.address)
        if state.failing_since is not None:
            raise ProviderUnavailable(state.last_error or "it can't be read")
        return "healthy" if is_well(state) else "degraded"

    def close(self) -> None:
        """Close the mailbox's connection."""
        self.mailbox.close()


def _make_intake(settings: ImapEnvironment) -> ImapIntake:
    from channels.imap.mailbox import ImapMailbox

    account = settings.mailbox
    return ImapIntake(account.address, ImapMailbox(account))


def _make_sender(
    settings: ImapEnvironment, limits: SendLimits, _open_uow: OpenUnitOfWork
) -> Sender:
    from channels.imap.sender import SmtpSender

    return SmtpSender(settings.mailbox, limits.timeout)


def _make_staff_mail(settings: ImapEnvironment) -> SmtpReport:
    from channels.imap.report import SmtpReport

    return SmtpReport(settings.mailbox)


async def _check_connection(settings: ImapEnvironment) -> Sequence[str]:
    from channels.imap.check import check_servers

    wrong = faults(settings)
    if wrong:
        return [f"MAIL_{name.upper()} {why}." for name, why in wrong.items()]
    return await check_servers(settings.mailbox)


IMAP = Transport(
    make_sender=_make_sender,
    make_intake=_make_intake,
    settings=ImapEnvironment,
    intake=ImapIntake,
    required=(
        "mail_address",
        "mail_imap_url",
        "mail_smtp_url",
        ("mail_password", "mail_oauth_token_command"),
    ),
    component="mailbox",
    provider_limits={},
    check_connection=_check_connection,
    make_staff_mail=_make_staff_mail,
    mailbox=MailboxKind(
        name="imap",
        address="mail_address",
        secrets={"password": "mail_password", "token_command": "mail_oauth_token_command"},
        settings={
            "imap_url": "mail_imap_url",
            "smtp_url": "mail_smtp_url",
            "authserv_id": "mail_authserv_id",
            "aliases": "mail_aliases",
        },
        required=("imap_url", "smtp_url"),
        check=faults,
    ),
)
