"""Receives new mail from a mailbox and retries mails that failed."""

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
"""The name of failed mails among the failed items and the dead letters."""
_AGAIN_AT_ONCE = 50
WATCH_RENEWED_WITH_LEFT = timedelta(days=6)
"""A watch lasts 7 days; renewing it with 6 days left follows Google's advice of once a day."""


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that the provider holds and that could not be read or stored; the id is the provider's."""

    mail_id: str
    error: Exception


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Mails as messages, oldest first, and mails that could not be read; deleted mails are left out."""

    messages: Sequence[InboundMessage]
    failed: Sequence[FailedMail] = ()


@dataclass(frozen=True, slots=True)
class NewMail:
    """The mail since a mark, and the mark up to which it is complete."""

    mail: ReadMail
    mark: MailboxMark
    is_complete: bool = True
    """False if the provider has more mail after `mark`."""

    @property
    def messages(self) -> Sequence[InboundMessage]:
        """The mails that could be read."""
        return self.mail.messages


class Mailbox(Protocol):
    """A mail provider's mailbox.

    All methods raise ProviderUnavailable or ProviderRejected when the mailbox fails, not for one mail.
    """

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """Read the next bounded part after `mark`, even if the provider no longer knows its history id."""
        ...

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Read mails by their ids."""
        ...

    async def renew_watch(self) -> datetime:
        """Ask for push notifications and return when they end."""
        ...

    def close(self) -> None:
        """Refuse new calls and block until running ones end."""
        ...


async def sync_mailbox(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe = ignore
) -> int:
    """Receive new mail, then retry failed mails that are due; return how many were new. Idempotent.

    The mailbox's row is locked, so that concurrent pushes read one after the other. The mark moves only
    after every mail before it is durable, as a message or as a failed item, so a crash reads again. A
    backlog is read in committed steps; after an interruption the next call continues.
    """
    fresh, is_complete = 0, False
    while not is_complete:
        is_complete, received = await _sync_step(open_uow, mailbox, address, observe)
        fresh += received
    return fresh + await _read_again(open_uow, mailbox, address, observe)


async def _sync_step(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe
) -> tuple[bool, int]:
    """Return whether the mailbox is read completely, and how many mails of this step were new."""
    async with open_uow() as uow:
        mark, started_at = await uow.mailboxes.lock(address), datetime.now(UTC)
        new = await mailbox.read_since(mark)
        fresh, failed = await _receive_all(open_uow, uow, new.mail, observe)
        put_aside = [await note_failure(uow, JOB, mail.mail_id, mail.error) for mail in failed]
        # From a mark that did not move the same mails would be read for ever.
        is_complete = new.is_complete or _position(new.mark) == _position(mark)
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
    """Retry failed mails that are due; return how many were new."""
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
    """Receive each mail in its own transaction; return how many were new, and all that failed."""
    fresh, failed = 0, list(mail.failed)
    for message in mail.messages:
        mail_id = message.provider_message_id
        try:
            # A step may bring many mails: each gets its own trace.
            accepted = await receive(open_uow, message, new_trace_id(), observe)
        except Exception as error:  # noqa: BLE001 - becomes a failed item; the other mails go on
            # Raises if the database itself is unavailable.
            await uow.failed_items.attempts(JOB, [mail_id])
            failed.append(FailedMail(mail_id, error))
        else:
            fresh += not accepted.is_duplicate
    return fresh, failed


def _tell(observe: Observe, put_aside: Sequence[bool]) -> None:
    for _ in range(sum(put_aside)):
        observe(MessageDeadLettered(JOB, Channel.EMAIL))


def _position(mark: MailboxMark) -> tuple[int | None, datetime | None]:
    return mark.history_id, mark.read_from


async def keep_watch(open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str) -> datetime:
    """Renew the mailbox's watch when it is due; return its expiry."""
    async with open_uow() as uow:
        expires_at = await uow.mailboxes.watch_expires_at(address)
    if expires_at is not None and expires_at - datetime.now(UTC) > WATCH_RENEWED_WITH_LEFT:
        return expires_at
    expires_at = await mailbox.renew_watch()
    async with open_uow() as uow:
        await uow.mailboxes.save_watch(address, expires_at)
        await uow.commit()
    return expires_at
