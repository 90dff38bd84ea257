"""Finds our mails in the mailbox's Sent folder, keeps them there, and marks the mails that they answer."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from imapclient import IMAPClient
from imapclient.imapclient import ANSWERED, SEEN, SENT

from channels.email.compose import REPLY_KEY_HEADER
from channels.imap.connection import ALL, ImapConnection, find_folder, offers
from channels.imap.mailbox import INBOX, add_flags
from domain.errors import ProviderUnavailable

log = logging.getLogger(__name__)

_PATIENCE = timedelta(seconds=8)
"""Of one call."""
_SAVED_BY_SERVER = (
    "office365.com",
    "outlook.com",
    "outlook.office365.us",
    "gmail.com",
    "googlemail.com",
)
"""Hosts whose SMTP server stores what it sends; a copy of ours would be a second one."""


class SentFolder:
    """Of one mailbox, on a connection of its own."""

    def __init__(self, connection: ImapConnection, smtp_host: str) -> None:
        self._connection = connection
        self._saves_itself = any(
            smtp_host == host or smtp_host.endswith(f".{host}") for host in _SAVED_BY_SERVER
        )

    async def find(self, message_id: str, reply_key: str) -> bool:
        """Return whether a mail with this Message-ID, or our own header, was sent. Raises ProviderUnavailable."""

        def search(client: IMAPClient) -> bool:
            for folder in (find_folder(client, SENT), find_folder(client, ALL)):
                if folder is not None:
                    client.select_folder(folder, readonly=True)
                    if _search(client, message_id, reply_key):
                        return True
            return False

        return await self._connection.call(search, 2 * _PATIENCE)

    async def keep(self, raw: bytes, message_id: str, reply_key: str) -> None:
        """Store a sent mail as read, unless the server has it; a failure is logged and changes nothing else."""
        if self._saves_itself:
            return

        def append(client: IMAPClient) -> None:
            folder = find_folder(client, SENT)
            if folder is None:
                log.warning("the mailbox has no Sent folder: the mail is not kept there")
                return
            if offers(client, "X-GM-EXT-1"):
                return
            client.select_folder(folder, readonly=True)
            if not _search(client, message_id, reply_key):
                client.append(folder, raw, flags=[SEEN], msg_time=datetime.now(UTC))

        try:
            await self._connection.call(append, _PATIENCE)
        except ProviderUnavailable as error:
            log.warning("a sent mail was not kept in the Sent folder: %s", error)

    async def mark_answered(self, message_id: str, keyword: str) -> None:
        """Flag the mail in the inbox that was answered; a failure is logged and changes nothing else."""

        def mark(client: IMAPClient) -> None:
            client.select_folder(INBOX, readonly=True)
            if uids := client.search(["HEADER", "Message-ID", message_id]):
                add_flags(client, uids, [ANSWERED.decode(), keyword])

        try:
            await self._connection.call(mark, _PATIENCE)
        except ProviderUnavailable as error:
            log.warning("an answered mail was not marked: %s", error)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _search(client: IMAPClient, message_id: str, reply_key: str) -> bool:
    return bool(
        client.search(["HEADER", "Message-ID", message_id])
        or client.search(["HEADER", REPLY_KEY_HEADER, reply_key])
    )
