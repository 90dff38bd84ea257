"""Tests that an erasure is final, whatever is under way at the moment of it.

Each act runs again and again, with the erasure before each of its transactions, inside of each of them just before
its commit, and at each of its calls to the world outside. Afterwards no column of any table may hold a word, an
address or a provider's id of the customer.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest

from agent.settings import AgentSettings
from deployments.api import customers
from deployments.bootstrap import bootstrap
from deployments.configs.agent import AgentConfig
from domain import topics
from domain.channels import Channel
from domain.errors import ProviderRejected, SendUnsure, SupportError
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.knowledge import Lesson
from domain.messages import (
    Bounce,
    DeliveryState,
    InboundMessage,
    MessageState,
    Part,
    Receipt,
    Role,
    SentMail,
)
from domain.ports import AgentDependencies
from domain.records import StoredMessage
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork, UnitOfWork
from domain.tickets import EscalationReason
from domain.traces import TraceContext
from domain.turns import Draft, Escalation, Turn
from pipeline import drafts, marks, staff
from pipeline.attempts import Attempting, Start
from pipeline.dead_letter import dead_letter
from pipeline.deliver import Delivering, DeliverySettings
from pipeline.delivery_status import record_bounce, record_status
from pipeline.erasure import erase
from pipeline.form_mail import tell_of_answers
from pipeline.hand_over import HandOver, hand_over
from pipeline.queueing import send_message
from pipeline.receive import receive, receive_follow_up
from pipeline.receive_forms import Arrival, receive_forms
from pipeline.sent_mail import receive_sent
from tests.integration.api import BASE, GRACE, Api
from tests.integration.correspondence import a_message, open_ticket, start_turn
from tests.integration.stages import RecordingSender, embedder, scorer

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]

Owner = asyncpg.Connection
RETRY = RetryPolicy(
    max_attempts=1,
    max_attempts_at_a_bug=1,
    first_delay=timedelta(0),
    longest_delay=timedelta(0),
)


# -- The moments of an act ---------------------------------------------------------------------------------------------


@dataclass
class Moments:
    """Counts the moments of an act and erases the customer at one of them."""

    inner: OpenUnitOfWork
    watcher: Owner
    erase: Callable[[], Awaitable[object]]
    at: int
    passed: int = 0
    struck: asyncio.Future[object] | None = None

    async def reach(self) -> None:
        """A moment between two transactions."""
        if self._is_now():
            self.struck = asyncio.ensure_future(self.erase())
            await self.struck

    @asynccontextmanager
    async def open(self) -> AsyncIterator[UnitOfWork]:
        """A moment before the transaction, and one inside of it, before its commit."""
        await self.reach()
        async with self.inner() as uow:
            commit = uow.commit

            async def commit_at_last() -> None:
                if self._is_now():
                    self.struck = asyncio.ensure_future(self.erase())
                    await self._until_it_waits_or_ends()
                await commit()

            uow.commit = commit_at_last  # type: ignore[method-assign]
            yield uow
        if self.struck is not None:
            await self.struck

    def _is_now(self) -> bool:
        self.passed += 1
        return self.passed == self.at

    async def _until_it_waits_or_ends(self) -> None:
        while self.struck is not None and not self.struck.done():
            if await self.watcher.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database())"
            ):
                return
            await asyncio.sleep(0.005)


async def erase_now(open_uow: OpenUnitOfWork, customer_id: UUID) -> None:
    async with open_uow() as uow:
        await uow.customers.erase(customer_id)
        await uow.commit()


@dataclass
class World:
    """A customer, known by a word that stands in everything that is theirs, and what acts need."""

    mark: str
    open_uow: OpenUnitOfWork
    owner: Owner
    moments: Moments = field(init=False)

    @property
    def mail(self) -> Identifier:
        return Identifier(
            IdentifierKind.EMAIL, f"{self.mark}@example.com", Assurance.PROVIDER_ATTESTED
        )

    @property
    def chat(self) -> Identifier:
        return Identifier(
            IdentifierKind.WHATSAPP, f"{self.mark}.98765", Assurance.PROVIDER_ATTESTED
        )

    def writes(self, channel: Channel = Channel.EMAIL, text: str = "") -> InboundMessage:
        sender = self.chat if channel is Channel.WHATSAPP else self.mail
        if channel is Channel.WEB_FORM:
            sender = Identifier(sender.kind, sender.value, Assurance.CLAIMED)
        return a_message(
            sender,
            channel,
            text or f"How do I export my data? My name is {self.mark}",
            provider_id=f"{self.mark}-{next(_NUMBERS)}",
            name=f"Ann {self.mark}",
            thread=f"{self.mark}-thread-{channel.value}",
            header=f"<{self.mark}-{channel.value}@example.com>",
            subject=f"About {self.mark}",
            raw=f"From: {self.mark}@example.com\r\n\r\nhello".encode(),
        )

    async def wrote(self, channel: Channel = Channel.EMAIL) -> StoredMessage:
        accepted = await receive(self.open_uow, self.writes(channel))
        async with self.open_uow() as uow:
            return await uow.messages.get(accepted.message_id)

    async def replied(
        self, channel: Channel = Channel.WHATSAPP, role: Role = Role.AGENT
    ) -> StoredMessage:
        """A reply to the customer that waits for its delivery."""
        message = await self.wrote(channel)
        async with self.open_uow() as uow:
            conversation = await uow.conversations.lock(message.conversation_id)
            reply = await send_message(
                uow,
                conversation,
                role=role,
                author="rules",
                content=f"Dear {self.mark}",
                trace_id=None,
            )
            await uow.commit()
        return reply


_NUMBERS = itertools.count(1)


@dataclass
class SlowSender(RecordingSender):
    """A provider whose every call is a moment."""

    moments: Moments | None = None
    mark: str = ""
    parts: int = 1

    def split(self, message: object, config: object) -> Sequence[Part]:
        return [Part(message, index, self.parts, f"part {index}") for index in range(self.parts)]  # type: ignore[arg-type]

    async def send(self, part: Part) -> Receipt:
        assert self.moments is not None
        await self.moments.reach()
        await super().send(part)
        return Receipt(f"{self.mark}-sent-{part.index}", DeliveryState.SENT)

    async def find_sent(self, part: Part) -> Receipt | None:
        assert self.moments is not None
        await self.moments.reach()
        found = await super().find_sent(part)
        return found and Receipt(f"{self.mark}-found-{part.index}", DeliveryState.SENT)


@dataclass
class SlowAgent:
    """An agent that thinks for a moment, and repeats what the customer said."""

    moments: Moments
    mark: str
    hands_over: bool = False
    name: str = "slow"

    async def draft(self, turn: Turn, dependencies: AgentDependencies) -> Draft:
        await self.moments.reach()
        draft = Draft(reply=f"Dear {self.mark}, we look into it.", model="slow")
        draft.searches.append(f"where is {self.mark}")
        if self.hands_over:
            draft.escalation = Escalation(EscalationReason.REFUND, f"{self.mark} wants money")
        return draft


# -- The acts ----------------------------------------------------------------------------------------------------------

Act = Callable[[OpenUnitOfWork], Awaitable[object]]
Prepare = Callable[[World], Awaitable[Act]]


def delivery(
    channel: Channel = Channel.WHATSAPP,
    *errors: Callable[[str], Exception],
    is_taken: bool = False,
    parts: int = 1,
    role: Role = Role.AGENT,
) -> Prepare:
    async def prepare(world: World) -> Act:
        reply = await world.replied(channel, role)

        async def act(open_uow: OpenUnitOfWork) -> None:
            sender = SlowSender(
                errors=[error(world.mark) for error in errors],
                takes_it_all_the_same=is_taken,
                moments=world.moments,
                mark=world.mark,
                parts=parts,
            )
            delivering = Delivering(open_uow, {channel: sender}, DeliverySettings())
            attempting = Attempting(open_uow, MessageState.UNDELIVERED)
            if (await attempting.begin([Start(reply.id, is_alone=True)]))[0] is None:
                return
            dead = await attempting.work_on(reply.id, delivering.deliver, RETRY, 0)
            if dead is not None:
                await dead_letter(
                    open_uow,
                    topic=topics.OUTGOING,
                    key=str(reply.customer_id),
                    value=f"record of {world.mark}".encode(),
                    origin=f"{topics.OUTGOING}/0/{reply.id}",
                    message_id=reply.id,
                    cause=dead.cause,
                    attempts=dead.attempts,
                )

        return act

    return prepare


def callback(state: DeliveryState, *, is_sending: bool) -> Prepare:
    """A provider's word on a reply, before or after our own record of its id."""

    async def prepare(world: World) -> Act:
        reply = await world.replied()
        async with world.open_uow() as uow:
            await uow.deliveries.start(reply.id, Channel.WHATSAPP, 1, 0)
            if not is_sending:
                sent = f"{world.mark}-sent"
                await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, sent)
            await uow.commit()
        for_part = (reply.id, 0)
        return lambda open_uow: record_status(
            open_uow, Channel.WHATSAPP, f"{world.mark}-sent", state, "63016", part_key=for_part
        )

    return prepare


