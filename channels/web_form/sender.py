"""Delivers replies to the web form, whose status page reads them from the database."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels import ChannelConfig
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt


class WebFormSender:
    """Sends nothing: a committed reply is on the customer's page."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return the whole reply: a page has no limit of length."""
        return [Part(message, 0, 1, message.text)]

    async def send(self, part: Part) -> Receipt:
        """Return the message's own key as the receipt. Idempotent."""
        return Receipt(str(part.message.key), DeliveryState.DELIVERED)

    async def find_sent(self, part: Part) -> Receipt | None:
        """Return the same receipt, since a stored reply is on the page."""
        return await self.send(part)

    def close(self) -> None:
        """Do nothing: no connection is open."""
