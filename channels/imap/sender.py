"""Sends replies by SMTP, a mail each, in the customer's thread, and finds them in Sent after a crash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from channels.email.compose import compose, message_id_of, reply_key_of
from channels.imap.connection import ImapConnection
from channels.imap.credentials import Credentials
from channels.imap.sent_folder import SentFolder
from channels.imap.settings import ESCALATED, HANDLED, ImapAccount
from channels.imap.smtp import Envelope, Smtp
from domain.channels import ChannelConfig
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt

log = logging.getLogger(__name__)

_AFTERWARDS = timedelta(seconds=10)
"""What follows a send must not outlast the attempt, whose result would be lost."""
_IMAP_TIMEOUT = timedelta(seconds=5)


class SmtpSender:
    """The domain's Sender on SMTP and the mailbox's Sent folder."""

    def __init__(self, account: ImapAccount, answer_within: timedelta) -> None:
        """`answer_within` is how long the server may take to accept a mail that it was given."""
        credentials = Credentials(account)
        self._address = account.address
        self._smtp = Smtp(account, credentials, answer_within)
        connection = ImapConnection(replace(account, timeout=_IMAP_TIMEOUT), credentials)
        self._sent = SentFolder(connection, account.smtp.host)

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return one part: no reply reaches the limit of mail."""
        return (Part(message=message, index=0, count=1, text=message.text),)

    async def send(self, part: Part) -> Receipt:
        """Send, keep a copy in Sent, and mark the answered mail; only the first can fail.

        Raises ProviderUnavailable (not sent), SendUnsure (perhaps sent), ProviderRejected.
        """
        raw = await asyncio.to_thread(compose, part, self._address)
        message, message_id = part.message, message_id_of(part, self._address)
        await self._smtp.send(raw, Envelope([message.recipient.value], reply_key_of(part)))
        try:
            async with asyncio.timeout(_AFTERWARDS.total_seconds()):
                await self._sent.keep(raw, message_id, reply_key_of(part))
                if message.in_reply_to:
                    keyword = ESCALATED if message.is_escalated else HANDLED
                    await self._sent.mark_answered(message.in_reply_to, keyword)
        except TimeoutError:
            log.warning("a sent mail was not kept or marked in time")
        return Receipt(message_id, DeliveryState.SENT)

    async def find_sent(self, part: Part) -> Receipt | None:
        """Look for an earlier attempt in the Sent folder, else among all mail.

        A send that ended before its copy was stored is not found. Raises ProviderUnavailable.
        """
        message_id = message_id_of(part, self._address)
        if await self._sent.find(message_id, reply_key_of(part)):
            return Receipt(message_id, DeliveryState.SENT)
        return None

    def close(self) -> None:
        """End the connections."""
        self._sent.close()