async def bounce(world: World) -> Act:
    reply = await world.replied(Channel.EMAIL)
    async with world.open_uow() as uow:
        await uow.deliveries.record(reply.id, 1, 0, DeliveryState.SENT, f"{world.mark}-sent")
        await uow.commit()
    report = Bounce(
        addresses=(world.mail.value,),
        status="5.1.1",
        explanation=f"{world.mark} is no user here",
        reply_keys=((reply.id, 0),),
        message_ids=(),
        references=(),
        channel=Channel.EMAIL,
    )
    return lambda open_uow: record_bounce(open_uow, report, ())


def turn(*, hands_over: bool = False) -> Prepare:
    async def prepare(world: World) -> Act:
        message = await world.wrote()

        async def act(open_uow: OpenUnitOfWork) -> None:
            answering = bootstrap(
                AgentConfig(),
                AgentSettings(),
                open_uow=open_uow,
                embedder=embedder(),
                scorer=scorer(),
                agents=[SlowAgent(world.moments, world.mark, hands_over)],
                observe=lambda _event: None,
            ).answering
            attempting = Attempting(open_uow, MessageState.WAITING)
            if (await attempting.begin([Start(message.id, is_alone=True)]))[0] is not None:
                await attempting.work_on(message.id, answering.answer, RETRY, 0)

        return act

    return prepare


