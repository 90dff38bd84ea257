"""A committed reply goes out: once, in order, and with the truth about what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.channels import Channel, ChannelConfig
from domain.errors import (
    Conflict,
    NotAllowedNow,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
)
from domain.events import DeliveryRecorded, Event, ignore
from domain.messages import DeliveryState, MessageState, OutboundMessage, Part, Receipt, Role
from domain.ports import Observe, Sender
from domain.records import Conversation, Delivery, StoredMessage
from domain.stores import OpenWork, UnitOfWork
from pipeline.delivery_status import apply_early, hand_over_undelivered

log = logging.getLogger(__name__)

_WENT_OUT = frozenset(
    {DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ}
)
_NOT_SENT = "not_sent"
"""Our code of an attempt that the provider did not know when it was asked."""
_CLOSED = _WENT_OUT | {DeliveryState.UNSURE, DeliveryState.PARKED, DeliveryState.SUPPRESSED}


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    send_lease: timedelta = timedelta(seconds=60)
    """How long an attempt may be under way before another replica asks the provider about it.

    Longer than every provider time-out, so that no two attempts are ever under way at once.
    """
    send_within: timedelta = timedelta(seconds=10)
    """A process that stood still for longer between its mark and its send does not send any more.

    With a provider's time-out on top it has to stay below the lease.
    """


@dataclass(frozen=True, slots=True)
class _Job:
    message: StoredMessage
    outbound: OutboundMessage
    config: ChannelConfig
    earlier: Sequence[Delivery]
    is_taken: bool


class Delivering:
    """The delivery stage's use case, over one sender a channel."""

    def __init__(
        self,
        open_work: OpenWork,
        senders: Mapping[Channel, Sender],
        settings: DeliverySettings,
        observe: Observe = ignore,
    ) -> None:
        self._open_work = open_work
        self._senders = senders
        self._settings = settings
        self._observe = observe

    async def deliver(self, message_id: UUID) -> DeliveryState | None:
        """Send what of the reply has not gone out yet; None when nothing was left to do.

        Earlier replies, to the same customer on the same channel, have ended: their attempts come first.
        Raises ProviderUnavailable or SendUnsure to be tried again later; any other end is recorded.
        """
        job = await self._read(message_id)
        if job is None:
            return None
        return await self._deliver(job)

    async def _deliver(self, job: _Job) -> DeliveryState | None:
        if job.is_taken and job.message.role is Role.AGENT and not job.earlier:
            return await self._close(job, 0, DeliveryState.SUPPRESSED, None)
        sender = self._senders[job.message.channel]
        try:
            parts = sender.split(job.outbound, job.config)
        except NotAllowedNow as error:
            return await self._close(job, 0, DeliveryState.PARKED, error.code)
        state = DeliveryState.SENT
        for part in parts:
            state = await self._deliver_part(job, sender, part)
            if state not in _WENT_OUT:
                return state
        async with self._open_work() as work:
            await work.messages.settle([job.message.id], MessageState.SETTLED, job.message.turn_id)
            await work.commit()
        log.info(
            "message %s went out on %s in %d parts", job.message.id, job.message.channel, len(parts)
        )
        return state

    async def _deliver_part(self, job: _Job, sender: Sender, part: Part) -> DeliveryState:
        attempts = [one for one in job.earlier if one.part == part.index]
        latest = max(attempts, key=lambda one: one.attempt, default=None)
        if latest is not None and latest.state in _CLOSED:
            return latest.state
        if latest is not None and (
            latest.state is DeliveryState.SENDING or latest.error_code == _NOT_SENT
        ):
            found = await self._look_up(job, sender, part, latest)
            if found is not None:
                return found
        attempt = latest.attempt + 1 if latest is not None else 1
        started = time.monotonic()
        try:
            async with self._open_work() as work:
                await work.deliveries.start(
                    job.message.id, part.message.channel, attempt, part.index
                )
                await work.commit()
        except Conflict as error:
            raise ProviderUnavailable(
                "another replica is sending this part", self._settings.send_lease
            ) from error
        if time.monotonic() - started >= self._settings.send_within.total_seconds():
            raise ProviderUnavailable("this process stood still: whoever looked may send it now")
        try:
            receipt = await sender.send(part)
        except ProviderUnavailable as error:
            await self._record(job, attempt, part, DeliveryState.FAILED, code=type(error).__name__)
            raise
        except SendUnsure as error:
            log.warning(
                "message %s: unsure whether part %d went out: %s", job.message.id, part.index, error
            )
            latest = Delivery(
                job.message.id,
                attempt,
                part.index,
                DeliveryState.SENDING,
                None,
                None,
                datetime.min.replace(tzinfo=UTC),
            )
            found = await self._look_up(job, sender, part, latest)
            if found is not None:
                return found
            raise ProviderUnavailable("certainly not sent, as the provider says") from error
        except NotAllowedNow as error:
            return await self._close(job, part.index, DeliveryState.PARKED, error.code, attempt)
        except ProviderRejected as error:
            return await self._close(job, part.index, DeliveryState.FAILED, error.code, attempt)
        await self._record(job, attempt, part, receipt.state, receipt)
        return receipt.state

    async def _look_up(
        self, job: _Job, sender: Sender, part: Part, latest: Delivery
    ) -> DeliveryState | None:
        """An attempt that never reported back: ask the provider. None: it certainly did not go out.

        Asked again before it is repeated: what timed out here may have gone through there since, and
        a provider's lists lag behind its sends.
        """
        is_open = latest.state is DeliveryState.SENDING
        number = latest.attempt if is_open else latest.attempt + 1
        age = datetime.now(UTC) - latest.updated_at
        if is_open and age < self._settings.send_lease:
            raise ProviderUnavailable("an attempt is under way", self._settings.send_lease - age)
        try:
            receipt = await sender.find_sent(part)
        except SendUnsure:
            return await self._close(job, part.index, DeliveryState.UNSURE, None, number)
        if receipt is None:
            if is_open:
                await self._record(job, number, part, DeliveryState.FAILED, code=_NOT_SENT)
            return None
        await self._record(job, number, part, receipt.state, receipt)
        return receipt.state

    async def _read(self, message_id: UUID) -> _Job | None:
        async with self._open_work() as work:
            message = await work.messages.get(message_id)
            if message.role is Role.CUSTOMER or message.state is MessageState.SETTLED:
                return None
            conversation = await work.conversations.get(message.conversation_id)
            config = await work.channel_configs.get(message.channel)
            earlier = await work.deliveries.of_message(message_id)
            outbound = await _outbound(work, message, conversation)
            return _Job(message, outbound, config, earlier, conversation.is_taken)

    async def _record(
        self,
        job: _Job,
        attempt: int,
        part: Part,
        state: DeliveryState,
        receipt: Receipt | None = None,
        code: str | None = None,
    ) -> None:
        provider_id = receipt.provider_message_id if receipt else None
        async with self._open_work() as work:
            await work.deliveries.record(
                job.message.id, attempt, part.index, state, provider_id, code
            )
            events: list[Event] = [DeliveryRecorded(job.message.channel, state, code)]
            if provider_id is not None:
                events += await apply_early(work, job.message.channel, provider_id)
            await work.commit()
        for event in events:
            self._observe(event)

    async def _close(
        self,
        job: _Job,
        part: int,
        state: DeliveryState,
        code: str | None,
        attempt: int | None = None,
    ) -> DeliveryState:
        """End a delivery that did not simply succeed, and let a person know where one is needed."""
        async with self._open_work() as work:
            number = attempt or 1 + max((one.attempt for one in job.earlier), default=0)
            if attempt is None:
                await work.deliveries.start(job.message.id, job.message.channel, number, part)
            await work.deliveries.record(job.message.id, number, part, state, None, code)
            await work.messages.settle([job.message.id], MessageState.SETTLED, job.message.turn_id)
            await work.audit.add(
                "delivery", state.value, "message", str(job.message.id), {"code": code or ""}
            )
            handed_over = None
            if state is not DeliveryState.SUPPRESSED:
                handed_over = await hand_over_undelivered(work, job.message, state, code)
            await work.commit()
        self._observe(DeliveryRecorded(job.message.channel, state, code))
        if handed_over is not None:
            self._observe(handed_over)
        log.warning(
            "message %s on %s ended as %s, code %s",
            job.message.id,
            job.message.channel,
            state,
            code,
        )
        return state


async def _outbound(
    work: UnitOfWork, message: StoredMessage, conversation: Conversation
) -> OutboundMessage:
    customer = await work.customers.get(message.customer_id)
    ticket = await work.tickets.current(message.conversation_id)
    latest = await work.messages.last_inbound(message.conversation_id)
    return OutboundMessage(
        key=message.id,
        channel=message.channel,
        recipient=await work.customers.recipient(message.customer_id, message.channel),
        recipient_name=customer.name,
        text=message.content,
        ticket_number=ticket.number if ticket else None,
        subject=conversation.subject,
        provider_thread_id=conversation.provider_thread_id,
        in_reply_to=latest.message_id_header if latest else None,
        references=latest.references if latest else (),
        is_escalated=ticket is not None and ticket.escalation_reason is not None,
        is_automatic=message.role is not Role.STAFF,
        last_inbound_at=await work.customers.last_wrote_at(customer.id, message.channel),
        provider_message_id=latest.provider_message_id if latest else None,
        is_opted_out=customer.is_opted_out,
    )
