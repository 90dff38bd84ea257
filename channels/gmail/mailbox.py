"""Reads a Gmail mailbox up to date: by its history, or anew where Gmail forgot the history.

Follows https://developers.google.com/workspace/gmail/api/guides/sync
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from channels.gmail.api import NOT_FOUND, GmailApi, Resource
from channels.gmail.labels import Labels
from channels.gmail.parse import parse_message
from channels.gmail.settings import UNREADABLE_LABEL
from domain.errors import Malformed, ProviderRejected
from domain.messages import InboundMessage
from pipeline.mailbox import NewMail

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _NewIds:
    message_ids: list[str]
    history_id: int
    is_complete: bool = True


class GmailMailbox:
    """The pipeline's Mailbox. It keeps no mark of its own: history ids come in and go out as values."""

    def __init__(
        self,
        api: GmailApi,
        *,
        full_read_since: timedelta = timedelta(days=7),
        full_read_limit: int = 500,
        max_messages: int = 500,
    ) -> None:
        self._api = api
        self._labels = Labels(api)
        self._own_addresses = frozenset({api.settings.address.lower()})
        self._full_read_since = full_read_since
        self._full_read_limit = full_read_limit
        self._max_messages = max_messages

    async def read_since(self, history_id: int | None) -> NewMail:
        """Everything in the inbox after `history_id`, oldest first; what is known already may be there.

        Where there is more than `max_messages`, the returned id ends before the rest and is_complete
        is False: call again. A full read is bounded, and never anything but complete.
        Raises ProviderUnavailable or ProviderRejected.
        """
        found = await self._list_history(history_id) if history_id is not None else None
        if found is None:
            found = await self._list_inbox()
        messages = await self._fetch(found.message_ids)
        return NewMail(
            sorted(messages, key=lambda message: message.received_at),
            found.history_id,
            found.is_complete,
        )

    async def renew_watch(self) -> datetime:
        """Ask Gmail to push changes of the inbox to the Pub/Sub topic; safe to repeat at any time."""
        answer = await self._api.watch()
        return datetime.fromtimestamp(int(answer["expiration"]) / 1000, UTC)

    def close(self) -> None:
        """Let the calls under way end and take no more."""
        self._api.close()

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
                    return _NewIds(list(ids), int(record["id"]), is_complete=False)
            page_token = page.get("nextPageToken")
            if not page_token:
                return _NewIds(list(ids), newest)

    async def _list_inbox(self) -> _NewIds:
        """The newest mails of the last days; the mark is taken first, so nothing slips between."""
        newest = int((await self._api.profile())["historyId"])
        days = max(1, round(self._full_read_since / timedelta(days=1)))
        ids: dict[str, None] = {}
        page_token: str | None = None
        while len(ids) < self._full_read_limit:
            page = await self._api.list_messages(
                f"in:inbox newer_than:{days}d", page_token, self._full_read_limit - len(ids)
            )
            ids.update((str(message["id"]), None) for message in page.get("messages", []))
            page_token = page.get("nextPageToken")
            if not page_token:
                break
        if page_token:
            log.warning(
                "the inbox holds more than the %d newest mails: older are not read", len(ids)
            )
        return _NewIds(list(ids), newest)

    async def _fetch(self, message_ids: Iterable[str]) -> list[InboundMessage]:
        messages = await asyncio.gather(*(self._fetch_one(one) for one in message_ids))
        return [message for message in messages if message is not None]

    async def _fetch_one(self, message_id: str) -> InboundMessage | None:
        """None where it was deleted meanwhile, is not for us, or can't be read by anybody."""
        try:
            resource = await self._api.get_raw(message_id)
            return await asyncio.to_thread(parse_message, resource, self._own_addresses)
        except ProviderRejected as error:
            if error.code != NOT_FOUND:
                raise
            return None
        except Malformed as error:
            log.warning("message %s can't be read (%s): labelled for a person", message_id, error)
            await self._labels.put(UNREADABLE_LABEL, message_id)
            return None


def _arrived(record: Resource) -> Iterable[str]:
    """Messages that came into the inbox by this record: added there, or moved there from spam."""
    for change in record.get("messagesAdded", []):
        if "INBOX" in change["message"].get("labelIds", ["INBOX"]):
            yield str(change["message"]["id"])
    for change in record.get("labelsAdded", []):
        if "INBOX" in change.get("labelIds", []):
            yield str(change["message"]["id"])
