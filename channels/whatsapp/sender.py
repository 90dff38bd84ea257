"""Sends replies through Twilio's Messages API: in parts, in order, within WhatsApp's 24-hour window."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import requests
from pydantic import SecretStr
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from channels.whatsapp.client import make_client, refusal, sending_error
from channels.whatsapp.codes import AUTHENTICATION_FAILED, OPTED_OUT, WINDOW_CLOSED
from channels.whatsapp.markup import message_texts
from channels.whatsapp.parse import part_query, state_of
from domain.channels import ChannelConfig
from domain.errors import ConfigurationError, NotAllowedNow, ProviderUnavailable, SendUnsure
from domain.messages import DeliveryState, OutboundMessage, Part, Receipt

log = logging.getLogger(__name__)

STATUS_PATH = "/api/v1/webhooks/whatsapp/status"
MAX_VARIABLE_CHARS = 900
"""WhatsApp accepts 1024 characters in a template with its variables filled in."""

_WINDOW = timedelta(hours=24) - timedelta(minutes=1)
"""A minute less than WhatsApp's, since the message needs time to arrive."""

_LOOK_BACK = timedelta(days=3)
_MAX_LOOKED_AT = 500

Result = TypeVar("Result")
RecordedIds = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Returns which of these provider message ids our deliveries already hold as receipts."""


class WhatsAppSender:
    """The domain's Sender on the twilio package, whose blocking calls run in a pool of threads.

    The first auth token that Twilio accepts is used, so that tokens can be rotated. Raises
    ConfigurationError if a setting is missing.
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_tokens: Sequence[SecretStr],
        from_number: str,
        public_base_url: str,
        recorded_ids: RecordedIds,
        api_base_url: str | None = None,
        timeout: timedelta = timedelta(seconds=10),
        order_patience: timedelta = timedelta(seconds=5),
        max_threads: int = 8,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        tokens = [token.get_secret_value() for token in auth_tokens if token.get_secret_value()]
        if not (account_sid and tokens and from_number and public_base_url):
            raise ConfigurationError(
                "Twilio needs an account, a token, a number and PUBLIC_BASE_URL"
            )
        self._clients = [
            make_client(account_sid, token, base_url=api_base_url or None, timeout=timeout)
            for token in tokens
        ]
        self._from = f"whatsapp:{from_number.strip().removeprefix('whatsapp:')}"
        self._status_callback = public_base_url.rstrip("/") + STATUS_PATH
        self._recorded_ids = recorded_ids
        self._order_patience = order_patience
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_threads, thread_name_prefix="twilio")

    def close(self) -> None:
        """Wait for the calls in progress and refuse new ones."""
        self._threads.shutdown(wait=True)

    def split(self, message: OutboundMessage, config: ChannelConfig) -> Sequence[Part]:
        """Return the parts in order; outside the window a template. Raises NotAllowedNow (21610, 63016).

        The template `answer` holds the reply ({{1}} name, {{2}} reply on one line) if it fits; else
        `reopen` ({{1}} name, {{2}} ticket number) asks the customer to write again.
        """
        if message.is_opted_out:
            raise NotAllowedNow("the customer wrote STOP", str(OPTED_OUT))
        if not self._is_window_open(message.last_inbound_at):
            return [_template_part(message, config)]
        texts = message_texts(message.text, config)
        return [Part(message, index, len(texts), text) for index, text in enumerate(texts)]

    async def send(self, part: Part) -> Receipt:
        """Send a part. Raises ProviderUnavailable, SendUnsure, NotAllowedNow or ProviderRejected.

        If more parts follow, returns once Twilio passed this one on, or after a few seconds, since
        WhatsApp shows messages that it gets together in any order.
        """
        receipt = await self._create(part)
        if part.index + 1 < part.count:
            return await self._wait_until_passed_on(receipt)
        return receipt

    async def find_sent(self, part: Part) -> Receipt | None:
        """Look for an unsure attempt among what Twilio sent to this customer in the last days.

        Only messages count that did not fail and that no delivery of ours has as its receipt.

        Raises:
            SendUnsure: Several messages could be it; for a template, whose text is Twilio's, any could.
            ProviderUnavailable: Twilio can't be asked.
        """
        since = self._clock() - _LOOK_BACK
        sent = await self._ask(functools.partial(self._list_sent, part=part, since=since))
        is_same = _sameness(part)
        alike = [
            message
            for message in sent
            if message.sid
            and is_same(message)
            and _receipt_of(message).state is not DeliveryState.FAILED
        ]
        ids = [str(message.sid) for message in alike]
        recorded = await self._recorded_ids(ids) if ids else ()
        unclaimed = [message for message in alike if message.sid not in recorded]
        if not unclaimed:
            return None
        if len(unclaimed) > 1 or part.template is not None:
            raise SendUnsure(f"{len(unclaimed)} messages at Twilio could be this one")
        return _receipt_of(unclaimed[0])

    async def _create(self, part: Part) -> Receipt:
        error: Exception | None = None
        for client in self._clients:
            try:
                return _receipt_of(
                    await self._in_thread(functools.partial(self._post, client, part))
                )
            except (TwilioRestException, TwilioServiceException) as failure:
                error = failure
                if failure.code != AUTHENTICATION_FAILED:
                    raise sending_error(failure) from failure
            except (requests.RequestException, ValueError) as failure:
                raise sending_error(failure) from failure
        raise ProviderUnavailable("Twilio refuses all our credentials (20003)") from error

    def _post(self, client: Client, part: Part) -> MessageInstance:
        to = f"whatsapp:{part.message.recipient.reachable_at}"
        # Twilio accepts no key of ours; only the callback address comes back.
        callback = f"{self._status_callback}?{part_query(part.message.key, part.index)}"
        if part.template is None:
            return client.messages.create(
                to=to, from_=self._from, body=part.text, status_callback=callback
            )
        return client.messages.create(
            to=to,
            from_=self._from,
            content_sid=part.template,
            content_variables=json.dumps(part.template_variables, ensure_ascii=False),
            status_callback=callback,
        )

    async def _wait_until_passed_on(self, receipt: Receipt) -> Receipt:
        deadline = asyncio.get_running_loop().time() + self._order_patience.total_seconds()
        pause = 0.1
        while (
            receipt.state is DeliveryState.QUEUED and asyncio.get_running_loop().time() < deadline
        ):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
            sid = receipt.provider_message_id
            try:
                latest = await self._ask(functools.partial(_fetch, sid))
            except ProviderUnavailable as error:
                log.info("can't see whether a part was passed on: %s", error)
                break
            receipt = _receipt_of(latest)
            if receipt.state is DeliveryState.FAILED:
                raise refusal(latest.error_code, 400)
        return receipt

    def _list_sent(self, client: Client, part: Part, since: datetime) -> list[MessageInstance]:
        to = f"whatsapp:{part.message.recipient.reachable_at}"
        found: list[MessageInstance] = []
        stream = client.messages.stream(to=to, from_=self._from, page_size=100)
        for looked_at, message in enumerate(stream):
            created = message.date_created or message.date_sent
            if created is not None and created.astimezone(UTC) < since:
                break
            if looked_at >= _MAX_LOOKED_AT:
                raise SendUnsure("too many messages to this customer to look through")
            found.append(message)
        return found

    async def _ask(self, question: Callable[[Client], Result]) -> Result:
        """Make a reading call with the first token that works. Raises ProviderUnavailable."""
        error: Exception | None = None
        for client in self._clients:
            try:
                return await self._in_thread(functools.partial(question, client))
            except (TwilioException, requests.RequestException, ValueError) as failure:
                error = failure
        raise ProviderUnavailable("Twilio can't be asked") from error

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _is_window_open(self, last_inbound_at: datetime | None) -> bool:
        return last_inbound_at is not None and self._clock() - last_inbound_at < _WINDOW


