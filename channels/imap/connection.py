"""Keeps one IMAP connection: a blocking client in a thread of its own, each call within a time limit.

A call that takes too long, fails or is cancelled closes the connection; the next call opens another.
"""

from __future__ import annotations

import asyncio
import imaplib
import logging
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError
from imapclient.imapclient import SENT
from pydantic import SecretStr

from channels.imap.credentials import Credentials
from channels.imap.settings import ImapAccount, Security
from channels.imap.tls import make_context
from domain.errors import ProviderUnavailable

log = logging.getLogger(__name__)
# At DEBUG the client logs what it writes and reads: tokens, and customers' mail.
logging.getLogger("imapclient").setLevel(logging.WARNING)

Answer = TypeVar("Answer")

ALL = b"\\All"
_LOGIN_LIMIT = 3
"""Times the socket's limit that connecting, TLS and login may take together."""


class CommandRefused(ProviderUnavailable):
    """The server answered a command with NO or BAD; the connection goes on."""


class LoginRefused(ProviderUnavailable):
    """The server does not accept the password or token."""


class ImapConnection:
    """One mailbox's connection, opened when it is needed. Calls wait for each other."""

    def __init__(self, account: ImapAccount, credentials: Credentials) -> None:
        self._account = account
        self._credentials = credentials
        self._one_call = asyncio.Lock()
        self._session: _Session | None = None
        self._is_closed = False

    async def call(
        self, work: Callable[[IMAPClient], Answer], limit: timedelta | None = None
    ) -> Answer:
        """Run `work` on the signed-in client, for `limit` at most (the account's timeout).

        Raises ProviderUnavailable; CommandRefused where the server answered NO or BAD.
        """
        async with self._one_call:
            session = await self._open()
            return await self._run(session, work, limit or self._account.timeout)

    async def open(self) -> None:
        """Connect and sign in, unless that is done. Raises ProviderUnavailable or LoginRefused."""
        async with self._one_call:
            await self._open()

    def close(self) -> None:
        """Close the connection; a call in progress fails."""
        self._is_closed = True
        self._drop()

    async def _open(self) -> _Session:
        if self._is_closed:
            raise ProviderUnavailable("the mailbox is closed")
        if self._session is not None:
            return self._session
        try:
            session = await self._sign_in(await self._credentials.secret())
        except _SecretRefused as error:
            # A token may have expired since it was printed.
            if not self._credentials.forget(error.secret):
                raise LoginRefused(str(error)) from error
            try:
                session = await self._sign_in(await self._credentials.secret())
            except _SecretRefused as again:
                self._credentials.forget(again.secret)
                raise LoginRefused(str(again)) from again
        return session

    async def _sign_in(self, secret: SecretStr) -> _Session:
        self._session = session = _Session()
        limit = self._account.timeout * _LOGIN_LIMIT
        is_token = self._credentials.is_token
        await self._run(
            session, lambda _client: session.sign_in(self._account, secret, is_token), limit
        )
        return session

    async def _run(
        self, session: _Session, work: Callable[[IMAPClient], Answer], limit: timedelta
    ) -> Answer:
        where = self._account.imap.name
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await session.run(work)
        except TimeoutError as error:
            self._drop()
            raise ProviderUnavailable(f"{where} did not answer in time") from error
        except _SecretRefused:
            self._drop()
            raise
        except (imaplib.IMAP4.abort, OSError, EOFError) as error:
            self._drop()
            raise ProviderUnavailable(f"{where} broke off: {type(error).__name__}") from error
        except imaplib.IMAP4.error as error:
            if not session.is_signed_in:
                self._drop()
            raise CommandRefused(f"{where} refused a command: {_code_of(error)}") from error
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.abort()


class _SecretRefused(Exception):
    """The server refused this password or token."""

    def __init__(self, message: str, secret: SecretStr) -> None:
        super().__init__(message)
        self.secret = secret


class _Session:
    """One connection and its thread; a thread that hangs in a system call is left to end by itself."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "imap")
        self._client: Any = None
        """An IMAPClient once there is a connection; `sign_in` makes it."""
        self._is_aborted = False
        self.is_signed_in = False

    async def run(self, work: Callable[[IMAPClient], Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(self._client))

    def sign_in(self, account: ImapAccount, secret: SecretStr, is_token: bool) -> None:
        """Connect, protect the connection and sign in. Blocks."""
        client = self._client = connect(account)
        if self._is_aborted:
            self.abort()
            raise EOFError
        text = secret.get_secret_value()
        try:
            if is_token:
                client.oauth2_login(account.imap.user, text)
            elif client.has_capability("LOGINDISABLED"):
                raise LoginError("the server takes no password")
            elif text.isascii():
                client.login(account.imap.user, text)
            else:
                client.plain_login(account.imap.user, text)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            # The server's own words may repeat the user's name, and at some servers the token.
            what = f"{account.imap.name} refuses the login of {account.address}"
            raise _SecretRefused(what, secret) from error
        client.capabilities()
        self.is_signed_in = True

    def abort(self) -> None:
        """Wake the thread, whatever it waits for, and end it."""
        self._is_aborted = True
        if self._client is not None:
            with suppress(OSError, AttributeError):
                self._client.socket().shutdown(socket.SHUT_RDWR)
            self._thread.submit(_close, self._client)
        self._thread.shutdown(wait=False)


def connect(account: ImapAccount) -> IMAPClient:
    """Connect by TLS, or in plain text where the account allows it. Blocks; nobody is signed in yet.

    Raises:
        OSError: No connection.
        ssl.SSLError: The certificate is not trusted.
        imaplib.IMAP4.error: The server does not offer STARTTLS.
    """
    server, seconds = account.imap, account.timeout.total_seconds()
    is_tls = server.security is Security.TLS
    client = IMAPClient(
        server.host,
        port=server.port,
        ssl=is_tls,
        ssl_context=make_context(account.ca_file) if is_tls else None,
        timeout=SocketTimeout(seconds, seconds),  # type: ignore[arg-type]
    )
    try:
        if server.security is Security.STARTTLS:
            client.starttls(make_context(account.ca_file))
    except BaseException:
        _close(client)
        raise
    client.normalise_times = False
    return client


def _close(client: IMAPClient) -> None:
    with suppress(OSError, ssl.SSLError, imaplib.IMAP4.error):
        client.shutdown()


def find_folder(client: IMAPClient, role: bytes) -> str | None:
    """Return the folder with a SPECIAL-USE attribute (RFC 6154), a Sent folder also by its usual names."""
    folders = client.list_folders()
    for flags, _, name in folders:
        if role.lower() in {flag.lower() for flag in flags}:
            return str(name)
    return client.find_special_folder(SENT) if role == SENT else None


def offers(client: IMAPClient, capability: str) -> bool:
    """Return whether the server offers a capability after the login."""
    return bool(client.has_capability(capability))


def _code_of(error: BaseException) -> str:
    """Return the response code alone: the rest may repeat a customer's words."""
    text: Any = str(error)
    _, bracket, rest = text.partition("[")
    code, closing, _ = rest.partition("]")
    return code[:40] if bracket and closing else "no reason given"
