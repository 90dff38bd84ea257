"""A mailbox is read up to date: every new mail becomes a received message before the mark moves on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.events import ignore
from domain.messages import InboundMessage
from domain.ports import Observe
from domain.records import MailboxMark
from domain.stores import OpenWork
from domain.traces import new_trace_id
from pipeline.receive import receive

log = logging.getLogger(__name__)

WATCH_RENEWED_WITH_LEFT = timedelta(days=6)
"""A watch lives 7 days; renewing once it has 6 left is Google's advice of once a day."""


@dataclass(frozen=True, slots=True)
class NewMail:
    """What came in since a mark, oldest first, and the mark up to which that is complete."""

    messages: Sequence[InboundMessage]
    mark: MailboxMark
    is_complete: bool = True
    """False where the provider has more after `mark`: read again from there."""


class Mailbox(Protocol):
    """A mail provider's mailbox. All methods raise ProviderUnavailable or ProviderRejected."""

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """The next bounded part of what came after `mark`, also where the provider forgot its id."""
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
    is read step by step, each committed, until nothing is left; cut short, the next call goes on.
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
        mark, started_at = await work.mailboxes.lock(address), datetime.now(UTC)
        new = await mailbox.read_since(mark)
        for message in new.messages:
            # One look at a mailbox may bring many mails: each is a trace of its own.
            accepted = await receive(open_work, message, new_trace_id(), observe)
            fresh += not accepted.is_duplicate
        # A mark that did not move would bring the same mails for ever.
        is_complete = new.is_complete or _place(new.mark) == _place(mark)
        synced_at = started_at if is_complete else None
        await work.mailboxes.save_mark(address, replace(new.mark, synced_at=synced_at))
        await work.commit()
    if fresh:
        log.info("mailbox: %d new mails, history id now %s", fresh, new.mark.history_id)
    return is_complete, fresh


def _place(mark: MailboxMark) -> tuple[int | None, datetime | None]:
    return mark.history_id, mark.read_from


async def keep_watch(open_work: OpenWork, mailbox: Mailbox, address: str) -> datetime:
    """Renew the mailbox's watch when it is due; returns its expiry."""
    async with open_work() as work:
        expires_at = await work.mailboxes.watch_expires_at(address)
    if expires_at is not None and expires_at - datetime.now(UTC) > WATCH_RENEWED_WITH_LEFT:
        return expires_at
    expires_at = await mailbox.renew_watch()
    async with open_work() as work:
        await work.mailboxes.save_watch(address, expires_at)
        await work.commit()
    return expires_at
