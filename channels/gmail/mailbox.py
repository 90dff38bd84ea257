"""Reads a Gmail mailbox up to date: by its history, or anew where Gmail forgot the history.

Follows https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from channels.gmail.api import NOT_FOUND, CallFailed, GmailApi, Resource
from channels.gmail.labels import Labels
from channels.gmail.parsing import MailParser
from channels.gmail.settings import UNREADABLE_LABEL
from domain.errors import Malformed, ProviderRejected, ProviderUnavailable
from domain.messages import InboundMessage
from domain.records import MailboxMark
from pipeline.mailbox import FailedMail, NewMail, ReadMail

log = logging.getLogger(__name__)


_LIST_LIMIT = 500
"""What users.messages.list gives at most a page."""
_MARGIN = timedelta(seconds=1)
"""Whether Gmail's after: and before: count their own second is not told: both ends are read twice."""
_READ_LIMIT = timedelta(seconds=30)
"""For the mails of one step together, so that the step ends while its transaction lives."""
_LATE = timedelta(days=1)
"""How long before the last full look a mail may be dated that the look did not show."""


@dataclass(frozen=True, slots=True)
class _NewIds:
    message_ids: list[str]
    mark: MailboxMark
    is_complete: bool


class GmailMailbox:
    """The pipeline's Mailbox. It keeps no mark of its own: marks come in and go out as values."""

    def __init__(
        self,
        api: GmailApi,
        *,
        first_read_since: timedelta = timedelta(days=7),
        max_messages: int = 500,
    ) -> None:
        """`first_read_since` is how far back a mailbox is read that never was; afterwards nothing is left out."""
        self._api = api
        self._labels = Labels(api)
        self._parser = MailParser()
        self._own_addresses = frozenset({api.settings.address.lower()})
        self._first_read_since = first_read_since
        self._max_messages = max_messages

    async def read_since(self, mark: MailboxMark) -> NewMail:
        """The inbox after `mark`, oldest first; what is known already may be there.

        At most about `max_messages` at once: where there are more, the returned mark ends before the
        rest and is_complete is False. Where Gmail forgot the history, everything received since the
        last look is read by spans of time, so that a mailbox of any size is read to its end.
        Raises ProviderUnavailable or ProviderRejected.
        """
        found: _NewIds | None = None
        if mark.history_id is not None and mark.read_from is None:
            found = await self._list_history(mark.history_id)
        if found is None:
            found = await self._list_span(await self._begin_full_read(mark))
        mail = await self.read(found.message_ids)
        return NewMail(mail, found.mark, found.is_complete)

    async def read(self, mail_ids: Sequence[str]) -> ReadMail:
        """Mails by their ids, oldest first; one that fails, or is late, fails alone.

        Raises ProviderUnavailable where Gmail refuses the whole mailbox for now.
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
        messages = [one for one in found if isinstance(one, InboundMessage)]
        failed = [one for one in found if isinstance(one, FailedMail)]
        error = CallFailed(f"not read within {_READ_LIMIT.total_seconds():.0f} s")
        failed += [FailedMail(tasks[task], error) for task in late]
        return ReadMail(sorted(messages, key=lambda message: message.received_at), failed)

    async def renew_watch(self) -> datetime:
        """Ask Gmail to push changes of the inbox to the Pub/Sub topic; safe to repeat at any time."""
        answer = await self._api.watch()
        return datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)

    def close(self) -> None:
        """Let the calls under way end and take no more."""
        self._api.close()
        self._parser.close()

    async def _list_history(self, start: int) -> _NewIds | None:
        """None where Gmail answers 404: the id is too old, as after a week or a big change."""
        ids: dict[str, None] = {}
        newest: int | None = None
        page_token: str | None = None
        while True:
            try:
                page = await self._api.list_history(start, page_token)
            except ProviderRejected as error:
                if error.code != NOT_FOUND:
                    raise
                log.warning("history since %d is gone: reading the inbox anew", start)
                return None
            if newest is None:  # the first page's: what arrives while we turn pages comes again
                newest = max(start, int(page.get("historyId", start)))
            for record in page.get("history", []):
                ids.update(dict.fromkeys(_arrived(record)))
                if len(ids) >= self._max_messages:
                    return _NewIds(list(ids), MailboxMark(int(record["id"])), is_complete=False)
            page_token = page.get("nextPageToken")
            if not page_token:
                return _NewIds(list(ids), MailboxMark(newest), is_complete=True)

    async def _begin_full_read(self, mark: MailboxMark) -> MailboxMark:
        """The mark is taken before the first mail is listed, so nothing slips in between."""
        if mark.read_from is not None:
            return mark
        newest = int((await self._api.profile())["historyId"])
        if mark.synced_at is None:
            return MailboxMark(newest, datetime.now(UTC) - self._first_read_since)
        return MailboxMark(newest, mark.synced_at - _LATE)

    async def _list_span(self, mark: MailboxMark) -> _NewIds:
        """The oldest span of a full read that holds no more than one round can take.

        After the last one the history goes on from the mark that was taken at the start.
        """
        start = mark.read_from or datetime.now(UTC)
        end = now = max(datetime.now(UTC), start)
        while (ids := await self._list_received(start, end)) is None:
            end = start + (end - start) / 2
        read_from = None if end == now else end
        return _NewIds(ids, MailboxMark(mark.history_id, read_from), is_complete=False)

    async def _list_received(self, start: datetime, end: datetime) -> list[str] | None:
        """Mails that came into the inbox in a span of time, None where they are too many for a round."""
        after, before = (int(one.timestamp()) for one in (start - _MARGIN, end + 2 * _MARGIN))
        may_be_cut = end - start > _MARGIN
        ids: dict[str, None] = {}
        page_token: str | None = None
        while True:
            page = await self._api.list_messages(
                f"in:inbox after:{after} before:{before}", page_token, _LIST_LIMIT
            )
            ids.update((str(message["id"]), None) for message in page.get("messages", []))
            page_token = page.get("nextPageToken")
            if may_be_cut and len(ids) > self._max_messages:
                return None
            if not page_token:
                return list(ids)

    async def _fetch(self, mail_id: str) -> InboundMessage | FailedMail | None:
        """None where it was deleted meanwhile or is not for us."""
        try:
            resource = await self._api.get_raw(mail_id)
        except CallFailed as error:
            return FailedMail(mail_id, error)
        except ProviderRejected as error:
            # What Gmail refuses of one mail it may give later: nobody knows why it does.
            later = ProviderUnavailable(str(error))
            return None if error.code == NOT_FOUND else FailedMail(mail_id, later)
        try:
            return await self._parser.parse(resource, self._own_addresses)
        except Malformed as error:
            log.warning("message %s can't be read (%s): labelled for a person", mail_id, error)
            await self._labels.put(UNREADABLE_LABEL, mail_id)
            return FailedMail(mail_id, error)
        except Exception as error:  # noqa: BLE001 - a mail that our parser does not survive is the only one
            return FailedMail(mail_id, error)


def _arrived(record: Resource) -> Iterable[str]:
    """Messages that came into the inbox by this record: added there, or moved there from spam."""
    for change in record.get("messagesAdded", []):
        if "INBOX" in change["message"].get("labelIds", ["INBOX"]):
            yield str(change["message"]["id"])
    for change in record.get("labelsAdded", []):
        if "INBOX" in change.get("labelIds", []):
            yield str(change["message"]["id"])
