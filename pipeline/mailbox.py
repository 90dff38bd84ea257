"""A mailbox is read up to date: every new mail becomes a received message before the mark moves on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.events import ignore
from domain.messages import InboundMessage
from domain.ports import Observe
from domain.stores import OpenWork
from domain.traces import new_trace_id
from pipeline.receive import receive

log = logging.getLogger(__name__)

WATCH_RENEWED_WITH_LEFT = timedelta(days=6)
"""A watch lives 7 days; renewing once it has 6 left is Google's advice of once a day."""


@dataclass(frozen=True, slots=True)
class NewMail:
    """What came in since a history id, oldest first, and the id up to which that is complete."""

    messages: Sequence[InboundMessage]
    history_id: int
    is_complete: bool = True
    """False where the provider has more after `history_id`: read again from there."""


class Mailbox(Protocol):
    """A mail provider's mailbox. All methods raise ProviderUnavailable or ProviderRejected."""

    async def read_since(self, history_id: int | None) -> NewMail:
        """Everything after `history_id`; None, or one that the provider forgot: a bounded full read."""
        ...

    async def renew_watch(self) -> datetime:
        """Ask for pushes; returns when they will end."""
        ...

    def close(self) -> None:
        """Let the calls under way end and take no more. Blocks until then."""
        ...


async def sync_mailbox(
    open_work: OpenWork, mailbox: Mailbox, address: str, observe: Observe = ignore
) -> int:
    """Receive what is new; the number of mails that were not known before. Idempotent.

    The mailbox's row is held meanwhile, so that pushes that arrive together read one after the
    other. The mark moves only after everything before it is durable: a crash reads again. A backlog
    is read step by step, each committed, until nothing is left.
    """
    fresh, is_complete = 0, False
    while not is_complete:
        is_complete, received = await _sync_step(open_work, mailbox, address, observe)
        fresh += received
    return fresh


async def _sync_step(
    open_work: OpenWork, mailbox: Mailbox, address: str, observe: Observe
) -> tuple[bool, int]:
    """Whether the mailbox is read up to date now, and how many mails this step brought."""
    fresh = 0
    async with open_work() as work:
        history_id, _ = await work.mailboxes.lock(address)
        new = await mailbox.read_since(history_id)
        for message in new.messages:
            # One look at a mailbox may bring many mails: each is a trace of its own.
            accepted = await receive(open_work, message, new_trace_id(), observe)
            fresh += not accepted.is_duplicate
        await work.mailboxes.save(address, history_id=new.history_id, watch_expires_at=None)
        await work.commit()
    if fresh:
        log.info("mailbox: %d new mails, history id now %d", fresh, new.history_id)
    # A mark that did not move would bring the same mails for ever.
    return new.is_complete or new.history_id == history_id, fresh


async def keep_watch(open_work: OpenWork, mailbox: Mailbox, address: str) -> datetime:
    """Renew the mailbox's watch when it is due; returns its expiry."""
    async with open_work() as work:
        expires_at = await work.mailboxes.watch_expires_at(address)
    if expires_at is not None and expires_at - datetime.now(UTC) > WATCH_RENEWED_WITH_LEFT:
        return expires_at
    expires_at = await mailbox.renew_watch()
    async with open_work() as work:
        await work.mailboxes.lock(address)
        await work.mailboxes.save(address, history_id=None, watch_expires_at=expires_at)
        await work.commit()
    return expires_at
