"""Checks a mailbox's servers; says what is missing and how to fix it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta

import aiosmtplib
from imapclient import IMAPClient
from imapclient.imapclient import SENT

from channels.imap.connection import ImapConnection, LoginRefused, find_folder, offers
from channels.imap.credentials import Credentials
from channels.imap.settings import ImapAccount, Server
from channels.imap.smtp import Smtp, SmtpLoginRefused
from domain.errors import ProviderUnavailable

GUIDE = "docs/how-to/connect-any-mailbox.md"
_LIMIT = timedelta(seconds=9)
"""For either server, so that the whole check ends within its own."""


async def check_servers(account: ImapAccount) -> list[str]:
    """Return what is missing, a sentence each: both logins, a Sent folder and IDLE. Sends and changes nothing."""
    credentials = Credentials(account, command_limit=_LIMIT)
    found = await asyncio.gather(
        _check_imap(account, credentials), _check_smtp(account, credentials)
    )
    # A token command that fails is the same for both.
    return list(dict.fromkeys(problem for problems in found for problem in problems))


async def _check_imap(account: ImapAccount, credentials: Credentials) -> list[str]:
    def look(client: IMAPClient) -> list[str]:
        missing = []
        if find_folder(client, SENT) is None:
            missing.append(
                "The mailbox has no folder for sent mail (SPECIAL-USE \\\\Sent, or Sent by name): make one, or replies"
                " and colleagues' answers are not found."
            )
        if not offers(client, "IDLE"):
            missing.append("The IMAP server has no IDLE: new mail is seen after a minute at most.")
        return missing

    connection = ImapConnection(account, credentials)
    try:
        async with asyncio.timeout(_LIMIT.total_seconds()):
            return await connection.call(look)
    except (ProviderUnavailable, TimeoutError) as error:
        return [_explain(error, account.imap)]
    finally:
        connection.close()


async def _check_smtp(account: ImapAccount, credentials: Credentials) -> list[str]:
    try:
        async with asyncio.timeout(_LIMIT.total_seconds()):
            await Smtp(account, credentials).check()
    except (ProviderUnavailable, TimeoutError) as error:
        return [_explain(error, account.smtp)]
    return []


def _explain(error: BaseException, server: Server) -> str:
    """Return what failed and how to fix it."""
    if isinstance(error, LoginRefused | SmtpLoginRefused):
        return (
            f"{server.name} does not accept the login of {server.user}: check user and password or token; some"
            f" providers want an app password or OAuth ({GUIDE})."
        )
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {server.name} is not trusted ({cause.verify_message}): see MAIL_CA_FILE."
        if isinstance(cause, ssl.SSLError):
            return f"{server.name} does not speak TLS as expected: check port and scheme ({GUIDE})."
        if isinstance(cause, socket.gaierror):
            return f"The name {server.host} is not found: check the address and the DNS."
        if isinstance(cause, ConnectionRefusedError):
            return f"{server.name} refuses the connection: check host and port."
        if isinstance(cause, TimeoutError | aiosmtplib.SMTPTimeoutError):
            return f"{server.name} does not answer in time: check host, port and firewall."
    return f"{server.name} could not be used: {error}."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
