"""Sends each reply from the mailbox that the customer's mail came to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from domain.channels import ChannelConfig
from domain.errors import Malformed, ProviderUnavailable
from domain.messages import OutboundMessage, Part, Receipt
from domain.ports import Sender
from domain.records import MailboxRow
from domain.stores import OpenUnitOfWork

log = logging.getLogger(__name__)


class MailboxSender:
    """The domain's Sender over the mailbox of the settings and those that are rows."""

    def __init__(
        self,
        first: Sender,
        first_address: str,
        open_uow: OpenUnitOfWork,
        make: Callable[[MailboxRow], Sender],
    ) -> None:
        """`make` makes the sender of a row. Raises ProviderUnavailable or Malformed."""
        self._first = first
        self._first_address = first_address
        self._open_uow = open_uow
        self._make = make
        self._further: dict[UUID, Sender] = {}

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return the parts; every mailbox splits alike."""
        return self._first.split(message, config)

    async def send(self, part: Part) -> Receipt:
        """Send from the mailbox that the mail came to; from the first one if it is gone.

        Raises ProviderUnavailable (not sent), SendUnsure (perhaps sent), ProviderRejected.
        """
        return await (await self._of(part)).send(part)

    async def find_sent(self, part: Part) -> Receipt | None:
        """Look for an earlier attempt where it was sent. Raises ProviderUnavailable or SendUnsure."""
        return await (await self._of(part)).find_sent(part)

    def close(self) -> None:
        """Refuse new calls and block until running ones end."""
        for sender in (self._first, *self._further.values()):
            sender.close()

    async def _of(self, part: Part) -> Sender:
        address = part.message.mailbox
        if address is None or address == self._first_address:
            return self._first
        async with self._open_uow() as uow:
            rows = {row.address: row for row in await uow.mailboxes.list()}
        await self._drop_removed({row.id for row in rows.values()})
        if (row := rows.get(address)) is None:
            log.warning(
                "the mailbox that a mail came to was removed: its reply leaves from the first"
            )
            return self._first
        if row.id not in self._further:
            try:
                self._further[row.id] = self._make(row)
            except Malformed as error:
                raise ProviderUnavailable(
                    f"the mailbox's settings can't be used: {error}"
                ) from error
        return self._further[row.id]

    async def _drop_removed(self, kept: set[UUID]) -> None:
        for mailbox_id in self._further.keys() - kept:
            await asyncio.to_thread(self._further.pop(mailbox_id).close)
