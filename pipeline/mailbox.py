"""Receives new mail from a mailbox and retries mails that failed.

Any provider's mailbox is read through the `Mailbox` protocol. What is old, late or answered by a person meanwhile is
decided here, by the provider's time of each mail.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.channels import Channel
from domain.company import period
from domain.errors import StoreUnavailable
from domain.events import MessageDeadLettered, ignore
from domain.messages import MAILBOX, InboundMessage, SentMail, Standing
from domain.ports import Observe
from domain.records import MailboxMark
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.traces import new_trace_id
from pipeline.delivery_status import record_bounce
from pipeline.failed_items import describe, note_failure
from pipeline.receive import receive
from pipeline.sent_mail import receive_sent

log = logging.getLogger(__name__)

_LABEL = "mailbox"
"""Of dead-lettered mails in the metrics, whichever mailbox they are of."""
_AGAIN_AT_ONCE = 50
_FRESH = timedelta(minutes=1)
"""A mail read later than this after it came may have been answered by a person meanwhile."""
WATCH_RENEWED_WITH_LEFT = timedelta(days=6)
"""A watch lasts 7 days; renewing it with 6 days left follows Google's advice of once a day."""


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail that the provider holds and that could not be read or stored; the id is the provider's."""

    mail_id: str
    error: Exception


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Mails as messages, oldest first, and mails that could not be read; deleted mails are left out.

    `sent` are mails that people sent from the mailbox. Mails that the system sent, drafts, and automatic mails of
    other programs are left out. A delivery report is among `messages`, with its `bounce`.
    """

    messages: Sequence[InboundMessage]
    failed: Sequence[FailedMail] = ()
    sent: Sequence[SentMail] = ()


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
        """Read the next bounded part of inbox and sent mail after `mark`.

        Also if the provider no longer knows the mark's position. A mailbox that was never read (no position, no
        `synced_at`) is read from some time back: what lies in it becomes context. The returned mark's `synced_at` and
        `connected_at` are ignored.
        """
        ...

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Read mails by their ids."""
        ...

    async def read_answers(self, message: InboundMessage) -> ReadMail:
        """Read the mails that people sent in the message's thread after it.

        They are in `sent`. Anything in `failed` means that the thread is not known for now.
        """
        ...

    def trust(self, relays: Collection[str]) -> None:
        """Read the mails of these form services, hosts or addresses, as their Reply-To's from now on."""
        ...

    def close(self) -> None:
        """Refuse new calls and block until running ones end."""
        ...


class WatchedMailbox(Mailbox, Protocol):
    """A mailbox whose provider tells of changes for a time."""

    async def renew_watch(self) -> datetime:
        """Ask for push notifications and return when they end."""
        ...


async def read_mailbox(
    open_uow: OpenUnitOfWork,
    mailbox: Mailbox,
    address: str,
    observe: Observe = ignore,
    connect: Callable[[], Awaitable[object]] | None = None,
) -> int:
    """Call `sync_mailbox`, and keep how it went as the mailbox's state. Raises what it raises.

    `connect` is called first, so that a server that hangs does so outside of a transaction.
    """
    try:
        if connect is not None:
            await connect()
        fresh = await sync_mailbox(open_uow, mailbox, address, observe)
    except Exception as error:
        await note_state(open_uow, address, error)
        raise
    await note_state(open_uow, address, None)
    return fresh


async def note_state(open_uow: OpenUnitOfWork, address: str, error: Exception | None) -> None:
    """Keep since when a mailbox can't be read and why, or that it was read."""
    with suppress(StoreUnavailable):  # then health shows the database
        async with open_uow() as uow:
            await uow.mailboxes.save_state(address, describe(error) if error else None)
            await uow.commit()


def job_of(address: str) -> str:
    """Return the name of a mailbox's failed mails among the failed items and the dead letters."""
    return f"mailbox {address}"


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
        rules = await _read_rules(uow, mark, mailbox)
        new = await mailbox.read_since(mark)
        intake = _Intake(open_uow, mailbox, address, rules, observe)
        fresh, failed = await intake.receive_all(uow, new.mail)
        job = job_of(address)
        put_aside = [await note_failure(uow, job, mail.mail_id, mail.error) for mail in failed]
        # From a mark that did not move the same mails would be read for ever.
        is_complete = new.is_complete or _position(new.mark) == _position(mark)
        synced_at = started_at if is_complete else None
        await uow.mailboxes.save_mark(address, replace(new.mark, synced_at=synced_at))
        await uow.commit()
    _tell(observe, put_aside)
    if fresh:
        log.info("mailbox: %d new mails, position now %s", fresh, _position(new.mark))
    return is_complete, fresh


