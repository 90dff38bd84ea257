"""Mails reports to staff, outside customers' threads."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from channels.email.reply_html import to_html
from channels.gmail.api import GmailApi


class GmailReport:
    """Sends plain text, and the same as simple HTML, through the support mailbox."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api

    async def send(self, recipients: Sequence[str], subject: str, text: str) -> None:
        """Send a mail. Raises ProviderUnavailable, ProviderRejected, or SendUnsure if it may have gone out."""
        address = self._api.settings.address
        mail = EmailMessage(policy=SMTP)
        mail["From"] = address
        mail["To"] = ", ".join(recipients)
        mail["Subject"] = subject
        mail["Date"] = formatdate(localtime=False)
        mail["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        mail.add_alternative(to_html(text), subtype="html")
        await self._api.send(mail.as_bytes(), None)

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._api.close()
