"""Reads inbox and sent mail by IMAP: by UIDs, or in full where the server numbers its mails anew."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from imapclient import IMAPClient
from imapclient.imapclient import SENT

from channels.email.identity import MailboxIdentity
from channels.email.mime import MAX_MAIL_BYTES
from channels.email.parsing import MailParser
from channels.email.reading import FetchedMail
from channels.imap.connection import CommandRefused, ImapConnection, find_folder, offers
from channels.imap.credentials import Credentials
from channels.imap.identity import content_id
from channels.imap.settings import UNREADABLE, ImapAccount
from domain.errors import Malformed, ProviderUnavailable
from domain.messages import InboundMessage, SentMail
from domain.records import MailboxMark
from pipeline.mailbox import FailedMail, NewMail, ReadMail

log = logging.getLogger(__name__)

INBOX = "INBOX"
_READ_LIMIT = timedelta(seconds=30)
"""For all mails of a step, so that it ends within its transaction."""
_FETCH_LIMIT = timedelta(seconds=15)
"""For one mail."""
_LATE = timedelta(days=1)
"""How much older than the last full read a mail may be dated that it missed."""
_MAX_STEP_BYTES = 32 * 1024 * 1024
"""Of the mails of a step; a larger one is a step of its own."""
_MAX_ANSWERS = 20
"""Of a message, the newest."""
_CURSOR = re.compile(r"(\d{1,10})/(\d{1,10})(?:>(\d{4}-\d\d-\d\d))?")
_KEYWORDS = b"\\*"
"""In PERMANENTFLAGS: keywords of our own may be set."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a folder: the last UID read, of the numbering that UIDVALIDITY names."""

    epoch: int = 0
    uid: int = 0
    since: date | None = None
    """During a full read: earlier mails of the folder are left out."""

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read `str(cursor)`; zeros, which no mail has, for anything else."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            return cls()
        return cls(int(found[1]), int(found[2]), date.fromisoformat(found[3]) if found[3] else None)

    def __str__(self) -> str:
        """Return epoch/uid, which is also the id of that mail in its folder."""
        return f"{self.epoch}/{self.uid}" + (f">{self.since}" if self.since else "")


@dataclass(frozen=True, slots=True)
class _Folder:
    """One of the two folders that are read."""

    name: str
    is_sent: bool

    def mail_id(self, epoch: int, uid: int) -> str:
        return f"{'sent:' if self.is_sent else ''}{Cursor(epoch, uid)}"


@dataclass(frozen=True, slots=True)
class _Listed:
    uid: int
    size: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """What a step reads of a folder, oldest first."""

    folder: _Folder
    mails: Sequence[_Listed]
    cursor: Cursor
    is_complete: bool = True


