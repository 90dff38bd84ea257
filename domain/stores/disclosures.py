"""Declares what the use cases read and write of disclosures."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.records import StoredMessage


class Disclosures(Protocol):
    """Which messages told their customers that an AI writes."""

    async def is_made(self, conversation_id: UUID, channel: Channel) -> bool:
        """Whether a message that was sent, or still may be, made it in this conversation and channel."""
        ...

    async def is_made_by(self, message_id: UUID) -> bool:
        """Whether this message made it."""
        ...

    async def add(self, message: StoredMessage) -> None:
        """Keep that the message makes it."""
        ...
