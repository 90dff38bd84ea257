"""Tests Google's own client against the stand-in: mail in, replies out, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.api import GmailApi
from channels.gmail.labels import Labels
from channels.gmail.mailbox import GmailMailbox
from channels.gmail.sender import GmailSender
from channels.gmail.settings import GmailSettings
from domain.channels import Channel, ChannelConfig
from domain.errors import ProviderRejected, ProviderUnavailable, SendUnsure
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import DeliveryState, InboundMessage, OutboundMessage, Part, Standing
from domain.records import MailboxMark
from standins.gmail import create_app
from standins.serving import serve

ADDRESS = "support@techcorp.example"
CONFIG = ChannelConfig(
    channel=Channel.EMAIL,
    tone="formal",
    max_words=500,
    preferred_chars=None,
    max_chars=None,
    burst_window=timedelta(0),
)


@dataclass
class Gmail:
    """The stand-in and our adapters on it."""

    control: httpx.Client
    api: GmailApi
    mailbox: GmailMailbox
    sender: GmailSender

    def receive(self, **mail: object) -> dict[str, str]:
        answer = self.control.post("/_receive", json=mail)
        assert answer.status_code == 200, answer.text
        received: dict[str, str] = answer.json()
        return received

    def fail(self, **failure: object) -> None:
        self.control.post("/_fail", json=failure).raise_for_status()

    @property
    def sent(self) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = self.control.get("/_sent").json()
        return listed

    def labels_of(self, message_id: str) -> list[str]:
        labels: list[str] = self.control.get("/_labels").json()[message_id]
        return labels


def settings_for(url: str, refresh_token: str = "r") -> GmailSettings:
    return GmailSettings(
        address=ADDRESS,
        client_id="id",
        client_secret=SecretStr("secret"),
        refresh_token=SecretStr(refresh_token),
        api_base_url=url,
        token_uri=f"{url}/token",
        pubsub_topic="projects/p/topics/gmail",
        pubsub_audience="https://support.example/api/v1/webhooks/gmail",
        pubsub_service_account="gmail-push@project.iam.gserviceaccount.com",
        pubsub_certs_url=f"{url}/certs",
        timeout=timedelta(seconds=20),
        max_threads=4,
    )


@pytest.fixture
def url() -> Iterator[str]:
    with serve(create_app(ADDRESS)) as url:
        yield url


@pytest.fixture
async def gmail(url: str) -> AsyncIterator[Gmail]:
    api = GmailApi(settings_for(url))
    with httpx.Client(base_url=url) as control:
        mailbox = GmailMailbox(api, max_messages=50)
        yield Gmail(control, api, mailbox, GmailSender(api))
    mailbox.close()


def answer_to(message: InboundMessage, text: str = "Here you go.", key: UUID | None = None) -> Part:
    outbound = OutboundMessage(
        key=key or uuid4(),
        channel=Channel.EMAIL,
        recipient=message.sender,
        recipient_name=message.sender_name,
        text=text,
        ticket_number="TKT-0123456789",
        subject=message.subject,
        provider_thread_id=message.provider_thread_id,
        in_reply_to=message.message_id_header,
        references=message.references,
        provider_message_id=message.provider_message_id,
    )
    return Part(outbound, 0, 1, text)


async def read_one(gmail: Gmail, start: MailboxMark | None = None) -> InboundMessage:
    new = await gmail.mailbox.read_since(start or MailboxMark())
    assert len(new.messages) == 1
    return new.messages[0]


async def current_history(gmail: Gmail) -> MailboxMark:
    return MailboxMark(int((await gmail.api.profile())["historyId"]))


async def test_a_mail_comes_in_with_what_a_conversation_needs(gmail: Gmail) -> None:
    start = await current_history(gmail)
    received = gmail.receive(
        **{"from": "Ann@Example.COM"},
        name="Ann Smith",
        subject="Login",
        text="It fails.\n\n> old\n",
    )
    message = await read_one(gmail, start)
    assert message.provider_message_id == received["id"]
    assert message.provider_thread_id == received["threadId"]
    assert message.sender == Identifier(
        IdentifierKind.EMAIL, "ann@example.com", Assurance.PROVIDER_ATTESTED
    )
    assert (message.sender_name, message.subject) == ("Ann Smith", "Login")
    assert message.text == "It fails."
    assert "> old" in message.raw_text
    assert message.thread_keys[0] == received["threadId"]
    assert message.standing is Standing.NORMAL
    assert abs(message.received_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_sender_whom_gmail_could_not_authenticate_is_only_claimed(gmail: Gmail) -> None:
    gmail.receive(subject="x", text="y", authenticated=False)
    assert (await read_one(gmail)).sender.assurance is Assurance.CLAIMED


async def test_history_is_read_over_all_its_pages_oldest_first(gmail: Gmail) -> None:
    gmail.control.post("/_page_limit/3")
    start = await current_history(gmail)
    ids = [gmail.receive(subject=f"n{number}", text="hello")["id"] for number in range(10)]
    new = await gmail.mailbox.read_since(start)
    assert [message.provider_message_id for message in new.messages] == ids
    assert new.mark == await current_history(gmail)


async def test_reading_again_from_the_new_mark_brings_nothing_twice(gmail: Gmail) -> None:
    start = await current_history(gmail)
    gmail.receive(subject="one", text="hello")
    first = await gmail.mailbox.read_since(start)
    again = await gmail.mailbox.read_since(first.mark)
    assert len(first.messages) == 1
    assert again.messages == []


async def test_a_backlog_is_read_in_bounded_steps_without_a_gap(gmail: Gmail) -> None:
    start = await current_history(gmail)
    ids = [gmail.receive(subject=f"n{number}", text="hello")["id"] for number in range(12)]
    mailbox = GmailMailbox(gmail.api, max_messages=5)
    seen: list[str] = []
    mark = start
    is_complete = False
    while not is_complete:
        new = await mailbox.read_since(mark)
        seen += [message.provider_message_id for message in new.messages]
        mark, is_complete = new.mark, new.is_complete
    mailbox.close()
    assert seen == ids


async def test_what_is_closed_holds_no_thread_and_takes_no_more(url: str) -> None:
    def threads() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("gmail")}

    before = threads()
    api = GmailApi(settings_for(url))
    mailbox = GmailMailbox(api)
    await mailbox.read_since(MailboxMark())
    assert threads() > before
    await asyncio.to_thread(mailbox.close)
    await asyncio.to_thread(GmailSender(api).close)
    assert threads() == before
    with pytest.raises(RuntimeError):
        await mailbox.read_since(MailboxMark())


async def test_forgotten_history_leads_to_a_full_read_and_nothing_is_missed(gmail: Gmail) -> None:
    start = await current_history(gmail)
    ids = {gmail.receive(subject=f"n{number}", text="hello")["id"] for number in range(3)}
    gmail.control.post("/_forget_history")
    ids.add(gmail.receive(subject="after", text="hello")["id"])
    new = await gmail.mailbox.read_since(start)
    assert {message.provider_message_id for message in new.messages} == ids
    assert (await gmail.mailbox.read_since(new.mark)).messages == []


async def test_after_a_long_absence_everything_is_read_in_bounded_rounds_oldest_first(
    gmail: Gmail,
) -> None:
    last_look = datetime.now(UTC) - timedelta(days=40)
    start = replace(await current_history(gmail), synced_at=last_look)
    dates = [last_look + timedelta(hours=40 * number) for number in range(24)]
    bursts = [dates[12] + timedelta(seconds=2 * number) for number in range(12)]
    ids = {
        gmail.receive(subject="x", text="hello", received_at=date.isoformat())["id"]
        for date in [*dates, *bursts]
    }
    gmail.receive(text="long before", received_at=(last_look - timedelta(days=3)).isoformat())
    gmail.control.post("/_forget_history")
    mailbox = GmailMailbox(gmail.api, max_messages=5)
    seen: list[InboundMessage] = []
    mark, is_complete = start, False
    while not is_complete:
        # Nothing is kept between the rounds: a crash, or another replica, goes on from the mark.
        new = await mailbox.read_since(mark)
        assert len(new.messages) <= 5
        seen += new.messages
        mark, is_complete = new.mark, new.is_complete
        if len(seen) == 5:
            ids.add(gmail.receive(subject="meanwhile", text="hello")["id"])
    assert {message.provider_message_id for message in seen} == ids
    assert mark == await current_history(gmail)
    mailbox.close()


async def test_lost_repeated_and_late_pushes_and_a_gone_history_miss_nothing(gmail: Gmail) -> None:
    """A tenth of the pushes is lost, a fifth comes twice, and once the history is gone."""
    chance = random.Random(7)
    mark = await current_history(gmail)
    expected: list[str] = []
    known: dict[str, InboundMessage] = {}
    for number in range(40):
        expected.append(gmail.receive(subject=f"n{number}", text="hello")["id"])
        if number == 20:
            gmail.control.post("/_forget_history")
        times = chance.choices([0, 1, 2], [10, 70, 20])[0]
        for new in await asyncio.gather(*(gmail.mailbox.read_since(mark) for _ in range(times))):
            known |= {message.provider_message_id: message for message in new.messages}
            mark = max(mark, new.mark, key=lambda mark: mark.history_id or 0)
    new = await gmail.mailbox.read_since(mark)
    known |= {message.provider_message_id: message for message in new.messages}
    assert sorted(known) == sorted(expected)


async def test_our_own_sent_and_spam_mail_is_not_read_as_a_customers(gmail: Gmail) -> None:
    start = await current_history(gmail)
    gmail.receive(**{"from": ADDRESS}, subject="to self", text="note")
    gmail.receive(subject="buy", text="now", labels=["SPAM"])
    gmail.receive(subject="gone", text="now", labels=["TRASH"])
    message_id = gmail.receive(subject="real", text="question")["id"]
    await gmail.sender.send(answer_to((await gmail.mailbox.read_since(start)).messages[0]))
    new = await gmail.mailbox.read_since(start)
    assert [message.provider_message_id for message in new.messages] == [message_id]


async def test_a_mail_taken_out_of_spam_is_read(gmail: Gmail) -> None:
    spam = gmail.receive(subject="real after all", text="question", labels=["SPAM"])
    start = await current_history(gmail)
    await gmail.api.add_labels(spam["id"], ["INBOX"])
    body = {"removeLabelIds": ["SPAM"]}
    token = gmail.control.post(
        "/token", data={"grant_type": "refresh_token", "refresh_token": "r"}
    ).json()
    gmail.control.post(
        f"/gmail/v1/users/me/messages/{spam['id']}/modify",
        json=body,
        headers={"Authorization": f"Bearer {token['access_token']}"},
    )
    assert (await read_one(gmail, start)).provider_message_id == spam["id"]


async def test_a_mail_deleted_before_it_was_read_holds_nothing_up(gmail: Gmail) -> None:
    start = await current_history(gmail)
    gone = gmail.receive(subject="gone", text="x")
    stays = gmail.receive(subject="stays", text="x")
    gmail.control.post(f"/_delete/{gone['id']}")
    assert (await read_one(gmail, start)).provider_message_id == stays["id"]


async def test_a_mail_that_nobody_can_read_is_labelled_and_holds_nothing_up(gmail: Gmail) -> None:
    start = await current_history(gmail)
    bad = gmail.receive(raw="From: \r\nSubject: nobody\r\n\r\nwho am I?")
    good = gmail.receive(subject="good", text="x")
    assert (await read_one(gmail, start)).provider_message_id == good["id"]
    assert "Support/Unreadable" in gmail.labels_of(bad["id"])


async def test_the_watch_ends_in_seven_days(gmail: Gmail) -> None:
    expires_at = await gmail.mailbox.renew_watch()
    assert timedelta(days=6, hours=23) < expires_at - datetime.now(UTC) <= timedelta(days=7)


async def test_a_thread_of_five_mails_has_right_headers_at_every_step(gmail: Gmail) -> None:
    customer = {"from": "ann@example.com", "name": "Ann"}
    references: list[str] = []
    thread: set[str] = set()
    in_reply_to: str | None = None
    mark = await current_history(gmail)
    for step in range(5):
        subject = "Größe des Kontos" if step == 0 else "Re: Größe des Kontos"
        received = gmail.receive(
            **customer,
            subject=subject,
            text=f"question {step}",
            **({"in_reply_to": in_reply_to, "references": references} if in_reply_to else {}),
        )
        new = await gmail.mailbox.read_since(mark)
        mark = new.mark
        (message,) = new.messages
        await gmail.sender.send(answer_to(message, f"answer {step}"))
        sent = gmail.sent[-1]
        headers = sent["headers"]
        assert isinstance(headers, dict)
        references.append(received["messageId"])
        assert headers["In-Reply-To"] == received["messageId"]
        assert headers["References"].split() == references
        assert sent["subject"] == "Re: Größe des Kontos"
        assert sent["to"] == ["ann@example.com"]
        in_reply_to = headers["Message-ID"]
        references.append(in_reply_to)
        thread |= {received["threadId"], str(sent["threadId"])}
    assert len(thread) == 1
    assert len(gmail.sent) == 5


async def test_a_reply_is_marked_automatic_and_says_the_same_in_text_and_html(gmail: Gmail) -> None:
    gmail.receive(subject="Hi", text="how?")
    text = "Dear Ann,\n\n1 < 2 & see https://docs.example/a?b=1&c=2.\n\n- one\n- two"
    await gmail.sender.send(answer_to(await read_one(gmail), text))
    sent = gmail.sent[0]
    assert sent["headers"]["Auto-Submitted"] == "auto-replied"  # type: ignore[index]
    assert str(sent["text"]).replace("\r\n", "\n").strip() == text
    assert "1 &lt; 2 &amp; see" in str(sent["html"])
    assert '<a href="https://docs.example/a?b=1&amp;c=2">' in str(sent["html"])
    assert "<li>one</li>" in str(sent["html"])


async def test_long_message_ids_stay_whole(gmail: Gmail) -> None:
    long_id = f"<{'x' * 200}@mail.example.com>"
    gmail.receive(subject="Hi", text="how?", raw=None, message_id=long_id)
    await gmail.sender.send(answer_to(await read_one(gmail)))
    headers = gmail.sent[0]["headers"]
    assert headers["In-Reply-To"].strip() == long_id  # type: ignore[index]
    assert headers["References"].split() == [long_id]  # type: ignore[index]


async def test_the_answered_mail_is_labelled_handled_or_escalated(gmail: Gmail) -> None:
    first = gmail.receive(subject="Hi", text="how?")
    message = await read_one(gmail)
    await gmail.sender.send(answer_to(message))
    assert "Support/Handled" in gmail.labels_of(first["id"])


async def test_a_label_that_fails_does_not_fail_the_reply(gmail: Gmail) -> None:
    gmail.receive(subject="Hi", text="how?")
    message = await read_one(gmail)
    gmail.fail(status=500, times=5, operation="labels")
    receipt = await gmail.sender.send(answer_to(message))
    assert receipt.state is DeliveryState.SENT
    assert len(gmail.sent) == 1


@pytest.mark.parametrize("status", [0, 500, 503])
async def test_a_send_without_an_answer_is_unsure_and_happened_once(
    gmail: Gmail, status: int
) -> None:
    gmail.receive(subject="Hi", text="how?")
    part = answer_to(await read_one(gmail))
    gmail.fail(status=status, times=1, after_accept=True)
    with pytest.raises(SendUnsure):
        await gmail.sender.send(part)
    assert len(gmail.sent) == 1
    found = await gmail.sender.find_sent(part)
    assert found is not None
    assert found.provider_message_id == gmail.sent[0]["id"]


async def test_a_reply_sent_before_a_crash_is_found_even_under_another_message_id(
    gmail: Gmail,
) -> None:
    gmail.control.post("/_rewrite_message_ids")
    gmail.receive(subject="Hi", text="how?")
    part = answer_to(await read_one(gmail))
    receipt = await gmail.sender.send(part)
    assert await gmail.sender.find_sent(part) == receipt


async def test_a_reply_whose_thread_is_gone_is_found_even_under_another_message_id(
    gmail: Gmail,
) -> None:
    gmail.control.post("/_rewrite_message_ids")
    received = gmail.receive(subject="Hi", text="how?")
    part = answer_to(await read_one(gmail))
    gmail.control.post(f"/_delete/{received['id']}")
    receipt = await gmail.sender.send(part)
    assert await gmail.sender.find_sent(part) == receipt


async def test_a_reply_outside_any_thread_is_found(gmail: Gmail) -> None:
    recipient = Identifier(IdentifierKind.EMAIL, "ann@example.com", Assurance.VERIFIED)
    message = OutboundMessage(uuid4(), Channel.EMAIL, recipient, "Ann", "Hello", "TKT-1")
    part = gmail.sender.split(message, CONFIG)[0]
    gmail.control.post("/_rewrite_message_ids")
    receipt = await gmail.sender.send(part)
    assert await gmail.sender.find_sent(part) == receipt


async def test_a_reply_never_sent_is_not_found(gmail: Gmail) -> None:
    gmail.receive(subject="Hi", text="how?")
    message = await read_one(gmail)
    await gmail.sender.send(answer_to(message))
    assert await gmail.sender.find_sent(answer_to(message)) is None


@pytest.mark.parametrize("status", [429, 403])
async def test_a_rate_limit_says_not_sent_and_when_to_come_back(gmail: Gmail, status: int) -> None:
    gmail.receive(subject="Hi", text="how?")
    part = answer_to(await read_one(gmail))
    gmail.fail(status=status, times=1, retry_after=17)
    with pytest.raises(ProviderUnavailable) as caught:
        await gmail.sender.send(part)
    assert caught.value.retry_after == timedelta(seconds=17)
    assert gmail.sent == []


async def test_the_end_of_a_rate_limit_is_read_from_gmails_words_too(gmail: Gmail) -> None:
    gmail.fail(status=429, operation="profile", retry_after=60, in_words=True)
    with pytest.raises(ProviderUnavailable) as caught:
        await gmail.api.profile()
    wait = caught.value.retry_after
    assert wait is not None
    assert timedelta(seconds=55) < wait <= timedelta(seconds=60)


async def test_a_label_that_others_make_at_the_same_time_is_put_by_all_of_them(
    gmail: Gmail,
) -> None:
    ids = [gmail.receive(subject=f"n{number}", text="hello")["id"] for number in range(8)]
    replicas = [Labels(gmail.api) for _ in ids]
    put = await asyncio.gather(
        *(replica.put("Support/Handled", each) for replica, each in zip(replicas, ids, strict=True))
    )
    assert all(put)
    assert all("Support/Handled" in gmail.labels_of(each) for each in ids)


@pytest.mark.parametrize(("operation", "status"), [("labels", 409), ("modify", 400)])
async def test_a_label_that_came_or_went_meanwhile_is_looked_up_again(
    gmail: Gmail, operation: str, status: int
) -> None:
    received = gmail.receive(subject="Hi", text="hello")["id"]
    gmail.fail(status=status, operation=operation, skip=1 if operation == "labels" else 0)
    assert await Labels(gmail.api).put("Support/Handled", received)
    assert "Support/Handled" in gmail.labels_of(received)


async def test_a_mail_that_gmail_refuses_is_refused_for_good(gmail: Gmail) -> None:
    recipient = Identifier(IdentifierKind.EMAIL, "nobody", Assurance.CLAIMED)
    message = OutboundMessage(uuid4(), Channel.EMAIL, recipient, "", "Hello", None)
    with pytest.raises(ProviderRejected) as caught:
        await gmail.sender.send(gmail.sender.split(message, CONFIG)[0])
    assert caught.value.code == "400"


async def test_a_thread_that_is_gone_does_not_cost_the_customer_the_reply(gmail: Gmail) -> None:
    received = gmail.receive(subject="Hi", text="how?")
    part = answer_to(await read_one(gmail))
    gmail.control.post(f"/_delete/{received['id']}")
    receipt = await gmail.sender.send(part)
    assert receipt.state is DeliveryState.SENT
    assert gmail.sent[0]["headers"]["In-Reply-To"] == received["messageId"]  # type: ignore[index]


async def test_an_expired_access_token_is_renewed_unseen(gmail: Gmail) -> None:
    await gmail.api.profile()
    gmail.control.post("/_revoke_tokens")
    assert (await gmail.api.profile())["emailAddress"] == ADDRESS


@pytest.mark.parametrize("operation", ["history", "list", "profile"])
async def test_reading_fails_as_a_whole_when_any_call_does(gmail: Gmail, operation: str) -> None:
    start = await current_history(gmail)
    gmail.receive(subject="Hi", text="how?")
    gmail.fail(status=503, times=1, operation=operation)
    with pytest.raises(ProviderUnavailable):
        await gmail.mailbox.read_since(MailboxMark() if operation in ("list", "profile") else start)
    assert len((await gmail.mailbox.read_since(start)).messages) == 1


async def test_a_mail_that_gmail_fails_to_give_fails_alone(gmail: Gmail) -> None:
    start = await current_history(gmail)
    bad = gmail.receive(subject="Hi", text="how?")["id"]
    good = gmail.receive(subject="Hi", text="how?")["id"]
    for status in (500, 503, 400, 0):
        gmail.fail(status=status, times=9, operation="get", about=bad)
        new = await gmail.mailbox.read_since(start)
        assert [message.provider_message_id for message in new.messages] == [good]
        assert [failed.mail_id for failed in new.mail.failed] == [bad]
        gmail.control.delete("/_fail")
    found = await gmail.mailbox.read([bad])
    assert [message.provider_message_id for message in found.messages] == [bad]


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_a_mailbox_that_gmail_refuses_for_now_is_no_mails_fault(
    gmail: Gmail, status: int
) -> None:
    start = await current_history(gmail)
    gmail.receive(subject="Hi", text="how?")
    gmail.fail(status=status, times=9, operation="get")
    with pytest.raises(ProviderUnavailable):
        await gmail.mailbox.read_since(start)


async def test_an_unreachable_gmail_has_certainly_not_sent() -> None:
    api = GmailApi(settings_for("http://127.0.0.1:9"))
    with pytest.raises(ProviderUnavailable):
        await api.send(b"To: a@example.com\r\n\r\nhi", None)
    api.close()


async def test_what_gmail_does_after_the_clients_limit_is_found_once_it_has_done_it(
    url: str,
) -> None:
    sender = GmailSender(GmailApi(replace(settings_for(url), timeout=timedelta(seconds=0.3))))
    patient = GmailSender(GmailApi(settings_for(url)))
    recipient = Identifier(IdentifierKind.EMAIL, "ann@example.com", Assurance.VERIFIED)
    message = OutboundMessage(uuid4(), Channel.EMAIL, recipient, "Ann", "Hello", "TKT-1")
    (part,) = sender.split(message, CONFIG)
    async with httpx.AsyncClient(base_url=url) as control:
        wish = {"status": 200, "hang_seconds": 3, "late_effect": True}
        (await control.post("/_fail", json=wish)).raise_for_status()
        try:
            with pytest.raises(SendUnsure) as unsure:
                await sender.send(part)
            assert not unsure.value.is_answered
            assert await patient.find_sent(part) is None
            async with asyncio.timeout(30):
                while not (sent := (await control.get("/_sent")).json()):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            found = await patient.find_sent(part)
        finally:
            await asyncio.to_thread(sender.close)
            await asyncio.to_thread(patient.close)
        assert found is not None
        assert found.provider_message_id == sent[0]["id"]


@pytest.mark.parametrize(("status", "is_answered"), [(500, True), (503, True), (502, False)])
async def test_only_gmails_own_failure_says_that_our_request_has_ended(
    gmail: Gmail, status: int, is_answered: bool
) -> None:
    gmail.fail(status=status)
    with pytest.raises(SendUnsure) as unsure:
        await gmail.api.send(b"To: a@example.com\r\n\r\nhi", None)
    assert unsure.value.is_answered is is_answered


async def test_a_connection_that_is_never_made_has_certainly_not_sent(url: str) -> None:
    settings = replace(settings_for(url), timeout=timedelta(seconds=0.3))
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # with its queue full the kernel answers no further connection
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}"
        api = GmailApi(replace(settings, api_base_url=address))
        try:
            with pytest.raises(ProviderUnavailable):
                await api.send(b"To: a@example.com\r\n\r\nhi", None)
        finally:
            await asyncio.to_thread(api.close)


async def test_a_token_that_does_not_come_in_time_has_certainly_not_sent(url: str) -> None:
    settings = replace(settings_for(url), timeout=timedelta(seconds=0.3))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        api = GmailApi(replace(settings, token_uri=address))
        try:
            with pytest.raises(ProviderUnavailable):
                await api.send(b"To: a@example.com\r\n\r\nhi", None)
        finally:
            await asyncio.to_thread(api.close)
