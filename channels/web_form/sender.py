"""Replies to the web form: the status page reads them from the database, so nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence

from domain.channels import ChannelConfig
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt


class WebFormSender:
    """A reply is delivered as soon as it is committed: the customer's page shows it."""

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Always the whole reply: a page has no limit of length."""
        return [Part(message, 0, 1, message.text)]

    async def send(self, part: Part) -> Receipt:
        """Idempotent: the receipt is the message's own key."""
        return Receipt(str(part.message.key), DeliveryState.DELIVERED)

    async def find_sent(self, part: Part) -> Receipt | None:
        """The same receipt: what is in the database is on the page."""
        return await self.send(part)

    def close(self) -> None:
        """Nothing is held open."""
