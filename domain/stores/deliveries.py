"""Declares what the use cases read and write of delivery attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from domain.channels import Channel
from domain.messages import DeliveryState
from domain.records import Delivery, StatusChange


class Deliveries(Protocol):
    """Attempts to send each part of a message, and what the provider reported."""

    async def of_message(self, message_id: UUID) -> list[Delivery]:
        """Return every attempt at a message's parts, in order."""
        ...

    async def start(
        self,
        message_id: UUID,
        channel: Channel,
        attempt: int,
        part: int,
        may_act_for: timedelta = timedelta(0),
    ) -> None:
        """State `sending`, before the provider is asked. A second start of the same raises Conflict.

        `may_act_for` from now on the provider may act on this attempt, even if nobody reports back.
        """
        ...

    async def leave_open(
        self, message_id: UUID, attempt: int, part: int, code: str, may_act_for: timedelta
    ) -> None:
        """Our attempt has ended and may have been taken: `code` says how it ended."""
        ...

    async def end_doubt(
        self, message_id: UUID, attempt: int, part: int, state: DeliveryState, code: str | None
    ) -> bool:
        """Give an attempt whose outcome is open this end; False where it has got another one."""
        ...

    async def claim(
        self, channel: Channel, provider_message_id: str, message_id: UUID, part: int
    ) -> bool:
        """Note the provider's id on this part's open or unsure attempt; False if there is none."""
        ...

    async def record(
        self,
        message_id: UUID,
        attempt: int,
        part: int,
        state: DeliveryState,
        provider_message_id: str | None = None,
        error_code: str | None = None,
        error_text: str | None = None,
    ) -> bool:
        """Store an attempt's state, never backwards; make the row if `start` did not.

        Locks the conversation. False once its customer is erased: then the provider's id and words are not stored.
        """
        ...

    async def allow_again(self, message_id: UUID) -> None:
        """Let the parts that did not reach the customer be sent once more."""
        ...

    async def update_from_provider(
        self,
        channel: Channel,
        provider_message_id: str,
        state: DeliveryState,
        error_code: str | None,
        error_text: str | None = None,
    ) -> StatusChange | None:
        """Moves forward only (sent -> delivered -> read, or failed).

        None if the id is unknown: the status is then kept for a day, for `take_early`.
        """
        ...

    async def take_early(
        self, channel: Channel, provider_message_id: str
    ) -> tuple[DeliveryState, str | None] | None:
        """State and code that came before the id was recorded; ask in the recording transaction."""
        ...

    async def trace_id(self, channel: Channel, provider_message_id: str) -> str | None:
        """The trace of the message that this id was given to; None if the id is unknown."""
        ...

    async def known_ids(self, channel: Channel, provider_message_ids: Sequence[str]) -> set[str]:
        """Those of the ids that a delivery of ours already holds as its receipt."""
        ...
