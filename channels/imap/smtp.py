"""Submits one mail to an SMTP server, and tells what is certainly not sent from what may have been.

Each mail has a connection of its own: an idle one that drops under a send would be unsure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib
from pydantic import SecretStr

from channels.imap.credentials import Credentials
from channels.imap.settings import ImapAccount, Security
from channels.imap.tls import make_context
from domain.errors import ProviderRejected, ProviderUnavailable, SendUnsure
from domain.whole_numbers import whole_number

log = logging.getLogger(__name__)

_TOO_LARGE = "552"
_OF_THE_LOGIN = frozenset({530, 534, 535, 538})
"""Refusals of the login or its protection, which say nothing about the mail (RFC 4954)."""
_CONNECT_LIMIT = timedelta(seconds=20)
"""For all that comes before the mail itself; a mail that gets no further is not sent."""


class SmtpLoginRefused(ProviderUnavailable):
    """The server does not accept the password or token; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a mail goes to, and the id that its delivery report repeats (RFC 3461)."""

    recipients: Sequence[str]
    id: str


class Smtp:
    """One mailbox's way out."""

    def __init__(
        self,
        account: ImapAccount,
        credentials: Credentials,
        answer_within: timedelta = timedelta(seconds=75),
    ) -> None:
        """`answer_within` is how long the server may take to accept a mail that it was given."""
        self._account = account
        self._credentials = credentials
        self._answer_within = answer_within

    async def send(self, raw: bytes, envelope: Envelope) -> None:
        """Submit the mail; a failed delivery is to be reported to the mailbox.

        Raises:
            ProviderUnavailable: Not sent.
            SendUnsure: Perhaps sent.
            ProviderRejected: Refused for good.
        """
        client = None
        try:
            try:
                async with asyncio.timeout(_CONNECT_LIMIT.total_seconds()):
                    client = await self._connect()
                    await self._announce(client, len(raw), envelope)
            except TimeoutError as error:
                what = f"not sent: {self._account.smtp.name} did not answer in time"
                raise ProviderUnavailable(what) from error
            await self._hand_over(client, raw)
        finally:
            if client is not None:
                await _part(client)

    async def check(self) -> None:
        """Sign in and send nothing. Raises ProviderUnavailable."""
        try:
            async with asyncio.timeout(_CONNECT_LIMIT.total_seconds()):
                client = await self._connect()
        except TimeoutError as error:
            what = f"{self._account.smtp.name} did not answer in time"
            raise ProviderUnavailable(what) from error
        await _part(client)

    async def _connect(self) -> aiosmtplib.SMTP:
        secret = await self._credentials.secret()
        try:
            return await self._sign_in(secret)
        except aiosmtplib.SMTPAuthenticationError as error:
            if not self._credentials.forget(secret):
                raise self._refused(error) from error
            # A token may have expired since it was printed.
            secret = await self._credentials.secret()
            try:
                return await self._sign_in(secret)
            except aiosmtplib.SMTPAuthenticationError as again:
                self._credentials.forget(secret)
                raise self._refused(again) from again

    async def _sign_in(self, secret: SecretStr) -> aiosmtplib.SMTP:
        server, text = self._account.smtp, secret.get_secret_value()
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            tls_context=None
            if server.security is Security.PLAINTEXT
            else make_context(self._account.ca_file),
            timeout=self._account.timeout.total_seconds(),
        )
        try:
            await client.connect()
            await client.ehlo()
            if server.security is Security.PLAINTEXT and not client.supports_extension("auth"):
                return client  # a relay on this machine, which knows its callers
            if self._credentials.is_token:
                await client.auth_xoauth2(server.user, text)
            else:
                await client.login(server.user, text)
            await client.ehlo()
        except aiosmtplib.SMTPAuthenticationError:
            client.close()
            raise
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            what = f"{server.name} can't be used: {type(error).__name__}"
            raise ProviderUnavailable(what) from error
        except BaseException:
            client.close()
            raise
        return client

    def _refused(self, error: aiosmtplib.SMTPAuthenticationError) -> SmtpLoginRefused:
        where, address = self._account.smtp.name, self._account.address
        return SmtpLoginRefused(f"{where} refuses the login of {address} ({error.code})")

    async def _announce(self, client: aiosmtplib.SMTP, size: int, envelope: Envelope) -> None:
        """Name sender and recipients. Raises ProviderUnavailable or ProviderRejected: nothing is sent yet."""
        sender = self._account.address
        is_ascii = all(address.isascii() for address in (sender, *envelope.recipients))
        of_mail, of_recipient = _options(client, size, envelope.id, is_ascii=is_ascii)
        encoding = "ascii" if is_ascii else "utf-8"
        try:
            await client.mail(sender, options=of_mail, encoding=encoding)
            for recipient in envelope.recipients:
                original = [f"ORCPT=rfc822;{_xtext(recipient)}"] if of_recipient else []
                await client.rcpt(recipient, options=[*of_recipient, *original], encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ProviderUnavailable(f"not sent: {type(error).__name__}") from error

    async def _hand_over(self, client: aiosmtplib.SMTP, raw: bytes) -> None:
        """Raises ProviderUnavailable or ProviderRejected for a refusal, SendUnsure without an answer."""
        try:
            async with asyncio.timeout(self._answer_within.total_seconds()):
                await client.data(raw, timeout=self._answer_within.total_seconds())
        except aiosmtplib.SMTPResponseException as error:
            if error.code == 421:
                # The server goes away; it may have queued the mail before.
                raise SendUnsure("the server closed after the mail", is_answered=True) from error
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendUnsure(f"no answer to the mail: {type(error).__name__}") from error


def _options(
    client: aiosmtplib.SMTP, size: int, envelope_id: str, *, is_ascii: bool
) -> tuple[list[str], list[str]]:
    """Return what the server understands of MAIL and RCPT. Raises ProviderRejected for what it can't send."""
    of_mail: list[str] = []
    of_recipient: list[str] = []
    if client.supports_extension("size"):
        limit = whole_number(str(client.esmtp_extensions.get("size", "")))
        if limit and limit < size:
            raise ProviderRejected(f"the server takes {limit} bytes, not {size}", _TOO_LARGE)
        of_mail.append(f"SIZE={size}")
    if client.supports_extension("dsn"):
        of_mail += ["RET=HDRS", f"ENVID={_xtext(envelope_id)}"]
        of_recipient.append("NOTIFY=FAILURE")
    if not is_ascii:
        if not client.supports_extension("smtputf8"):
            raise ProviderRejected(
                "the address has letters that the server can't send to", "address"
            )
        of_mail.append("SMTPUTF8")
    return of_mail, of_recipient


def _refusal(error: aiosmtplib.SMTPResponseException) -> ProviderRejected | ProviderUnavailable:
    """Return what an answer with a code means; the server's words may repeat the customer's address."""
    if 500 <= error.code < 600 and error.code not in _OF_THE_LOGIN:
        return ProviderRejected(f"the server answered {error.code}", str(error.code))
    return ProviderUnavailable(f"the server answered {error.code} and did not take the mail")


def _xtext(text: str) -> str:
    """Encode as RFC 3461 asks for."""
    return "".join(
        letter
        if "!" <= letter <= "~" and letter not in "+="
        else "".join(f"+{byte:02X}" for byte in letter.encode())
        for letter in text
    )


async def _part(client: aiosmtplib.SMTP) -> None:
    """Say goodbye, or close: the mail's fate is known by now."""
    try:
        async with asyncio.timeout(2):
            await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        log.debug("the SMTP server did not say goodbye")
    finally:
        client.close()
