"""Sends committed replies once and in order, and records how each delivery ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.channels import Channel, ChannelConfig
from domain.errors import (
    Conflict,
    NotAllowedNow,
    NotFound,
    Postponed,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
    StoreUnavailable,
)
from domain.events import DeliveryRecorded, Event, ignore
from domain.messages import (
    CONFIRMS_CONSENT,
    DeliveryState,
    MessageState,
    OutboundMessage,
    Part,
    Receipt,
    Role,
)
from domain.names import usable_name
from domain.notifications import EventType
from domain.ports import Observe, Sender
from domain.records import Conversation, ConversationStatus, Delivery, StoredMessage
from domain.stores import OpenUnitOfWork, UnitOfWork
from pipeline.bulkheads import Bulkhead, BulkheadSettings
from pipeline.delivery_status import apply_early, hand_over_undelivered
from pipeline.failed_items import describe
from pipeline.telling import tell_of_message

log = logging.getLogger(__name__)

_WENT_OUT = frozenset(
    {DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ}
)
_NOT_SENT = "not_sent"
"""Our error code of an attempt that the provider certainly did not accept."""
_NO_ANSWER = "no_answer"
"""Our error code of an open attempt without an answer."""
_FAILED_THERE = "failed_there"
"""Our error code of an open attempt that the provider answered with a server error."""
_CLOSED = _WENT_OUT | {DeliveryState.UNSURE, DeliveryState.PARKED, DeliveryState.SUPPRESSED}

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SendWindow:
    """How long after an attempt the provider may still accept or show it."""

    acts_within: timedelta = timedelta(seconds=120)
    """After an attempt without an answer. If not found by then it stays unsure: a person decides."""
    shows_within: timedelta = timedelta(seconds=30)
    """After an answered failure. If not found by then it was not accepted and is sent again."""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Time limits of sending; `send_within` + `attempt_limit` must not exceed `send_lease`.

    So two attempts at one part never overlap.
    """

    send_lease: timedelta = timedelta(seconds=120)
    """How long an attempt may run before another replica asks the provider about it."""
    send_within: timedelta = timedelta(seconds=10)
    """A process that stalled for longer between marking and sending does not send."""
    attempt_limit: timedelta = timedelta(seconds=110)
    """The longest that a send may take."""
    windows: Mapping[Channel, SendWindow] = field(default_factory=dict)
    """By channel; a channel without an entry has the default window."""
    bulkhead: BulkheadSettings = field(default_factory=BulkheadSettings)
    """Of each provider."""
    hold_at_most: timedelta = timedelta(hours=1)
    """A reply that a failing provider holds back for longer uses up its attempts and becomes a dead letter."""


@dataclass(frozen=True, slots=True)
class _Job:
    message: StoredMessage
    outbound: OutboundMessage
    config: ChannelConfig
    earlier: Sequence[Delivery]
    is_taken: bool

    @property
    def is_droppable(self) -> bool:
        """Whether nothing of a reply of the agent can have reached the customer."""
        is_unsent = all(delivery.state is DeliveryState.FAILED for delivery in self.earlier)
        is_agents = self.message.role is Role.AGENT and self.message.author != CONFIRMS_CONSENT
        return is_agents and is_unsent


class _TakenOver(Exception):
    """A person took the conversation over; `is_settled` if that ended this reply already."""

    def __init__(self, *, is_settled: bool) -> None:
        super().__init__()
        self.is_settled = is_settled


