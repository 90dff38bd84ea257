"""Checks that a send that got no answer is looked up for as long as the provider may act, and never repeated on
a guess.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.api import GmailApi
from channels.gmail.sender import GmailSender
from channels.gmail.settings import GmailSettings
from channels.imap.sender import SmtpSender
from channels.whatsapp.sender import WhatsAppSender
from domain.channels import Channel
from domain.errors import ProviderUnavailable, SendUnsure, StoreUnavailable
from domain.messages import DeliveryState, InboundMessage, Part, Receipt
from domain.ports import Sender
from domain.retry import RetryPolicy
from domain.stores import OpenUnitOfWork
from domain.tickets import Category, Priority, new_ticket_number
from domain.turns import TicketRef
from messaging.keyed_workers import KeyedWorkers, Record
from messaging.progress import PartitionProgress
from pipeline import staff
from pipeline.deliver import Delivering, DeliverySettings, SendWindow
from pipeline.delivery_status import record_status
from pipeline.receive import receive
from standins import gmail, twilio
from standins.serving import serve
from tests.integration.mail_servers import Answer, Mailbox, SmtpServer, needs_dovecot
from tests.integration.stages import RecordingSender, by_mail, by_whatsapp

pytestmark = pytest.mark.postgres

Owner = asyncpg.Connection
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+14155550100"
MAILBOX = "support@techcorp.example"
ANSWER_WITHIN = timedelta(seconds=0.5)
"""How long the client waits for the provider's answer."""
WINDOW = SendWindow(acts_within=timedelta(seconds=3), shows_within=timedelta(seconds=0.2))
PATIENT = SendWindow(acts_within=timedelta(seconds=60), shows_within=WINDOW.shows_within)
"""For sends that take effect: the look-ups end with what they find."""
HELD_S = 1.2
"""Longer than the client waits, shorter than the provider may act."""