class ImapMailbox:
    """The pipeline's Mailbox on IMAP; it keeps a connection and no mark between calls."""

    def __init__(
        self,
        account: ImapAccount,
        credentials: Credentials | None = None,
        *,
        first_read_since: timedelta = timedelta(days=90),
        max_messages: int = 50,
    ) -> None:
        """`first_read_since` is how far back the first read of a mailbox goes, all of it context."""
        self._connection = ImapConnection(account, credentials or Credentials(account))
        own = frozenset({account.address, *account.aliases})
        self._identity = MailboxIdentity(own, account.authserv_id, checks_dkim=True)
        self._parser = MailParser()
        self._first_read_since = first_read_since
        self._max_messages = max_messages
        self._read_to = Cursor()
        """In the inbox, by the newest step."""

    async def open(self) -> None:
        """Sign in, so that a server that hangs does so before a transaction begins. Raises ProviderUnavailable."""
        await self._connection.open()

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """Read inbox and sent mail after `mark`, oldest first; known mails may be among them.

        Reads about `max_messages` of each folder at most; if there are more, the returned mark ends before
        the rest and is_complete is False. Where the server gave a folder a new UIDVALIDITY, what came since
        the last full read is read again: known mails are recognised by their content. Marks nothing as
        seen. Raises ProviderUnavailable.
        """
        inbox, _, sent = (mark.cursor or "").partition(" ")
        mails = ReadMail([])
        cursors, is_complete = [], True
        for is_sent, text in ((False, inbox), (True, sent)):
            step = await self._connection.call(
                partial(self._list, is_sent, Cursor.parse(text), mark.synced_at), _READ_LIMIT
            )
            if step is None:
                break
            mails = _joined(mails, await self._read_all(step))
            cursors.append(str(step.cursor))
            is_complete = is_complete and step.is_complete
        return NewMail(mails, MailboxMark(cursor=" ".join(cursors)), is_complete)

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Read mails by their ids, oldest first; mails of an earlier UIDVALIDITY and deleted ones are left out.

        Raises ProviderUnavailable.
        """
        mails = ReadMail([])
        for is_sent in (False, True):
            wanted = [
                Cursor.parse(mail_id.removeprefix("sent:"))
                for mail_id in mail_ids
                if mail_id.startswith("sent:") == is_sent
            ]
            if wanted and (step := await self._locate(is_sent, wanted)) is not None:
                mails = _joined(mails, await self._read_all(step))
        return mails

    async def read_answers(self, message: InboundMessage) -> ReadMail:
        """Read the mails in Sent that refer to the message. Raises ProviderUnavailable."""
        message_id = message.message_id_header
        if message_id is None:
            return ReadMail([])

        def search(client: IMAPClient) -> _Step | None:
            if (found := _select(client, is_sent=True)) is None:
                return None
            folder, state = found
            uids = {
                uid
                for header in ("In-Reply-To", "References")
                for uid in client.search(["HEADER", header, message_id])
            }
            newest = sorted(uids)[-_MAX_ANSWERS:]
            return _Step(folder, _sizes(client, newest), Cursor(int(state[b"UIDVALIDITY"])))

        step = await self._connection.call(search, _READ_LIMIT)
        return await self._read_all(step) if step is not None else ReadMail([])

    async def wait(self, limit: timedelta) -> bool:
        """Wait for a change of the inbox, for `limit` at most; return False where the server can't tell of one.

        Raises ProviderUnavailable.
        """

        def idle(client: IMAPClient) -> bool:
            if not offers(client, "IDLE"):
                return False
            state = client.select_folder(INBOX, readonly=True)
            if self._has_more(state):
                return True
            client.idle()
            client.idle_check(timeout=limit.total_seconds())
            client.idle_done()
            return True

        return await self._connection.call(idle, limit + _READ_LIMIT)

    def trust(self, relays: Collection[str]) -> None:
        """Read the mails of these form services, hosts or addresses, as their Reply-To's from now on."""
        self._identity = replace(
            self._identity, relays=frozenset(relay.lower() for relay in relays)
        )

    def close(self) -> None:
        """End the connection; a call in progress fails."""
        self._connection.close()
        self._parser.close()

    def _list(
        self, is_sent: bool, known: Cursor, synced_at: datetime | None, client: IMAPClient
    ) -> _Step | None:
        """Choose the mails of a step; None if the mailbox has no such folder."""
        if (found := _select(client, is_sent)) is None:
            return None
        folder, state = found
        epoch, next_uid = int(state[b"UIDVALIDITY"]), int(state.get(b"UIDNEXT", 1))
        since, last = known.since, known.uid
        if known.epoch != epoch:
            begins_at = datetime.now(UTC) - self._first_read_since
            if synced_at is not None and known.epoch:
                begins_at = synced_at - _LATE
                log.warning(
                    "the server numbers a folder anew: reading what came since %s", begins_at
                )
            # The day before too: the server counts days in its own time zone.
            since, last = (begins_at - timedelta(days=1)).date(), 0
        of_days = ["SINCE", since] if since else []
        # `n:*` names the newest mail even where its UID is below n.
        uids = sorted(
            uid for uid in client.search(["UID", f"{last + 1}:*", *of_days]) if uid > last
        )
        listed = _sizes(client, uids[: self._max_messages])
        chosen = _within(listed, _MAX_STEP_BYTES)
        is_complete = len(chosen) == len(listed) and len(uids) <= self._max_messages
        if is_complete:
            cursor = Cursor(epoch, max([last, next_uid - 1, *uids]))
        else:
            cursor = Cursor(
                epoch, chosen[-1].uid if chosen else uids[self._max_messages - 1], since
            )
        if not is_sent:
            self._read_to = cursor
        return _Step(folder, chosen, cursor, is_complete)

    async def _locate(self, is_sent: bool, wanted: Sequence[Cursor]) -> _Step | None:
        def locate(client: IMAPClient) -> _Step | None:
            if (found := _select(client, is_sent)) is None:
                return None
            folder, state = found
            epoch = int(state[b"UIDVALIDITY"])
            uids = sorted(mail.uid for mail in wanted if mail.epoch == epoch)
            return _Step(folder, _sizes(client, uids), Cursor(epoch))

        return await self._connection.call(locate, _READ_LIMIT)

    def _has_more(self, state: Mapping[bytes, Any]) -> bool:
        """Return whether mail came since the newest step: IDLE tells only of what comes later."""
        read_to = self._read_to
        is_same = state[b"UIDVALIDITY"] == read_to.epoch
        return not is_same or int(state.get(b"UIDNEXT", 0)) - 1 > read_to.uid

    async def _read_all(self, step: _Step) -> ReadMail:
        """Fetch and parse mails of the selected folder; one that fails or is late fails alone."""
        clock = asyncio.get_running_loop().time
        ends_at = clock() + _READ_LIMIT.total_seconds()
        messages: list[InboundMessage] = []
        sent: list[SentMail] = []
        failed: list[FailedMail] = []
        for mail in step.mails:
            mail_id = step.folder.mail_id(step.cursor.epoch, mail.uid)
            if clock() > ends_at:
                failed.append(FailedMail(mail_id, ProviderUnavailable("not read in time")))
                continue
            try:
                found = await self._read_one(mail, mail_id, step.folder.is_sent)
            except Malformed as error:
                log.warning("mail %s can't be read (%s): marked for a person", mail_id, error)
                if not step.folder.is_sent:
                    await self._mark_unreadable(mail.uid)
                failed.append(FailedMail(mail_id, error))
            except CommandRefused as error:
                failed.append(FailedMail(mail_id, error))
            except ProviderUnavailable as error:
                # If the server is away, this raises, and no mail is to blame.
                await self._reselect(step)
                failed.append(FailedMail(mail_id, error))
            except Exception as error:  # noqa: BLE001 - a mail that breaks the parser must not stop the others
                failed.append(FailedMail(mail_id, error))
            else:
                if isinstance(found, SentMail):
                    sent.append(found)
                elif found is not None:
                    messages.append(found)
        return ReadMail(messages, failed, sent)

    async def _reselect(self, step: _Step) -> None:
        state = await self._connection.call(
            lambda client: client.select_folder(step.folder.name, readonly=step.folder.is_sent)
        )
        if state[b"UIDVALIDITY"] != step.cursor.epoch:
            raise ProviderUnavailable("the server numbers a folder anew")

    async def _read_one(
        self, mail: _Listed, mail_id: str, is_sent: bool
    ) -> InboundMessage | SentMail | None:
        """Return None for a mail that was deleted meanwhile or that the system sent."""
        if mail.size > MAX_MAIL_BYTES:
            raise Malformed(f"mail of {mail.size} bytes, the limit is {MAX_MAIL_BYTES}")
        answer = await self._connection.call(
            lambda client: client.fetch([mail.uid], ["BODY.PEEK[]"]), _FETCH_LIMIT
        )
        raw = answer.get(mail.uid, {}).get(b"BODY[]")
        if raw is None:
            return None
        fetched = FetchedMail(
            raw, f"imap:{content_id(raw)}", received_at=mail.received_at, is_sent=is_sent
        )
        found = await self._parser.parse(fetched, self._identity)
        return replace(found, locator=mail_id) if found is not None else None

    async def _mark_unreadable(self, uid: int) -> None:
        def mark(client: IMAPClient) -> None:
            add_flags(client, [uid], [UNREADABLE])

        try:
            await self._connection.call(mark)
        except CommandRefused as error:
            log.warning("keyword %s not set: %s", UNREADABLE, error)