async def dead_message(world: World) -> Act:
    message = await world.wrote()
    return partial(
        dead_letter,
        topic=topics.INCOMING,
        key=str(message.customer_id),
        value=f"record of {world.mark}".encode(),
        origin=f"{topics.INCOMING}/0/{message.id}",
        message_id=message.id,
        cause="could not be read",
        attempts=3,
    )


async def garbage_under_the_customers_key(world: World) -> Act:
    message = await world.wrote()
    return partial(
        dead_letter,
        topic=topics.INCOMING,
        key=str(message.customer_id),
        value=f"garbage of {world.mark}".encode(),
        origin=f"{topics.INCOMING}/1/{message.id}",
        message_id=None,
        cause="no envelope",
        attempts=1,
    )


async def note(world: World) -> Act:
    message = await world.wrote()
    return lambda open_uow: staff.add_note(
        open_uow, message.conversation_id, "mia", f"{world.mark} called @tom", ["tom"]
    )


async def staff_reply(world: World) -> Act:
    message = await world.wrote()
    await staff.take(world.open_uow, message.conversation_id, "mia")
    return lambda open_uow: staff.reply(
        open_uow, message.conversation_id, "mia", f"Dear {world.mark}", idempotency_key="1"
    )


async def resolution(world: World) -> Act:
    message = await world.wrote()
    await open_ticket(world.open_uow, message)
    return lambda open_uow: staff.resolve(
        open_uow, message.conversation_id, "mia", f"told {world.mark}"
    )


async def block(world: World) -> Act:
    message = await world.wrote()
    return lambda open_uow: marks.block_sender(open_uow, message.conversation_id, "mia")


async def tags(world: World) -> Act:
    message = await world.wrote()
    return lambda open_uow: marks.tag(open_uow, message.conversation_id, "mia", [world.mark])


