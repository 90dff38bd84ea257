"""Plays one scenario once: the customer's steps one after another, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain.acts import DialogueAct
from domain.channels import Channel
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import Attachment, InboundMessage, Role
from domain.records import Conversation, Ticket
from domain.tickets import TicketStatus
from evals.conversations.desk import Desk
from evals.conversations.scenario import Act, Scenario, Step
from pipeline import staff
from pipeline.receive import Accepted, receive, receive_follow_up

STAFF = "grace"
NAME = "Ada Fox"


@dataclass(frozen=True, slots=True)
class StepEnd:
    """`seen` are the parts that reached the customer in this step, of `replies` replies."""

    outcome: str
    seen: tuple[str, ...]
    replies: int
    undelivered: int
    conversation: Conversation | None
    ticket: Ticket | None
    articles: tuple[str, ...]
    act: DialogueAct | None = None
    """What the customer's last message was read as."""
    seen_before: tuple[str, ...] = ()
    """What the customer saw in the step before."""
    was_waiting: bool = False
    """Whether a person was awaited before this step: a hand-over then keeps its first reason."""


class Customer:
    """One person with an address and a number of their own, so that runs do not meet."""

    def __init__(self, desk: Desk, number: int, wording: int) -> None:
        self._desk = desk
        self._wording = wording
        self._mail = f"ada.{number}.{wording}@example.com"
        self._phone = f"+1415{5_550_000 + number * 10 + wording:07d}"
        self._conversations: dict[Channel, UUID] = {}
        self._last: InboundMessage | None = None
        self._heard: dict[UUID, int] = {}
        self._seen: tuple[str, ...] = ()
        self._waits = False

    async def act(self, step: Step) -> StepEnd:
        """Raises what the use cases raise: a scenario that ends in an error has failed."""
        desk, channel = self._desk, step.channel
        parts_before = len(self._received(channel))
        accepted: list[Accepted] = []
        match step.act:
            case Act.WRITES:
                for text in step.wordings[self._wording]:
                    accepted.append(await self._write(step, text))
            case Act.AGAIN if self._last is not None:
                accepted.append(await receive(desk.open_uow, self._last))
            case Act.TAKEN:
                await staff.take(desk.open_uow, self._conversations[channel], STAFF)
            case Act.RELEASED:
                await staff.release(desk.open_uow, self._conversations[channel], STAFF)
            case Act.RESOLVED:
                await staff.resolve(desk.open_uow, self._conversations[channel], STAFF, "Solved.")
        if accepted:
            self._conversations[channel] = accepted[-1].conversation_id
        conversation_id = self._conversations[channel]
        outcome, read_as = await self._answer(conversation_id)
        end = await self._look(channel, conversation_id, outcome, parts_before)
        end = replace(end, act=read_as, seen_before=self._seen, was_waiting=self._waits)
        self._seen = end.seen
        self._waits = end.ticket is not None and end.ticket.status is TicketStatus.ESCALATED
        return end

    async def _write(self, step: Step, text: str) -> Accepted:
        desk, earlier = self._desk, self._conversations.get(step.channel)
        if step.channel is Channel.WEB_FORM and earlier is not None:
            async with desk.open_uow() as uow:
                ticket = await uow.tickets.current(earlier)
            if ticket is None:
                raise LookupError("a form's conversation has a ticket from its first message on")
            return await receive_follow_up(desk.open_uow, ticket, text)
        self._last = InboundMessage(
            channel=step.channel,
            provider_message_id=uuid4().hex,
            sender=self._identifier(step.channel),
            sender_name=NAME,
            text=text,
            raw_text=text,
            received_at=datetime.now(UTC),
            subject=step.subject,
            attachments=tuple(Attachment(name, "image/png", 1000) for name in step.attachments),
            standing=step.standing,
        )
        return await receive(desk.open_uow, self._last)

    async def _answer(self, conversation_id: UUID) -> tuple[str, DialogueAct | None]:
        """What the agent and the delivery stage do with everything that waits now."""
        desk, outcome = self._desk, "silent"
        read_as: DialogueAct | None = None
        async with desk.open_uow() as uow:
            waiting = await uow.messages.waiting(conversation_id)
        for message in waiting:
            turn = await desk.answering.answer(message.id)
            if turn is not None:
                outcome, read_as = turn.outcome, turn.act
        async with desk.open_uow() as uow:
            said = await uow.messages.of_conversation(conversation_id)
        for message in said:
            if message.role is not Role.CUSTOMER and message.state == "undelivered":
                await desk.delivering.deliver(message.id)
        return outcome, read_as

    async def _look(
        self, channel: Channel, conversation_id: UUID, outcome: str, parts_before: int
    ) -> StepEnd:
        async with self._desk.open_uow() as uow:
            conversation = await uow.conversations.get(conversation_id)
            ticket = await uow.tickets.current(conversation_id)
            said = await uow.messages.of_conversation(conversation_id)
            tried = await uow.turns.tried(conversation_id)
        replies = [message for message in said if message.role is not Role.CUSTOMER]
        if outcome == "silent" and len(replies) > self._heard.get(conversation_id, 0):
            outcome = "told"
        heard = self._heard.get(conversation_id, 0)
        self._heard[conversation_id] = len(replies)
        sources = tried[-1]["sources"] if tried and outcome == "answered" else []
        return StepEnd(
            outcome,
            tuple(self._received(channel)[parts_before:]),
            len(replies) - heard,
            sum(message.state == "undelivered" for message in replies),
            conversation,
            ticket,
            _titles(sources),
        )

    def _received(self, channel: Channel) -> list[str]:
        return self._desk.bags[channel].received[self._identifier(channel).value]

    def _identifier(self, channel: Channel) -> Identifier:
        if IdentifierKind.PHONE in channel.facts.reply_kinds:
            return Identifier(IdentifierKind.PHONE, self._phone, Assurance.PROVIDER_ATTESTED)
        is_form = channel is Channel.WEB_FORM
        assurance = Assurance.CLAIMED if is_form else Assurance.PROVIDER_ATTESTED
        return Identifier(IdentifierKind.EMAIL, self._mail, assurance)


def _titles(sources: object) -> tuple[str, ...]:
    if not isinstance(sources, list):
        return ()
    return tuple(str(source["title"]) for source in sources)


async def play(desk: Desk, scenario: Scenario, number: int, wording: int) -> Sequence[StepEnd]:
    """The ends of all steps, with the wording of this run."""
    customer = Customer(desk, number, wording)
    return [await customer.act(step) for step in scenario.steps]
