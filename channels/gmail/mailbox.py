"""Reads new mail from a Gmail mailbox by its history, or in full if Gmail dropped the history.

Follows https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from channels.email.identity import MailboxIdentity
from channels.email.parsing import MailParser
from channels.gmail.aliases import Aliases
from channels.gmail.api import NOT_FOUND, CallFailed, GmailApi, Resource
from channels.gmail.labels import Labels
from channels.gmail.parse import AUTHSERV_ID, SENT, read_resource, received_at
from channels.gmail.settings import UNREADABLE_LABEL
from domain.errors import Malformed, ProviderRejected, ProviderUnavailable
from domain.messages import InboundMessage, SentMail
from domain.records import MailboxMark
from pipeline.mailbox import FailedMail, NewMail, ReadMail

log = logging.getLogger(__name__)


_LIST_LIMIT = 500
"""The largest page of users.messages.list."""
_MARGIN = timedelta(seconds=1)
"""Gmail does not document whether `after:` and `before:` are inclusive, so the spans overlap by a second."""
_READ_LIMIT = timedelta(seconds=30)
"""For all mails of a step, so that it ends within its transaction."""
_READ = frozenset({"INBOX", SENT})
_LATE = timedelta(days=1)
"""How much older than the last full read a mail may be dated that it missed."""


@dataclass(frozen=True, slots=True)
class _NewIds:
    message_ids: list[str]
    mark: MailboxMark
    is_complete: bool


class GmailMailbox:
    """The pipeline's Mailbox on the Gmail API; it keeps no mark between calls."""

    def __init__(
        self,
        api: GmailApi,
        *,
        first_read_since: timedelta = timedelta(days=90),
        max_messages: int = 500,
    ) -> None:
        """`first_read_since` is how far back the first read of a mailbox goes, all of it context."""
        self._api = api
        self._labels = Labels(api)
        self._parser = MailParser()
        self._aliases = Aliases(api)
        self._relays: frozenset[str] = frozenset()
        self._first_read_since = first_read_since
        self._max_messages = max_messages

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """Read inbox and sent mail after `mark`, oldest first; known mails may be among them.

        Reads about `max_messages` at most; if there are more, the returned mark ends before the rest
        and is_complete is False. If Gmail dropped the history, what came since the last full read is
        read by spans of time, however large the mailbox. Raises ProviderUnavailable or ProviderRejected.
        """
        found: _NewIds | None = None
        if mark.history_id is not None and mark.read_from is None:
            found = await self._list_history(mark.history_id)
        if found is None:
            found = await self._list_span(await self._begin_full_read(mark))
        mail = await self.read(found.message_ids)
        return NewMail(mail, found.mark, found.is_complete)

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Read mails by their ids, oldest first; a mail that fails or is late fails alone.

        Raises ProviderUnavailable if Gmail refuses the whole mailbox for now.
        """
        if not mail_ids:
            return ReadMail([])
        tasks = {asyncio.create_task(self._fetch(mail_id)): mail_id for mail_id in mail_ids}
        try:
            done, late = await asyncio.wait(
                tasks, timeout=_READ_LIMIT.total_seconds(), return_when=asyncio.FIRST_EXCEPTION
            )
            errors = [error for task in done if (error := task.exception()) is not None]
            if errors:
                raise errors[0]
        finally:
            for task in tasks:
                task.cancel()
        found = [task.result() for task in done]
        messages = [mail for mail in found if isinstance(mail, InboundMessage)]
        sent = [mail for mail in found if isinstance(mail, SentMail)]
        failed = [mail for mail in found if isinstance(mail, FailedMail)]
        error = CallFailed(f"not read within {_READ_LIMIT.total_seconds():.0f} s")
        failed += [FailedMail(tasks[task], error) for task in late]
        messages.sort(key=lambda message: message.received_at)
        return ReadMail(messages, failed, sorted(sent, key=lambda mail: mail.sent_at))

    async def read_answers(self, message: InboundMessage) -> ReadMail:
        """Read the mails that people sent in the message's thread after it."""
        if message.provider_thread_id is None:
            return ReadMail([])
        try:
            thread = await self._api.get_thread(message.provider_thread_id, [])
        except CallFailed as error:
            return ReadMail([], [FailedMail(message.provider_message_id, error)])
        except ProviderRejected as error:
            if error.code == NOT_FOUND:
                return ReadMail([])
            raise
        later = [
            str(candidate["id"])
            for candidate in thread.get("messages", [])
            if SENT in candidate.get("labelIds", [])
            and (received_at(candidate) or message.received_at) >= message.received_at
        ]
        return await self.read(later)

    async def renew_watch(self) -> datetime:
        """Ask Gmail to push changes of the inbox to the Pub/Sub topic; return when that ends. Idempotent."""
        answer = await self._api.watch()
        return datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)

    def trust(self, relays: Collection[str]) -> None:
        """Read the mails of these form services, hosts or addresses, as their Reply-To's from now on."""
        self._relays = frozenset(relay.lower() for relay in relays)

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._api.close()
        self._parser.close()

    async def _list_history(self, start: int) -> _NewIds | None:
        """Return None if Gmail answers 404: the id is too old, as after a week or a big change."""
        ids: dict[str, None] = {}
        newest: int | None = None
        page_token: str | None = None
        while True:
            try:
                page = await self._api.list_history(start, page_token)
            except ProviderRejected as error:
                if error.code != NOT_FOUND:
                    raise
                log.warning("history since %d is gone: reading the whole inbox", start)
                return None
            if newest is None:  # of the first page: later arrivals are read in the next step
                newest = max(start, int(page.get("historyId", start)))
            for record in page.get("history", []):
                ids.update(dict.fromkeys(_arrived(record)))
                if len(ids) >= self._max_messages:
                    return _NewIds(list(ids), MailboxMark(int(record["id"])), is_complete=False)
            page_token = page.get("nextPageToken")
            if not page_token:
                return _NewIds(list(ids), MailboxMark(newest), is_complete=True)

    async def _begin_full_read(self, mark: MailboxMark) -> MailboxMark:
        """Take the mark before listing any mail, so that none is missed in between."""
        if mark.read_from is not None:
            return mark
        newest = int((await self._api.profile())["historyId"])
        if mark.synced_at is None:
            return MailboxMark(newest, datetime.now(UTC) - self._first_read_since)
        return MailboxMark(newest, mark.synced_at - _LATE)

    async def _list_span(self, mark: MailboxMark) -> _NewIds:
        """List the oldest span of a full read that is small enough for a step.

        After the last span the history continues from the mark taken at the start.
        """
        start = mark.read_from or datetime.now(UTC)
        end = now = max(datetime.now(UTC), start)
        while (ids := await self._list_received(start, end)) is None:
            end = start + (end - start) / 2
        read_from = None if end == now else end
        return _NewIds(ids, MailboxMark(mark.history_id, read_from), is_complete=False)

    async def _list_received(self, start: datetime, end: datetime) -> list[str] | None:
        """List the mails that came in or were sent in a span of time; None if they are too many for a step."""
        after, before = (int(at.timestamp()) for at in (start - _MARGIN, end + 2 * _MARGIN))
        may_be_cut = end - start > _MARGIN
        ids: dict[str, None] = {}
        page_token: str | None = None
        while True:
            page = await self._api.list_messages(
                f"{{in:inbox in:sent}} after:{after} before:{before}", page_token, _LIST_LIMIT
            )
            ids.update((str(message["id"]), None) for message in page.get("messages", []))
            page_token = page.get("nextPageToken")
            if may_be_cut and len(ids) > self._max_messages:
                return None
            if not page_token:
                return list(ids)

    async def _fetch(self, mail_id: str) -> InboundMessage | SentMail | FailedMail | None:
        """Return None for a mail that was deleted meanwhile or is not for us."""
        identity = MailboxIdentity(await self._aliases.addresses(), AUTHSERV_ID, self._relays)
        try:
            resource = await self._api.get_raw(mail_id)
        except CallFailed as error:
            return FailedMail(mail_id, error)
        except ProviderRejected as error:
            # Gmail's reason is unknown, so it may return this mail later.
            later = ProviderUnavailable(str(error))
            return None if error.code == NOT_FOUND else FailedMail(mail_id, later)
        try:
            mail = await asyncio.to_thread(read_resource, resource)
            return await self._parser.parse(mail, identity) if mail else None
        except Malformed as error:
            log.warning("message %s can't be read (%s): labelled for a person", mail_id, error)
            await self._labels.put(UNREADABLE_LABEL, mail_id)
            return FailedMail(mail_id, error)
        except Exception as error:  # noqa: BLE001 - a mail that breaks the parser must not stop the others
            return FailedMail(mail_id, error)


def _arrived(record: Resource) -> Iterable[str]:
    """Yield the messages that this record added to the inbox or the sent mail, or moved there."""
    for change in record.get("messagesAdded", []):
        if not _READ.isdisjoint(change["message"].get("labelIds", _READ)):
            yield str(change["message"]["id"])
    for change in record.get("labelsAdded", []):
        if not _READ.isdisjoint(change.get("labelIds", [])):
            yield str(change["message"]["id"])
