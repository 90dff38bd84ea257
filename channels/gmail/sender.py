"""Sends replies through Gmail, a mail each, in the customer's thread, and finds them after a crash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from channels.email.compose import REPLY_KEY_HEADER, compose, message_id_of, reply_key_of
from channels.gmail.api import NOT_FOUND, GmailApi, Resource
from channels.gmail.labels import Labels
from channels.gmail.settings import ESCALATED_LABEL, HANDLED_LABEL
from domain.channels import ChannelConfig
from domain.errors import ProviderRejected
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt

log = logging.getLogger(__name__)

_LABEL_PATIENCE = timedelta(seconds=5)
_BAD_THREAD = frozenset({"400", NOT_FOUND})


class GmailSender:
    """The domain's Sender on the Gmail API."""

    def __init__(self, api: GmailApi) -> None:
        self._api = api
        self._labels = Labels(api)

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return one part: no reply reaches the limit of mail."""
        return (Part(message=message, index=0, count=1, text=message.text),)

    async def send(self, part: Part) -> Receipt:
        """Send, then label the answered mail; a label that can't be put fails nothing.

        Raises ProviderUnavailable (not sent), SendUnsure (perhaps sent), ProviderRejected.
        """
        raw = await asyncio.to_thread(compose, part, self._api.settings.address)
        thread_id = part.message.provider_thread_id
        try:
            sent = await self._api.send(raw, thread_id)
        except ProviderRejected as error:
            if not thread_id or error.code not in _BAD_THREAD:
                raise
            # The thread was deleted in our mailbox; the customer's client threads by References.
            log.warning("Gmail refuses the thread (%s): sent outside of it", error)
            sent = await self._api.send(raw, None)
        await self._label(part.message)
        return _receipt(sent)

    async def find_sent(self, part: Part) -> Receipt | None:
        """Look for an earlier attempt in the thread, which shows it at once, else by search.

        Gmail's search may lag seconds behind a send, so ask again after a pause. Raises
        ProviderUnavailable or ProviderRejected.
        """
        thread_id = part.message.provider_thread_id
        thread = await self._thread(thread_id) if thread_id else []
        for candidate in thread:
            if _carries(candidate, part, self._api.settings.address):
                return _receipt(candidate)
        message_id = message_id_of(part, self._api.settings.address).strip("<>")
        found = await self._api.list_messages(f"rfc822msgid:{message_id}", None, 10)
        for candidate in found.get("messages", []):
            return _receipt(candidate)
        # A reply whose thread is missing or deleted went out in a thread of its own.
        return None if thread else await self._find_among_sent(part)

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._api.close()

    async def _find_among_sent(self, part: Part) -> Receipt | None:
        """Search by our own header, for a mail that Gmail gave another Message-ID."""
        query = f"in:sent to:{part.message.recipient.value} newer_than:2d"
        for listed in (await self._api.list_messages(query, None, 25)).get("messages", []):
            for candidate in await self._thread(str(listed["threadId"])):
                if _carries(candidate, part, self._api.settings.address):
                    return _receipt(candidate)
        return None

    async def _thread(self, thread_id: str) -> list[Resource]:
        try:
            thread = await self._api.get_thread(thread_id, ["Message-ID", REPLY_KEY_HEADER])
        except ProviderRejected as error:
            if error.code in _BAD_THREAD:
                return []
            raise
        return list(thread.get("messages", []))

    async def _label(self, message: OutboundMessage) -> None:
        if not message.provider_message_id:
            return
        name = ESCALATED_LABEL if message.is_escalated else HANDLED_LABEL
        try:
            async with asyncio.timeout(_LABEL_PATIENCE.total_seconds()):
                await self._labels.put(name, message.provider_message_id)
        except TimeoutError:
            log.warning("label %s not put in time", name)


def _carries(candidate: Resource, part: Part, address: str) -> bool:
    headers = {
        str(header["name"]).lower(): str(header["value"]).strip()
        for header in candidate.get("payload", {}).get("headers", [])
    }
    is_sent = "DRAFT" not in candidate.get("labelIds", []) and "SENT" in candidate.get(
        "labelIds", []
    )
    is_same_key = headers.get(REPLY_KEY_HEADER.lower()) == reply_key_of(part)
    return is_sent and (is_same_key or headers.get("message-id") == message_id_of(part, address))


def _receipt(message: Resource) -> Receipt:
    return Receipt(provider_message_id=str(message["id"]), state=DeliveryState.SENT)