async def _read_again(
    open_uow: OpenUnitOfWork, mailbox: Mailbox, address: str, observe: Observe
) -> int:
    """Retry failed mails that are due; return how many were new."""
    job = job_of(address)
    async with open_uow() as uow:
        if not await uow.failed_items.due(job, 1):
            return 0
        mark = await uow.mailboxes.lock(address)
        due = await uow.failed_items.due(job, _AGAIN_AT_ONCE)
        # These were there at the last complete read: whatever their age, nobody has seen them yet.
        rules = replace(await _read_rules(uow, mark, mailbox), synced_at=None)
        found = await mailbox.read(due)
        intake = _Intake(open_uow, mailbox, address, rules, observe)
        fresh, failed = await intake.receive_all(uow, found)
        await uow.failed_items.forget(job, set(due) - {mail.mail_id for mail in failed})
        put_aside = [await note_failure(uow, job, mail.mail_id, mail.error) for mail in failed]
        await uow.commit()
    _tell(observe, put_aside)
    return fresh


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is old: by the mailbox's mark and the company's `answer_within`."""

    connected_at: datetime
    synced_at: datetime | None
    answer_within: timedelta
    now: datetime

    def standing(self, received_at: datetime) -> Standing:
        """Return how a mail that came at this time is treated, if nobody has answered it."""
        if received_at < self.connected_at:
            return Standing.CONTEXT
        if self.now - received_at <= self.answer_within:
            return Standing.NORMAL
        # What came before the last complete read and is read only now was moved into the inbox.
        was_moved = self.synced_at is not None and received_at < self.synced_at
        return Standing.CONTEXT if was_moved else Standing.LATE

    def is_fresh(self, received_at: datetime) -> bool:
        """Whether the mail has only just come in."""
        return self.now - received_at <= _FRESH


async def _read_rules(uow: UnitOfWork, mark: MailboxMark, mailbox: Mailbox) -> _Rules:
    """Read the company's rules, and tell the mailbox which relays the company trusts."""
    now = datetime.now(UTC)
    profile = await uow.company.current()
    mailbox.trust(profile.company.mail.relays)
    answer_within = period(profile.company.mail.answer_within)
    return _Rules(mark.connected_at or now, mark.synced_at, answer_within, now)


@dataclass(frozen=True, slots=True)
class _Intake:
    """Receives the mails of one step."""

    open_uow: OpenUnitOfWork
    mailbox: Mailbox
    address: str
    rules: _Rules
    observe: Observe

    async def receive_all(self, uow: UnitOfWork, mail: ReadMail) -> tuple[int, list[FailedMail]]:
        """Receive each mail in its own transaction; return how many were new, and all that failed.

        In the order of the provider's times, so that an answer finds the thread of its question.
        """
        sent = {own.mail_id: own for own in mail.sent}
        fresh, failed = 0, list(mail.failed)
        messages = []
        for message in mail.messages:
            answers = await self._read_answers(message)
            sent.update({answer.mail_id: answer for answer in answers.sent})
            if answers.failed:
                failed.append(FailedMail(_id_of(message), answers.failed[0].error))
            else:
                messages.append(self._with_standing(message, sent.values()))
        in_order: list[tuple[datetime, str, InboundMessage | SentMail]] = [
            *((message.received_at, _id_of(message), message) for message in messages),
            *((own.sent_at, _id_of(own), own) for own in sent.values()),
        ]
        for _, mail_id, item in sorted(in_order, key=lambda entry: entry[:2]):
            try:
                fresh += await self._receive(item)
            except Exception as error:  # noqa: BLE001 - becomes a failed item; the other mails go on
                # Raises if the database itself is unavailable.
                await uow.failed_items.attempts(job_of(self.address), [mail_id])
                failed.append(FailedMail(mail_id, error))
        return fresh, failed

    async def _receive(self, item: InboundMessage | SentMail) -> bool:
        """Store one mail; return whether it was new."""
        if isinstance(item, SentMail):
            return await receive_sent(self.open_uow, item)
        if item.bounce is not None and await record_bounce(
            self.open_uow, item.bounce, item.thread_keys, self.observe
        ):
            return False
        # A step may bring many mails: each gets its own trace.
        received = replace(item, details={**item.details, MAILBOX: self.address})
        accepted = await receive(self.open_uow, received, new_trace_id(), self.observe)
        return not accepted.is_duplicate

    async def _read_answers(self, message: InboundMessage) -> ReadMail:
        """Read what people answered to a mail that comes late, before anything is done about it."""
        received_at = message.received_at
        may_be_answered = message.standing is Standing.NORMAL and not (
            self.rules.is_fresh(received_at) or self.rules.standing(received_at) is Standing.CONTEXT
        )
        return await self.mailbox.read_answers(message) if may_be_answered else ReadMail([])

    def _with_standing(self, message: InboundMessage, sent: Iterable[SentMail]) -> InboundMessage:
        """Return the message with the standing of its age, or as answered by one of the mails."""
        standing = self.rules.standing(message.received_at)
        if standing is Standing.CONTEXT and message.standing in _OF_MAIL:
            return replace(message, standing=standing)
        if message.standing is not Standing.NORMAL:
            return message
        if any(_answers(mail, message) for mail in sent):
            standing = Standing.ANSWERED
        return replace(message, standing=standing)


def _id_of(mail: InboundMessage | SentMail) -> str:
    """Return the id by which `Mailbox.read` finds it again."""
    own_id = mail.mail_id if isinstance(mail, SentMail) else mail.provider_message_id
    return mail.locator or own_id


_OF_MAIL = frozenset({Standing.NORMAL, Standing.AUTOMATIC})


def _answers(sent: SentMail, message: InboundMessage) -> bool:
    own = {*message.thread_keys, message.message_id_header}
    return sent.sent_at >= message.received_at and not own.isdisjoint(sent.thread_keys)


def _tell(observe: Observe, put_aside: Sequence[bool]) -> None:
    for _ in range(sum(put_aside)):
        observe(MessageDeadLettered(_LABEL, Channel.EMAIL))


def _position(mark: MailboxMark) -> tuple[int | None, datetime | None, str | None]:
    return mark.history_id, mark.read_from, mark.cursor


async def keep_watch(open_uow: OpenUnitOfWork, mailbox: WatchedMailbox, address: str) -> datetime:
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