@dataclass
class Provider:
    """A provider's stand-in, or a mail server, with our real sender in front of it."""

    channel: Channel
    url: str
    sender: Sender
    accepted: int

    async def fail(self, **wish: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as web:
            (await web.post(f"{self.url}/_fail", json=wish)).raise_for_status()

    async def sent(self) -> dict[str, list[str]]:
        """The texts that each customer got, in the provider's order."""
        async with httpx.AsyncClient(trust_env=False) as web:
            found = (await web.get(f"{self.url}/_sent")).json()
        texts: dict[str, list[str]] = defaultdict(list)
        for message in found:
            is_mail = self.channel is Channel.EMAIL
            to = message["to"][0] if is_mail else message["to"].removeprefix("whatsapp:")
            texts[to].append((message["text"] if is_mail else message["body"]).strip())
        return dict(texts)

    async def wait_until_nothing_is_held(self) -> None:
        async with httpx.AsyncClient(trust_env=False) as web, asyncio.timeout(20):
            while (await web.get(f"{self.url}/_fail")).json()["held"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def written_by(self, number: int) -> InboundMessage:
        if self.channel is Channel.EMAIL:
            return by_mail("How do I export my data?", email=_address(self.channel, number))
        return by_whatsapp("How do I export my data?", phone=_address(self.channel, number))


def _address(channel: Channel, number: int) -> str:
    return f"customer{number}@example.com" if channel is Channel.EMAIL else f"+1202555{number:04d}"


@dataclass
class MailServer(Provider):
    """An SMTP server that keeps what it sends in the mailbox's Sent folder."""

    smtp: SmtpServer = field(kw_only=True)

    async def fail(self, **wish: Any) -> None:
        is_late = bool(wish.get("late_effect") or wish.get("after_accept"))
        answer = Answer(
            text="421 closing" if wish["status"] >= 500 else "250 OK",
            takes=is_late,
            hang_s=wish.get("hang_seconds", 0),
            drops=wish["status"] == 0,
        )
        self.smtp.answers += [answer] * wish.get("times", 1)

    async def sent(self) -> dict[str, list[str]]:
        texts: dict[str, list[str]] = defaultdict(list)
        for taken in self.smtp.taken:
            plain = message_from_bytes(taken.content).get_payload()[0]  # type: ignore[union-attr, index]
            texts[taken.recipients[0]].append(
                plain.get_payload(decode=True).decode().strip()  # type: ignore[union-attr]
            )
        return dict(texts)

    async def wait_until_nothing_is_held(self) -> None:
        async with asyncio.timeout(20):
            while self.smtp.held:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.fixture
def twilio_url() -> Iterator[str]:
    with serve(twilio.create_app(auth_token=TOKEN, from_number=NUMBER)) as url:
        yield url


@pytest.fixture
def gmail_standin() -> Iterator[str]:
    with serve(gmail.create_app(MAILBOX)) as url:
        yield url


@pytest.fixture(
    params=["whatsapp", "gmail", pytest.param("smtp", marks=needs_dovecot())],
)
async def provider(
    request: pytest.FixtureRequest, open_uow: OpenUnitOfWork
) -> AsyncIterator[Provider]:
    async def recorded(ids: Sequence[str]) -> Collection[str]:
        async with open_uow() as uow:
            return await uow.deliveries.known_ids(Channel.WHATSAPP, ids)

    sender: Sender
    if request.param == "smtp":
        smtp: SmtpServer = request.getfixturevalue("smtp")
        mailbox: Mailbox = request.getfixturevalue("mailbox")
        smtp.keep = mailbox.keep_sent
        sender = SmtpSender(mailbox.account(), ANSWER_WITHIN)
        yield MailServer(Channel.EMAIL, smtp.url, sender, 250, smtp=smtp)
    elif request.param == "whatsapp":
        twilio_url = request.getfixturevalue("twilio_url")
        sender = WhatsAppSender(
            account_sid=twilio.DEFAULT_ACCOUNT_SID,
            auth_tokens=[SecretStr(TOKEN)],
            from_number=NUMBER,
            public_base_url="http://127.0.0.1:9",
            recorded_ids=recorded,
            api_base_url=twilio_url,
            timeout=ANSWER_WITHIN,
        )
        yield Provider(Channel.WHATSAPP, twilio_url, sender, 201)
    else:
        gmail_standin = request.getfixturevalue("gmail_standin")
        settings = GmailSettings(
            address=MAILBOX,
            client_id="id",
            client_secret=SecretStr("secret"),
            refresh_token=SecretStr("r"),
            api_base_url=gmail_standin,
            token_uri=f"{gmail_standin}/token",
            timeout=ANSWER_WITHIN,
        )
        sender = GmailSender(GmailApi(settings))
        yield Provider(Channel.EMAIL, gmail_standin, sender, 200)
    sender.close()


@dataclass
class Stage:
    """The delivery stage's use case behind its keyed workers, without a broker."""

    open_uow: OpenUnitOfWork
    delivering: Delivering
    max_concurrent: int = 4
    dead: list[str] = field(default_factory=list)

    async def run(self, replies: Sequence[tuple[int, UUID]]) -> None:
        """Deliver `(customer, reply)` until none is left to do or to try again."""
        retry = RetryPolicy(max_attempts=14, longest_delay=timedelta(seconds=0.2))
        progress = PartitionProgress()
        lanes = KeyedWorkers(self._handle, self._on_dead, retry, self.max_concurrent)
        for offset, (customer, reply) in enumerate(replies):
            key = str(customer).encode()
            lanes.add(Record("out", 0, offset, key, reply.bytes, {}), progress)
        async with asyncio.timeout(40):
            while len(progress):  # noqa: ASYNC110 - every retry is a state of its own
                await asyncio.sleep(0.02)
        await lanes.drain(timedelta(seconds=5))

    async def _handle(self, record: Record) -> None:
        await self.delivering.deliver(UUID(bytes=record.value))

    async def _on_dead(self, record: Record, cause: str, _attempts: int) -> None:
        self.dead.append(cause)


def stage_over(
    open_uow: OpenUnitOfWork,
    provider: Provider,
    window: SendWindow = WINDOW,
    max_concurrent: int = 4,
) -> Stage:
    settings = DeliverySettings(windows={provider.channel: window})
    delivering = Delivering(open_uow, {provider.channel: provider.sender}, settings)
    return Stage(open_uow, delivering, max_concurrent)


async def replies_to(
    open_uow: OpenUnitOfWork, provider: Provider, customers: int, each: int
) -> list[tuple[int, UUID]]:
    """A person answers each of some customers a few times."""
    replies = []
    for number in range(customers):
        texts = [f"Answer {index} to customer {number}." for index in range(each)]
        answered = await answer(open_uow, provider.written_by(number), *texts)
        replies += [(number, reply) for reply in answered]
    return replies


async def answer(open_uow: OpenUnitOfWork, inbound: InboundMessage, *texts: str) -> list[UUID]:
    """A person's replies to a new message, which has its ticket as after every turn."""
    accepted = await receive(open_uow, inbound)
    ticket = TicketRef(uuid4(), new_ticket_number(), Category.GENERAL, Priority.MEDIUM, "")
    async with open_uow() as uow:
        message = await uow.messages.get(accepted.message_id)
        await uow.tickets.open(
            ticket,
            customer_id=message.customer_id,
            conversation_id=message.conversation_id,
            channel=message.channel,
        )
        await uow.commit()
    await staff.take(open_uow, accepted.conversation_id, "Bo")
    return [
        (await staff.reply(open_uow, accepted.conversation_id, "Bo", text)).id for text in texts
    ]


def expected(provider: Provider, customers: int, each: int) -> dict[str, list[str]]:
    return {
        _address(provider.channel, number): [
            f"Answer {index} to customer {number}." for index in range(each)
        ]
        for number in range(customers)
    }


async def states(owner: Owner) -> list[str]:
    rows = await owner.fetch("SELECT state FROM deliveries ORDER BY created_at, attempt")
    return [row["state"] for row in rows]


async def test_a_provider_that_acts_after_the_clients_limit_sends_each_reply_once_and_in_order(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner
) -> None:
    replies = await replies_to(open_uow, provider, customers=4, each=2)
    await provider.fail(
        status=provider.accepted, times=len(replies), hang_seconds=HELD_S, late_effect=True
    )
    stage = stage_over(open_uow, provider, PATIENT)
    await stage.run(replies)
    await provider.wait_until_nothing_is_held()
    assert await provider.sent() == expected(provider, 4, 2)
    assert stage.dead == []
    assert "unsure" not in await states(owner)


async def test_a_send_that_never_took_effect_is_a_persons_and_is_not_repeated(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner
) -> None:
    (reply,) = await replies_to(open_uow, provider, customers=1, each=1)
    await provider.fail(status=provider.accepted, hang_seconds=HELD_S)
    await stage_over(open_uow, provider).run([reply])
    await provider.wait_until_nothing_is_held()
    assert await provider.sent() == {}
    assert await states(owner) == ["unsure"]
    assert await owner.fetchval("SELECT status FROM tickets") == "escalated"
    summary = await owner.fetchval("SELECT escalation_summary FROM tickets")
    assert summary.count("unsure") == 1


async def test_later_replies_of_that_customer_wait_and_nobody_elses_do(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner
) -> None:
    replies = await replies_to(open_uow, provider, customers=3, each=2)
    await provider.fail(status=provider.accepted, hang_seconds=HELD_S)
    await stage_over(open_uow, provider, max_concurrent=1).run(replies)
    wanted = expected(provider, 3, 2)
    wanted[_address(provider.channel, 0)] = ["Answer 1 to customer 0."]
    assert await provider.sent() == wanted
    handed_over = await owner.fetchval("SELECT updated_at FROM deliveries WHERE state = 'unsure'")
    started = await owner.fetch(
        "SELECT m.customer_id = u.customer_id AS is_same, d.created_at FROM deliveries d"
        " JOIN messages m ON m.id = d.message_id CROSS JOIN (SELECT m.customer_id FROM deliveries d"
        " JOIN messages m ON m.id = d.message_id WHERE d.state = 'unsure') u"
        " WHERE d.state <> 'unsure'"
    )
    assert [row["created_at"] >= handed_over for row in started if row["is_same"]] == [True]
    assert all(row["created_at"] < handed_over for row in started if not row["is_same"])


async def test_a_connection_that_breaks_before_the_answer_is_not_a_reason_to_send_again(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner
) -> None:
    replies = await replies_to(open_uow, provider, customers=2, each=1)
    await provider.fail(status=0, after_accept=True)
    await provider.fail(status=0)
    await stage_over(open_uow, provider, max_concurrent=1).run(replies)
    taken, unsure = sorted(await states(owner), key=lambda state: state == "unsure")
    assert unsure == "unsure"
    # How far the message is by now depends on when the provider was asked.
    assert taken in {"queued", "sent", "delivered", "read"}
    assert sum(len(texts) for texts in (await provider.sent()).values()) == 1


@pytest.mark.parametrize("is_taken", [False, True])
async def test_an_answered_failure_is_looked_up_and_sent_again_only_where_nothing_was_taken(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner, is_taken: bool
) -> None:
    replies = await replies_to(open_uow, provider, customers=2, each=2)
    await provider.fail(status=500, times=3, after_accept=is_taken)
    await stage_over(open_uow, provider, PATIENT).run(replies)
    assert await provider.sent() == expected(provider, 2, 2)
    assert "unsure" not in await states(owner)


async def test_an_attempt_whose_process_died_is_looked_up_and_never_sent_again(
    open_uow: OpenUnitOfWork, provider: Provider, owner: Owner
) -> None:
    ((_, reply),) = await replies_to(open_uow, provider, customers=1, each=1)
    async with open_uow() as uow:
        await uow.deliveries.start(reply, provider.channel, 1, 0, timedelta(seconds=0.3))
        await uow.commit()
    after_the_lease = Delivering(
        open_uow,
        {provider.channel: provider.sender},
        DeliverySettings(send_lease=timedelta(0), windows={provider.channel: WINDOW}),
    )
    with pytest.raises(SendUnsure) as unsure:
        await after_the_lease.deliver(reply)
    assert unsure.value.retry_after is not None
    await asyncio.sleep(unsure.value.retry_after.total_seconds())
    assert await after_the_lease.deliver(reply) is DeliveryState.UNSURE
    assert await after_the_lease.deliver(reply) is None
    assert await provider.sent() == {}


class SilentProvider(RecordingSender):
    """Takes nothing, answers nothing, and counts how often it is asked."""

    looked_up = 0

    async def find_sent(self, part: Part) -> None:
        self.looked_up += 1


async def silent(
    open_uow: OpenUnitOfWork, window: SendWindow, **more: timedelta
) -> tuple[SilentProvider, Delivering, UUID]:
    sender = SilentProvider(errors=[SendUnsure("no answer")])
    settings = DeliverySettings(windows={Channel.WHATSAPP: window}, **more)
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, settings)
    (reply,) = await answer(open_uow, by_whatsapp("How do I export my data?"), "Like this.")
    return sender, delivering, reply


async def test_look_ups_come_with_growing_pauses_and_end_with_the_window(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    window = SendWindow(acts_within=timedelta(seconds=100))
    _, delivering, reply = await silent(open_uow, window)
    for age, pause in ((0, 1), (2, 2), (4, 4), (8, 8), (16, 16), (32, 30), (95, 5)):
        began = time.monotonic()
        await owner.execute("ALTER TABLE deliveries DISABLE TRIGGER deliveries_touch")
        await owner.execute(
            "UPDATE deliveries SET updated_at = now() - $1::interval,"
            " may_act_until = now() + $2::interval",
            timedelta(seconds=age),
            timedelta(seconds=100 - age),
        )
        with pytest.raises(SendUnsure) as unsure:
            await delivering.deliver(reply)
        assert unsure.value.retry_after is not None
        # The attempt is older, and its window nearer to its end, by what the machine took for this.
        took = time.monotonic() - began
        assert unsure.value.retry_after.total_seconds() == pytest.approx(pause, abs=took + 0.01)
    await owner.execute("UPDATE deliveries SET may_act_until = now()")
    assert await delivering.deliver(reply) is DeliveryState.UNSURE


async def test_an_attempt_that_never_ends_is_cut_off_and_unsure(open_uow: OpenUnitOfWork) -> None:
    class Endless(SilentProvider):
        async def send(self, part: Part) -> Receipt:
            await asyncio.Event().wait()
            return await super().send(part)

    sender = Endless()
    settings = DeliverySettings(
        attempt_limit=timedelta(seconds=0.1),
        windows={Channel.WHATSAPP: SendWindow(acts_within=timedelta(0))},
    )
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, settings)
    (reply,) = await answer(open_uow, by_whatsapp("How do I export my data?"), "Like this.")
    async with asyncio.timeout(5):
        assert await delivering.deliver(reply) is DeliveryState.UNSURE


async def test_two_replicas_that_look_at_the_same_time_call_one_person(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    window = SendWindow(acts_within=timedelta(seconds=100))
    _, delivering, reply = await silent(open_uow, window)
    with pytest.raises(SendUnsure):
        await delivering.deliver(reply)
    await owner.execute("UPDATE deliveries SET may_act_until = now()")
    ended = await asyncio.gather(
        delivering.deliver(reply), delivering.deliver(reply), return_exceptions=True
    )
    assert DeliveryState.UNSURE in ended
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'unsure'") == 1


async def test_what_one_replica_found_is_not_sent_again_by_one_that_looked_before(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    class FoundMeanwhile(RecordingSender):
        """Another replica finds the message while this one is told that it is not there."""

        async def find_sent(self, part: Part) -> None:
            async with open_uow() as uow:
                await uow.deliveries.record(reply, 1, 0, DeliveryState.SENT, "SMfound")
                await uow.commit()

    sender = FoundMeanwhile(errors=[SendUnsure("500", is_answered=True)])
    settings = DeliverySettings(
        windows={Channel.WHATSAPP: SendWindow(shows_within=timedelta(0))},
        send_lease=timedelta(0),
    )
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, settings)
    _, _, reply = await silent(open_uow, WINDOW)
    async with open_uow() as uow:
        await uow.deliveries.start(reply, Channel.WHATSAPP, 1, 0)
        await uow.deliveries.leave_open(reply, 1, 0, "failed_there", timedelta(0))
        await uow.commit()
    with pytest.raises(ProviderUnavailable):
        await delivering.deliver(reply)
    assert sender.sent == []
    assert await delivering.deliver(reply) is DeliveryState.SENT
    assert await states(owner) == ["sent"]


@pytest.mark.parametrize(
    ("error", "ends_as"),
    [
        (None, ["sent"]),
        (ProviderUnavailable("429"), ["failed", "sent"]),
        (SendUnsure("500", is_answered=True), ["failed", "sent"]),
    ],
)
async def test_what_became_of_a_send_is_kept_while_the_database_takes_nothing(
    open_uow: OpenUnitOfWork, owner: Owner, error: Exception | None, ends_as: list[str]
) -> None:
    database = await owner.fetchval("SELECT current_database()")

    async def set_read_only(value: str) -> None:
        await owner.execute("SET default_transaction_read_only = off")
        await owner.execute(
            f'ALTER DATABASE "{database}" SET default_transaction_read_only = {value}'
        )
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    class WhileItIsAway(RecordingSender):
        """The database stops taking anything while the provider is asked for the first time."""

        is_first = True

        async def send(self, part: Part) -> Receipt:
            if self.is_first:
                self.is_first = False
                await set_read_only("on")
            return await super().send(part)

    sender = WhileItIsAway(errors=[error] if error is not None else [])
    window = SendWindow(acts_within=timedelta(seconds=100), shows_within=timedelta(0))
    settings = DeliverySettings(windows={Channel.WHATSAPP: window})
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, settings)
    (reply,) = await answer(open_uow, by_whatsapp("How do I export my data?"), "Like this.")
    with pytest.raises(StoreUnavailable):
        await delivering.deliver(reply)
    await set_read_only("off")
    state = None
    async with asyncio.timeout(10):
        while state is None:
            with contextlib.suppress(StoreUnavailable):  # the pool's connections have ended
                state = await delivering.deliver(reply)
    assert state is DeliveryState.SENT
    assert len(sender.sent) == 1
    assert await states(owner) == ends_as


@pytest.mark.parametrize("status", [DeliveryState.QUEUED, DeliveryState.SENT])
async def test_a_callback_that_names_our_reply_ends_the_doubt(
    open_uow: OpenUnitOfWork, owner: Owner, status: DeliveryState
) -> None:
    window = SendWindow(acts_within=timedelta(seconds=100))
    sender, delivering, reply = await silent(open_uow, window)
    with pytest.raises(SendUnsure):
        await delivering.deliver(reply)
    assert await record_status(open_uow, Channel.WHATSAPP, "SM1", status, None, part_key=(reply, 0))
    assert await delivering.deliver(reply) is status
    assert await delivering.deliver(reply) is None
    assert sender.sent == []
    row = await owner.fetchrow("SELECT state, provider_message_id FROM deliveries")
    assert row is not None
    assert tuple(row) == (status.value, "SM1")


async def test_a_callback_after_the_hand_over_shows_that_it_went_out_after_all(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    _, delivering, reply = await silent(open_uow, SendWindow(acts_within=timedelta(0)))
    assert await delivering.deliver(reply) is DeliveryState.UNSURE
    await record_status(
        open_uow, Channel.WHATSAPP, "SM1", DeliveryState.DELIVERED, None, part_key=(reply, 0)
    )
    assert await states(owner) == ["delivered"]
    assert await owner.fetchval("SELECT status FROM tickets") == "escalated"


async def test_a_callback_names_no_reply_that_is_known_by_another_id_or_failed(
    open_uow: OpenUnitOfWork, owner: Owner
) -> None:
    sender = RecordingSender(errors=[ProviderUnavailable("429")])
    delivering = Delivering(open_uow, {Channel.WHATSAPP: sender}, DeliverySettings())
    _, _, reply = await silent(open_uow, WINDOW)
    with pytest.raises(ProviderUnavailable):
        await delivering.deliver(reply)

    async def tell(sid: str) -> bool:
        return await record_status(
            open_uow, Channel.WHATSAPP, sid, DeliveryState.SENT, None, part_key=(reply, 0)
        )

    assert not await tell("SMof-nothing")
    await delivering.deliver(reply)
    assert not await tell("SMof-nothing")
    rows = await owner.fetch("SELECT state, provider_message_id FROM deliveries ORDER BY attempt")
    assert [tuple(row) for row in rows] == [("failed", None), ("sent", f"provider-{reply}")]