async def draft_of_a_turn(world: World) -> Act:
    """A person sends other words than the agent drafted."""
    from domain.drafts import NewDraft

    message = await world.wrote()
    running = await start_turn(world.open_uow, message)
    async with world.open_uow() as uow:
        await uow.drafts.add(
            NewDraft(
                running.id,
                message.conversation_id,
                Channel.EMAIL,
                None,
                None,
                "m",
                f"Dear {world.mark}",
                (),
                (message.id,),
            )
        )
        await uow.commit()
    return lambda open_uow: drafts.approve(
        open_uow, message.conversation_id, "mia", f"Hello {world.mark}"
    )


async def discarded_draft(world: World) -> Act:
    await draft_of_a_turn(world)
    conversation_id = await world.owner.fetchval(
        "SELECT conversation_id FROM drafts ORDER BY created_at DESC LIMIT 1"
    )
    return lambda open_uow: drafts.discard(
        open_uow, conversation_id, "mia", f"{world.mark} has called"
    )


async def feedback(world: World) -> Act:
    ticket = await open_ticket(world.open_uow, await world.wrote())

    async def act(open_uow: OpenUnitOfWork) -> None:
        async with open_uow() as uow:
            await uow.tickets.add_feedback(ticket.id, False, f"{world.mark} is angry")
            await uow.commit()

    return act


async def follow_up(world: World) -> Act:
    accepted = await receive(world.open_uow, world.writes(Channel.WEB_FORM))
    ticket = accepted.ticket
    assert ticket is not None
    return lambda open_uow: receive_follow_up(open_uow, ticket, f"{world.mark} again")


async def hand_over_to_staff(world: World) -> Act:
    message = await world.wrote()

    async def act(open_uow: OpenUnitOfWork) -> None:
        async with open_uow() as uow:
            conversation = await uow.conversations.lock(message.conversation_id)
            why = f"{world.mark} wants money back"
            await hand_over(uow, conversation, HandOver(EscalationReason.REFUND, why, "rules"))
            await uow.commit()

    return act


async def answer_from_the_mailbox(world: World) -> Act:
    await world.wrote()
    sent = SentMail(
        mail_id=f"{world.mark}-by-hand-{next(_NUMBERS)}",
        sender="support@techcorp.example",
        sender_name="Mia",
        recipients=(world.mail.value,),
        text=f"Dear {world.mark}",
        raw_text=f"Dear {world.mark}",
        sent_at=datetime.now(UTC),
        thread_keys=(f"{world.mark}-thread-email",),
        message_id_header=f"<{world.mark}-by-hand@techcorp.example>",
    )
    return lambda open_uow: receive_sent(open_uow, sent)


async def mail_that_tells_of_an_answer(world: World) -> Act:
    reply = await world.replied(Channel.WEB_FORM)
    async with world.open_uow() as uow:
        await uow.messages.set_state([reply.id], MessageState.SETTLED, None)
        await uow.commit()
    await world.owner.execute(
        "UPDATE messages SET created_at = created_at - interval '1 hour' WHERE id = $1", reply.id
    )
    return lambda open_uow: tell_of_answers(open_uow, lambda number: f"https://x.example/{number}")


async def lesson(world: World) -> Act:
    """What the learning job stores of a resolved ticket, after it has read and compared it."""
    ticket = await open_ticket(world.open_uow, await world.wrote())
    resolved_at = datetime.now(UTC)

    async def act(open_uow: OpenUnitOfWork) -> None:
        async with open_uow() as uow:
            if not await uow.lessons.note(ticket.id, resolved_at, Lesson.CANDIDATE, None):
                return
            until = datetime.now(UTC) + timedelta(days=1)
            words = f"{world.mark} asks"
            candidate = await uow.lessons.add_candidate(words, words, "general", until)
            await uow.lessons.add_evidence(candidate, ticket.id, words)
            await uow.commit()

    return act


async def question(world: World) -> Act:
    ticket = await open_ticket(world.open_uow, await world.wrote())
    article = await world.owner.fetchval("SELECT gen_random_uuid()")

    async def act(open_uow: OpenUnitOfWork) -> None:
        async with open_uow() as uow:
            words = f"{world.mark} asks"
            await uow.lessons.add_question(words, article, "confirmed", ticket.id)
            await uow.commit()

    return act