class Delivering:
    """The delivery stage's use case, with one sender for each channel."""

    def __init__(
        self,
        open_uow: OpenUnitOfWork,
        senders: Mapping[Channel, Sender],
        settings: DeliverySettings,
        observe: Observe = ignore,
    ) -> None:
        self._open_uow = open_uow
        self._senders = senders
        self._settings = settings
        self._observe = observe
        self._bulkheads: dict[tuple[Channel, str | None], Bulkhead] = {}
        """By channel and mailbox: replies of two mailboxes leave through different servers."""
        self._unwritten: dict[UUID, Callable[[], Awaitable[None]]] = {}
        """By message: results of attempts that wait to be written, since the database was unavailable."""

    async def deliver(self, message_id: UUID) -> DeliveryState | None:
        """Send the parts of the reply that have not been sent; None when nothing was left to do.

        The caller has finished earlier replies to the same customer on the same channel. Any other
        end than the two errors is recorded.

        Raises:
            NotFound: The customer was erased; nothing more is sent.
            ProviderUnavailable: Not sent; try again later.
            SendUnsure: Possibly sent; try again later.
            Postponed: Nothing was tried, since the provider hangs or fails; try again later.
        """
        job = await self._read(message_id)
        if job is None:
            return None
        try:
            async with self._bulkhead_of(job).place(message_id):
                return await self._deliver(job)
        except Postponed as error:
            if datetime.now(UTC) - job.message.created_at > self._settings.hold_at_most:
                raise ProviderUnavailable(f"held back for too long: {error}") from error
            raise

    def take_news(self) -> dict[Channel, str | None]:
        """Return for each channel that was sent to since the last call why its provider fails, or None."""
        found: dict[Channel, str | None] = {}
        for (channel, _), bulkhead in self._bulkheads.items():
            if (news := bulkhead.take_news()) is not None:
                found[channel] = found.get(channel) or news[0]
        return found

    def _bulkhead_of(self, job: _Job) -> Bulkhead:
        channel, mailbox = key = job.message.channel, job.outbound.mailbox
        if key not in self._bulkheads:
            name = f"the provider of {channel}" + (" for a mailbox" if mailbox else "")
            self._bulkheads[key] = Bulkhead(name, self._settings.bulkhead)
        return self._bulkheads[key]

    async def _deliver(self, job: _Job) -> DeliveryState | None:
        if job.is_taken and job.is_droppable:
            return await self._close(job, 0, DeliveryState.SUPPRESSED, None)
        sender = self._senders[job.message.channel]
        try:
            parts = sender.split(job.outbound, job.config)
        except NotAllowedNow as error:
            return await self._close(job, 0, DeliveryState.PARKED, error.code, words=str(error))
        state = DeliveryState.SENT
        try:
            for part in parts:
                state = await self._deliver_part(job, sender, part)
                if state not in _WENT_OUT:
                    break
        except _TakenOver as error:
            if error.is_settled:
                return DeliveryState.SUPPRESSED
            return await self._close(job, 0, DeliveryState.SUPPRESSED, None)
        async with self._open_uow() as uow:
            conversation = await uow.conversations.lock(job.message.conversation_id)
            await uow.messages.set_state(
                [job.message.id], MessageState.SETTLED, job.message.turn_id
            )
            # A closed conversation is a notice that we began, not a reply.
            if state in _WENT_OUT and conversation.status is not ConversationStatus.CLOSED:
                await tell_of_message(uow, EventType.REPLY_SENT, conversation, job.message)
            await uow.commit()
        log.info("message %s on %s ended as %s", job.message.id, job.message.channel, state)
        return state

    async def _deliver_part(self, job: _Job, sender: Sender, part: Part) -> DeliveryState:
        attempts = [delivery for delivery in job.earlier if delivery.part == part.index]
        latest = max(attempts, key=lambda delivery: delivery.attempt, default=None)
        if latest is None:
            return await self._attempt(job, sender, part, 1)
        if latest.state in _CLOSED:
            return latest.state
        if latest.provider_message_id is not None:
            return await self._adopt(job, part, latest, latest.provider_message_id)
        ruled_out = None
        if latest.state is DeliveryState.SENDING:
            found = await self._look_up(job, sender, part, latest)
            if found is not None:
                return found
            ruled_out = latest.attempt
        return await self._attempt(job, sender, part, latest.attempt + 1, ruled_out)

    async def _adopt(
        self, job: _Job, part: Part, latest: Delivery, provider_message_id: str
    ) -> DeliveryState:
        """Record an attempt as accepted whose provider id a callback named before the attempt ended."""
        if latest.state is not DeliveryState.SENDING:
            return latest.state
        receipt = Receipt(provider_message_id, DeliveryState.QUEUED)
        await self._record(job, latest.attempt, part, receipt.state, receipt)
        return receipt.state

    async def _attempt(
        self, job: _Job, sender: Sender, part: Part, attempt: int, ruled_out: int | None = None
    ) -> DeliveryState:
        """Send once. `ruled_out` is the previous attempt, which the provider certainly did not accept."""
        bulkhead = self._bulkhead_of(job)
        bulkhead.begin_send(job.message.id)
        await self._start(job, part, attempt, ruled_out)
        try:
            async with asyncio.timeout(self._settings.attempt_limit.total_seconds()):
                receipt = await sender.send(part)
        except ProviderUnavailable as error:
            bulkhead.fail(job.message.customer_id, describe(error))
            failed, code, words = DeliveryState.FAILED, type(error).__name__, str(error)
            await self._write(
                job.message.id, lambda: self._record(job, attempt, part, failed, None, code, words)
            )
            raise
        except (SendUnsure, TimeoutError) as error:
            bulkhead.fail(job.message.customer_id, describe(error))
            return await self._leave_open(job, sender, part, attempt, error)
        except NotAllowedNow as error:
            bulkhead.succeed()
            return await self._close(
                job, part.index, DeliveryState.PARKED, error.code, attempt, str(error)
            )
        except ProviderRejected as error:
            bulkhead.succeed()
            return await self._close(
                job, part.index, DeliveryState.FAILED, error.code, attempt, str(error)
            )
        bulkhead.succeed()
        state = receipt.state
        await self._write(job.message.id, lambda: self._record(job, attempt, part, state, receipt))
        return state

    async def _write(self, message_id: UUID, write: Callable[[], Awaitable[None]]) -> None:
        """Write, or keep the write until this message is read again.

        Otherwise an attempt whose result this process knows would count as one without an answer.
        """
        try:
            await write()
        except StoreUnavailable:
            self._unwritten[message_id] = write
            raise
        self._unwritten.pop(message_id, None)

    async def _start(self, job: _Job, part: Part, attempt: int, ruled_out: int | None) -> None:
        """Mark the attempt durably before the provider is called. Raises ProviderUnavailable."""
        key, channel = job.message.id, part.message.channel
        may_act_for = self._settings.send_lease + self._window(job).acts_within
        started = time.monotonic()
        try:
            async with self._open_uow() as uow:
                await _check_still_due(uow, job, part)
                if ruled_out is not None and not await uow.deliveries.end_doubt(
                    key, ruled_out, part.index, DeliveryState.FAILED, _NOT_SENT
                ):
                    raise Conflict("the previous attempt has already ended")
                await uow.deliveries.start(key, channel, attempt, part.index, may_act_for)
                await uow.commit()
        except Conflict as error:
            raise ProviderUnavailable("another replica sends this part") from error
        if time.monotonic() - started >= self._settings.send_within.total_seconds():
            await self._record(job, attempt, part, DeliveryState.FAILED, code=_NOT_SENT)
            raise ProviderUnavailable("this process stalled and did not send")

    async def _leave_open(
        self, job: _Job, sender: Sender, part: Part, attempt: int, error: Exception
    ) -> DeliveryState:
        """Record until when the provider may still act on an attempt without a result, and look it up."""
        is_answered = isinstance(error, SendUnsure) and error.is_answered
        window = self._window(job)
        may_act_for = window.shows_within if is_answered else window.acts_within
        code = _FAILED_THERE if is_answered else _NO_ANSWER
        log.warning(
            "message %s: unsure whether part %d went out, for %.0f s: %s",
            job.message.id,
            part.index,
            may_act_for.total_seconds(),
            describe(error),
        )

        async def write() -> None:
            async with self._open_uow() as uow:
                await uow.deliveries.leave_open(
                    job.message.id, attempt, part.index, code, may_act_for
                )
                await uow.commit()

        await self._write(job.message.id, write)
        state, age = DeliveryState.SENDING, timedelta(0)
        left = Delivery(job.message.id, attempt, part.index, state, None, code, age, may_act_for)
        found = await self._look_up(job, sender, part, left)
        if found is None:
            raise ProviderUnavailable("the provider failed and did not accept it") from error
        return found

    async def _look_up(
        self, job: _Job, sender: Sender, part: Part, latest: Delivery
    ) -> DeliveryState | None:
        """Ask the provider about an open attempt; None when it certainly was not accepted.

        A missing message may still appear while the provider may act. Only after an answered failure
        does its absence prove that it was not accepted; see docs/decisions/0010.

        Raises:
            SendUnsure: Not found, and the provider may still act.
            ProviderUnavailable: The attempt still runs, or the provider can't be asked.
        """
        has_ended = latest.error_code in (_NO_ANSWER, _FAILED_THERE)
        if not has_ended and latest.age < self._settings.send_lease:
            raise ProviderUnavailable(
                "an attempt is running", self._settings.send_lease - latest.age
            )
        is_absent = False
        try:
            receipt = await sender.find_sent(part)
            is_absent = receipt is None
        except SendUnsure as error:
            log.warning("message %s, part %d: %s", job.message.id, part.index, error)
            receipt = None
        if receipt is not None:
            await self._record(job, latest.attempt, part, receipt.state, receipt)
            return receipt.state
        if latest.may_act_for > timedelta(0):
            raise SendUnsure("not at the provider yet", _pause(latest))
        if is_absent and latest.error_code == _FAILED_THERE:
            return None
        return await self._close(job, part.index, DeliveryState.UNSURE, None, latest.attempt)

    def _window(self, job: _Job) -> SendWindow:
        return self._settings.windows.get(job.message.channel, SendWindow())

    async def _read(self, message_id: UUID) -> _Job | None:
        if (write := self._unwritten.get(message_id)) is not None:
            await self._write(message_id, write)
        async with self._open_uow() as uow:
            message = await uow.messages.get(message_id)
            if message.role is Role.CUSTOMER or message.state is MessageState.SETTLED:
                return None
            conversation = await uow.conversations.get(message.conversation_id)
            config = await uow.channel_configs.get(message.channel)
            earlier = await uow.deliveries.of_message(message_id)
            outbound = await _outbound(uow, message, conversation)
            return _Job(message, outbound, config, earlier, conversation.is_taken)

    async def _record(
        self,
        job: _Job,
        attempt: int,
        part: Part,
        state: DeliveryState,
        receipt: Receipt | None = None,
        code: str | None = None,
        words: str | None = None,
    ) -> None:
        provider_id = receipt.provider_message_id if receipt else None
        async with self._open_uow() as uow:
            is_kept = await uow.deliveries.record(
                job.message.id, attempt, part.index, state, provider_id, code, words
            )
            events: list[Event] = [DeliveryRecorded(job.message.channel, state, code)]
            if is_kept and provider_id is not None:
                events += await apply_early(uow, job.message.channel, provider_id)
            await uow.commit()
        for event in events:
            self._observe(event)

    async def _close(
        self,
        job: _Job,
        part: int,
        state: DeliveryState,
        code: str | None,
        attempt: int | None = None,
        words: str | None = None,
    ) -> DeliveryState:
        """End a delivery without a receipt, and hand it over unless it was suppressed."""
        async with self._open_uow() as uow:
            # Before anything else, as an erasure does: in another order the two would wait for each other.
            with contextlib.suppress(NotFound):
                await uow.conversations.lock(job.message.conversation_id)
            number = attempt or 1 + max((delivery.attempt for delivery in job.earlier), default=0)
            if attempt is None:
                await uow.deliveries.start(job.message.id, job.message.channel, number, part)
            if state is not DeliveryState.UNSURE:
                await uow.deliveries.record(job.message.id, number, part, state, None, code, words)
            elif not await uow.deliveries.end_doubt(job.message.id, number, part, state, code):
                raise SendUnsure("another replica or a callback ended it meanwhile")
            await uow.messages.set_state(
                [job.message.id], MessageState.SETTLED, job.message.turn_id
            )
            await uow.audit.add(
                "delivery", state.value, "message", str(job.message.id), {"code": code or ""}
            )
            handed_over = None
            if state is not DeliveryState.SUPPRESSED:
                handed_over = await hand_over_undelivered(uow, job.message, state, code)
            await uow.commit()
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


