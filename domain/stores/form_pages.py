"""Declares what the use cases read and write of the pages of forms' tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from domain.languages import Language


class FormPages(Protocol):
    """What form customers have seen of their answers, and what a mail has told them."""

    async def note_seen(self, conversation_id: UUID, polls_within: timedelta) -> None:
        """Note that the customer's page shows the conversation now, and will ask again within a time."""
        ...

    async def unseen(self, older_than: timedelta, limit: int) -> list[UUID]:
        """Return the conversations with a delivered answer that is older and that nobody has seen."""
        ...

    async def take_told(self, conversation_id: UUID) -> bool:
        """Note that a mail tells of all answers so far; False if there is nothing new to tell.

        The caller has locked the conversation and sends the mail in the same transaction.
        """
        ...

    async def open_mail(self, customer_id: UUID, subject: str, language: Language | None) -> UUID:
        """Open the conversation of a notice by mail, which never has a message of the customer."""
        ...

    async def mails_today(self, customer_id: UUID) -> int:
        """Count the notices to the customer within the last day."""
        ...