async def linked_address(world: World) -> Act:
    message = await world.wrote()
    await world.wrote(Channel.WHATSAPP)

    async def act(open_uow: OpenUnitOfWork) -> None:
        async with open_uow() as uow:
            await uow.customers.link(message.customer_id, world.chat, "mia")
            await uow.commit()

    return act


def intake(channel: Channel) -> Prepare:
    """A further message: what is stored after the erasure is a new customer's."""

    async def prepare(world: World) -> Act:
        await world.wrote(channel)
        inbound = world.writes(channel, f"And where do I find it? {world.mark}")
        return lambda open_uow: receive(open_uow, inbound)

    return prepare


async def forms_together(world: World) -> Act:
    await world.wrote(Channel.WEB_FORM)
    arrival = Arrival(world.writes(Channel.WEB_FORM), TraceContext.new("1" * 32))
    return lambda open_uow: receive_forms(open_uow, [arrival])


def rejected(mark: str) -> Exception:
    return ProviderRejected(f"no such address: {mark}")


def unsure(mark: str) -> Exception:
    return SendUnsure("no answer")


def a_bug(mark: str) -> Exception:
    return ValueError(f"can't write to {mark}")


ACTS: dict[str, Prepare] = {
    "delivery by whatsapp": delivery(),
    "delivery by mail": delivery(Channel.EMAIL),
    "delivery of a person's reply": delivery(role=Role.STAFF),
    "delivery in parts": delivery(parts=3),
    "delivery that is refused": delivery(Channel.WHATSAPP, rejected),
    "delivery without an answer": delivery(Channel.WHATSAPP, unsure),
    "delivery without an answer that went out": delivery(Channel.EMAIL, unsure, is_taken=True),
    "delivery that fails by a bug": delivery(Channel.WHATSAPP, a_bug),
    "callback of a send under way": callback(DeliveryState.DELIVERED, is_sending=True),
    "callback of a failure under way": callback(DeliveryState.FAILED, is_sending=True),
    "callback of what was sent": callback(DeliveryState.FAILED, is_sending=False),
    "bounce": bounce,
    "turn": turn(),
    "turn that hands over": turn(hands_over=True),
    "dead message": dead_message,
    "garbage under the customer's key": garbage_under_the_customers_key,
    "note of staff": note,
    "reply of staff": staff_reply,
    "resolution": resolution,
    "blocked sender": block,
    "tags": tags,
    "approved draft": draft_of_a_turn,
    "discarded draft": discarded_draft,
    "feedback": feedback,
    "follow-up": follow_up,
    "hand-over": hand_over_to_staff,
    "answer from the mailbox": answer_from_the_mailbox,
    "mail that tells of an answer": mail_that_tells_of_an_answer,
    "lesson": lesson,
    "regression question": question,
    "linked address": linked_address,
    "mail": intake(Channel.EMAIL),
    "whatsapp message": intake(Channel.WHATSAPP),
    "form": intake(Channel.WEB_FORM),
    "forms together": forms_together,
}


# -- The tests ---------------------------------------------------------------------------------------------------------


async def traces(owner: Owner, mark: str) -> set[str]:
    """Every column of every table in which the mark stands; a new table is searched by itself."""
    columns = await owner.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    searches = []
    for table, column, kind in columns:
        text = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
        searches.append(f"SELECT '{table}.{column}' FROM {table} WHERE {text} ILIKE $1")
    found = await owner.fetch(" UNION ".join(searches), f"%{mark}%")
    return {row[0] for row in found}


async def erase_all_of(world: World) -> None:
    """As an administrator would: whoever has the address, or had it."""
    customers = await world.owner.fetch(
        "SELECT DISTINCT c.id FROM customers c LEFT JOIN customer_identifiers i ON i.customer_id = c.id"
        " WHERE c.erased_at IS NULL AND (c.name LIKE $1 OR i.value LIKE $1)",
        f"%{world.mark}%",
    )
    for customer in customers:
        await erase_now(world.open_uow, customer["id"])


