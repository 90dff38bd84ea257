"""Reads a mailbox up to date: the mark moves on once each mail before it is received or waits in a row of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.channels import Channel
from domain.events import MessageDeadLettered, ignore
from domain.messages import InboundMessage
from domain.ports import Observe
from domain.records import MailboxMark
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.traces import new_trace_id
from pipeline.failed_items import note_failure
from pipeline.receive import receive

log = logging.getLogger(__name__)

JOB = "gmail"
"""Under which a mail that failed is found among the failed items and the dead letters."""
_AGAIN_AT_ONCE = 50
WATCH_RENEWED_WITH_LEFT = timedelta(days=6)
"""A watch lives 7 days; renewing once it has 6 left is Google's advice of once a day."""


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that the provider has and that could not be read, by the provider's id."""

    mail_id: str
    error: Exception


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Mails as messages, oldest first, and those that could not be read; what is gone is in neither."""

    messages: Sequence[InboundMessage]
    failed: Sequence[FailedMail] = ()


@dataclass(frozen=True, slots=True)
class NewMail:
    """What came in since a mark, and the mark up to which that is complete."""

    mail: ReadMail
    mark: MailboxMark
    is_complete: bool = True
    """False where the provider has more after `mark`: read again from there."""

    @property
    def messages(self) -> Sequence[InboundMessage]:
        return self.mail.messages


class Mailbox(Protocol):
    """A mail provider's mailbox.

    All methods raise ProviderUnavailable or ProviderRejected where it is the mailbox that fails, not one
    mail of it.
    """

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """The next bounded part of what came after `mark`, also where the provider forgot its id."""
        ...

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Mails that failed before, by their ids."""
        ...

    async def renew_watch(self) -> datetime:
        """Ask for pushes; returns when they will end."""
        ...

    def close(self) -> None:
        """Let the calls under way end and take no more. Blocks until then."""
        ...


async def sync_mailbox(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe = ignore
) -> int:
    """Receive what is new; the number of mails that were not known before. Idempotent.

    The mailbox's row is held meanwhile, so that pushes that arrive together read one after the
    other. The mark moves only after everything before it is durable, as a message or as a failed item:
    a crash reads again. A backlog is read step by step, each committed, until nothing is left; cut
    short, the next call goes on. Then mails that failed before are tried again where they are due.
    """
    fresh, is_complete = 0, False
    while not is_complete:
        is_complete, received = await _sync_step(open_uow, mailbox, address, observe)
        fresh += received
    return fresh + await _read_again(open_uow, mailbox, address, observe)


async def _sync_step(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe
) -> tuple[bool, int]:
    """Whether the mailbox is read up to date now, and how many mails this step brought."""
    async with open_uow() as uow:
        mark, started_at = await uow.mailboxes.lock(address), datetime.now(UTC)
        new = await mailbox.read_since(mark)
        fresh, failed = await _receive_all(open_uow, uow, new.mail, observe)
        put_aside = [await note_failure(uow, JOB, mail.mail_id, mail.error) for mail in failed]
        # A mark that did not move would bring the same mails for ever.
        is_complete = new.is_complete or _place(new.mark) == _place(mark)
        synced_at = started_at if is_complete else None
        await uow.mailboxes.save_mark(address, replace(new.mark, synced_at=synced_at))
        await uow.commit()
    _tell(observe, put_aside)
    if fresh:
        log.info("mailbox: %d new mails, history id now %s", fresh, new.mark.history_id)
    return is_complete, fresh


async def _read_again(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe
) -> int:
    """Try the mails that failed before and are due; how many were not known."""
    async with open_uow() as uow:
        if not await uow.failed_items.due(JOB, 1):
            return 0
        await uow.mailboxes.lock(address)
        due = await uow.failed_items.due(JOB, _AGAIN_AT_ONCE)
        found = await mailbox.read(due)
        fresh, failed = await _receive_all(open_uow, uow, found, observe)
        await uow.failed_items.forget(JOB, set(due) - {mail.mail_id for mail in failed})
        put_aside = [await note_failure(uow, JOB, mail.mail_id, mail.error) for mail in failed]
        await uow.commit()
    _tell(observe, put_aside)
    return fresh


async def _receive_all(
    open_uow: OpenUnitOfWork, uow: UnitOfWork, mail: ReadMail, observe: Observe
) -> tuple[int, list[FailedMail]]:
    """Receive each mail in a transaction of its own; how many were not known, and all that failed."""
    fresh, failed = 0, list(mail.failed)
    for message in mail.messages:
        mail_id = message.provider_message_id
        try:
            # One look at a mailbox may bring many mails: each is a trace of its own.
            accepted = await receive(open_uow, message, new_trace_id(), observe)
        except Exception as error:  # noqa: BLE001 - a mail that can't be stored waits, the others don't
            # Raises where it is the database that is away.
            await uow.failed_items.attempts(JOB, [mail_id])
            failed.append(FailedMail(mail_id, error))
        else:
            fresh += not accepted.is_duplicate
    return fresh, failed


def _tell(observe: Observe, put_aside: Sequence[bool]) -> None:
    for _ in range(sum(put_aside)):
        observe(MessageDeadLettered(JOB, Channel.EMAIL))


def _place(mark: MailboxMark) -> tuple[int | None, datetime | None]:
    return mark.history_id, mark.read_from


async def keep_watch(open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str) -> datetime:
    """Renew the mailbox's watch when it is due; returns its expiry."""
    async with open_uow() as uow:
        expires_at = await uow.mailboxes.watch_expires_at(address)
    if expires_at is not None and expires_at - datetime.now(UTC) > WATCH_RENEWED_WITH_LEFT:
        return expires_at
    expires_at = await mailbox.renew_watch()
    async with open_uow() as uow:
        await uow.mailboxes.save_watch(address, expires_at)
        await uow.commit()
    return expires_at