async def _check_still_due(uow: UnitOfWork, job: _Job, part: Part) -> None:
    """Raise NotFound if the customer was erased, and _TakenOver if a person owns the conversation.

    Under the lock that both hold: they either drop this part or come after the attempt was marked.
    """
    conversation = await uow.conversations.lock(job.message.conversation_id)
    if not job.is_droppable or part.index > 0:
        return
    current = await uow.messages.get(job.message.id)
    is_settled = current.state is MessageState.SETTLED
    if is_settled or conversation.is_taken:
        raise _TakenOver(is_settled=is_settled)


def _pause(latest: Delivery) -> timedelta:
    """Return the pause until the next look-up.

    Pauses double. After an answered failure one look-up, at the end of the window, is enough.
    """
    if latest.error_code == _FAILED_THERE:
        return latest.may_act_for
    return min(max(_FIRST_PAUSE, latest.age), _LONGEST_PAUSE, latest.may_act_for)


async def _outbound(
    uow: UnitOfWork, message: StoredMessage, conversation: Conversation
) -> OutboundMessage:
    customer = await uow.customers.get(message.customer_id)
    ticket = await uow.tickets.current(message.conversation_id)
    latest = await uow.messages.last_inbound(message.conversation_id)
    # Whoever writes it, a mail to an address that is only claimed repeats nothing of the mail that it answers.
    repeats = not conversation.is_unproven_mail
    # A closed conversation is a notice that we began: its subject is ours.
    is_notice = conversation.status is ConversationStatus.CLOSED
    return OutboundMessage(
        key=message.id,
        channel=message.channel,
        recipient=await uow.customers.recipient(
            message.customer_id,
            message.channel,
            written_to=conversation.recipient_id if latest is None else None,
        ),
        recipient_name=usable_name(conversation.name_of(customer)) if repeats else "",
        text=message.content,
        ticket_number=ticket.number if ticket else None,
        subject=conversation.subject if repeats or is_notice else None,
        provider_thread_id=conversation.provider_thread_id if repeats else None,
        in_reply_to=latest.message_id_header if latest and repeats else None,
        references=latest.references if latest and repeats else (),
        is_escalated=ticket is not None and ticket.escalation_reason is not None,
        is_automatic=message.role is not Role.STAFF,
        last_inbound_at=await uow.customers.last_wrote_at(customer.id, message.channel),
        provider_message_id=latest.provider_message_id if latest else None,
        mailbox=latest.mailbox if latest else None,
        is_opted_out=customer.is_opted_out and message.author != CONFIRMS_CONSENT,
    )