@pytest.fixture
async def watcher(database_url: str) -> AsyncIterator[Owner]:
    """Sees what waits for a lock while others run."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("name", list(ACTS))
async def test_nothing_of_an_erased_customer_comes_back_whenever_it_was_erased(
    name: str,
    open_uow: OpenUnitOfWork,
    owner: Owner,
    watcher: Owner,
    caplog: pytest.LogCaptureFixture,
) -> None:
    left: dict[int, set[str]] = {}
    at = 0
    while True:
        at += 1
        world = World(f"zebrafinch{next(_NUMBERS)}q", open_uow, owner)
        world.moments = Moments(open_uow, watcher, partial(erase_all_of, world), at)
        act = await ACTS[name](world)
        came = await owner.fetchval("SELECT now()")
        with suppress(SupportError):
            await act(world.moments.open)
        if world.moments.struck is None:
            break
        await world.moments.struck
        # Who wrote after the erasure is a new customer, with nothing of the old one.
        newcomers = await owner.fetch(
            "SELECT id, created_at FROM customers WHERE erased_at IS NULL AND name LIKE $1",
            f"%{world.mark}%",
        )
        assert all(row["created_at"] >= came for row in newcomers)
        if newcomers:
            await erase_all_of(world)
        if found := await traces(owner, world.mark):
            left[at] = found
        assert world.mark not in caplog.text
    assert at > 1, "the act has no moment"
    assert left == {}, f"of {at - 1} moments"


@dataclass
class HeldSender(RecordingSender):
    """A provider that keeps a send until it is let go."""

    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, part: Part) -> Receipt:
        self.is_asked.set()
        await self.may_answer.wait()
        return await super().send(part)


async def test_an_erasure_waits_for_the_send_that_is_under_way(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    world = World("zebrafinch", open_uow, owner)
    reply, later = await world.replied(), await world.replied()
    sender = HeldSender()
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, DeliverySettings())
    attempting = Attempting(open_uow, MessageState.UNDELIVERED)
    await attempting.begin([Start(reply.id, is_alone=False)])
    sending = asyncio.create_task(attempting.work_on(reply.id, delivering.deliver, RETRY, 0))
    await sender.is_asked.wait()
    a_day = timedelta(days=1)
    erasing = asyncio.create_task(erase(open_uow, reply.customer_id, "grace", a_day))
    while not await owner.fetchval("SELECT erased_at FROM customers"):
        await asyncio.sleep(0.01)
        await attempting.beat()
    left = await erase(open_uow, reply.customer_id, "grace", timedelta(0))
    assert [(each.kind, each.channel) for each in left] == [("reply", Channel.WHATSAPP)]
    assert left[0].until is not None
    assert not erasing.done()

    sender.may_answer.set()

    assert await sending is None
    assert await erasing == []
    assert [part.message.key for part in sender.sent] == [reply.id]
    assert await delivering.deliver(later.id) is None
    assert len(sender.sent) == 1
    states = await owner.fetch("SELECT state, provider_message_id FROM deliveries")
    assert [tuple(row) for row in states] == [("sent", None)]


async def test_what_has_not_ended_is_told_in_the_answer(
    api: Api, open_uow: OpenUnitOfWork, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World("zebrafinch", open_uow, owner)
    message, reply = await world.wrote(), await world.replied()
    async with open_uow() as uow:
        await uow.deliveries.start(reply.id, Channel.WHATSAPP, 1, 0, timedelta(minutes=2))
        await uow.commit()
    answering = Attempting(open_uow, MessageState.WAITING)
    await answering.begin([Start(message.id, is_alone=False)])
    monkeypatch.setattr(customers, "erase", partial(erase, wait_for=timedelta(0)))
    of_mail, of_chat = message.customer_id, reply.customer_id

    answers = [
        await api.client.delete(f"{BASE}/customers/{customer}", headers=GRACE)
        for customer in (of_mail, of_chat)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    (turn_left,) = answers[0].json()["under_way"]
    assert turn_left == {"kind": "turn", "channel": "email", "until": None}
    (reply_left,) = answers[1].json()["under_way"]
    assert (reply_left["kind"], reply_left["channel"]) == ("reply", "whatsapp")
    assert datetime.fromisoformat(reply_left["until"]) > datetime.now(UTC)
    await owner.execute("UPDATE readers SET seen_at = now() - interval '1 minute'")
    again = await api.client.delete(f"{BASE}/customers/{of_mail}", headers=GRACE)
    assert again.status_code == 204, "whose reader died is not under way"