def _fetch(sid: str, client: Client) -> MessageInstance:
    return client.messages(sid).fetch()


def _template_part(message: OutboundMessage, config: ChannelConfig) -> Part:
    name = " ".join(message.recipient_name.split()) or "there"
    line = " ".join(message.text.split())
    if (answer := config.templates.get("answer")) and len(line) <= MAX_VARIABLE_CHARS:
        return Part(message, 0, 1, message.text, answer, {"1": name, "2": line})
    if reopen := config.templates.get("reopen"):
        number = message.ticket_number or "your request"
        return Part(message, 0, 1, message.text, reopen, {"1": name, "2": number})
    raise NotAllowedNow(
        "the customer last wrote more than 24 hours ago and no template is configured",
        str(WINDOW_CLOSED),
    )


def _sameness(part: Part) -> Callable[[MessageInstance], bool]:
    """Return a test whether a message of Twilio could be this part, by its text without white space."""
    wanted = part.text.split()
    if part.template is not None:
        return lambda message: str(message.direction).startswith("outbound")
    return lambda message: (
        str(message.direction).startswith("outbound") and (message.body or "").split() == wanted
    )


def _receipt_of(message: MessageInstance) -> Receipt:
    if not message.sid:
        raise SendUnsure("Twilio's answer names no message")
    return Receipt(message.sid, state_of(str(message.status)) or DeliveryState.QUEUED)
