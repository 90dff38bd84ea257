"""Mails reports to staff, outside customers' threads."""

from __future__ import annotations

from collections.abc import Sequence

from channels.email.report import compose_report
from channels.gmail.api import GmailApi


class GmailReport:
    """Sends plain text, and the same as simple HTML, through the support mailbox."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api

    async def send(self, recipients: Sequence[str], subject: str, text: str) -> None:
        """Send a mail. Raises ProviderUnavailable, ProviderRejected, or SendUnsure if it may have gone out."""
        raw = compose_report(self._api.settings.address, recipients, subject, text)
        await self._api.send(raw, None)

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._api.close()