def _select(client: IMAPClient, is_sent: bool) -> tuple[_Folder, Mapping[bytes, Any]] | None:
    """Select the inbox, or Sent for reading alone; None if there is no Sent folder."""
    name = find_folder(client, SENT) if is_sent else INBOX
    if name is None:
        return None
    return _Folder(name, is_sent), client.select_folder(name, readonly=is_sent)


def _joined(one: ReadMail, other: ReadMail) -> ReadMail:
    return ReadMail(
        [*one.messages, *other.messages], [*one.failed, *other.failed], [*one.sent, *other.sent]
    )


def add_flags(client: IMAPClient, uids: Sequence[int], flags: Sequence[str]) -> None:
    """Add flags in the inbox; keywords of our own where the server keeps such. Idempotent."""
    kept = client.select_folder(INBOX).get(b"PERMANENTFLAGS", (_KEYWORDS,))
    takes_keywords = _KEYWORDS in kept
    allowed = [flag for flag in flags if takes_keywords or flag.startswith("\\")]
    if allowed:
        client.add_flags(list(uids), allowed, silent=True)


def _sizes(client: IMAPClient, uids: Sequence[int]) -> list[_Listed]:
    if not uids:
        return []
    answer: dict[int, dict[bytes, Any]] = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    return [
        _Listed(uid, int(data[b"RFC822.SIZE"]), data[b"INTERNALDATE"].astimezone(UTC))
        for uid, data in sorted(answer.items())
        if b"RFC822.SIZE" in data
    ]


def _within(mails: Sequence[_Listed], max_bytes: int) -> list[_Listed]:
    """Return the first mails that fit, at least one."""
    chosen: list[_Listed] = []
    total = 0
    for mail in mails:
        total += min(mail.size, MAX_MAIL_BYTES)
        if chosen and total > max_bytes:
            break
        chosen.append(mail)
    return chosen
