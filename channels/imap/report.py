"""Mails reports to staff, outside customers' threads."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import make_msgid

from channels.email.report import compose_report
from channels.imap.credentials import Credentials
from channels.imap.settings import ImapAccount
from channels.imap.smtp import Envelope, Smtp


class SmtpReport:
    """Sends reports through the support mailbox's SMTP server."""

    def __init__(self, account: ImapAccount) -> None:
        self._address = account.address
        self._smtp = Smtp(account, Credentials(account))

    async def send(self, recipients: Sequence[str], subject: str, text: str) -> None:
        """Send a mail. Raises ProviderUnavailable, ProviderRejected, or SendUnsure if it may have gone out."""
        raw = compose_report(self._address, recipients, subject, text)
        await self._smtp.send(raw, Envelope(recipients, make_msgid().strip("<>")))

    def close(self) -> None:
        """Each mail has a connection of its own, so nothing is open."""
