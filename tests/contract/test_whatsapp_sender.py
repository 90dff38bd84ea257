"""Tests the real Twilio client against the stand-in: every way that a send can go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Response
from pydantic import SecretStr

from channels.whatsapp.connection import check_connection, check_templates
from channels.whatsapp.sender import WhatsAppSender
from domain.channels import Channel, ChannelConfig
from domain.errors import (
    NotAllowedNow,
    ProviderRejected,
    ProviderUnavailable,
    SendUnsure,
)
from domain.identifiers import Assurance, Identifier, IdentifierKind
from domain.messages import DeliveryState, OutboundMessage, Part
from standins.serving import serve
from standins.twilio import DEFAULT_ACCOUNT_SID, create_app

TOKEN = "the-account-token"
NUMBER = "+14155550100"
CUSTOMER = "+491701234567"
PUBLIC_URL = "https://support.example"
NOBODY_LISTENS = "http://127.0.0.1:9"
NOW = datetime.now(UTC)
CONFIG = ChannelConfig(
    channel=Channel.WHATSAPP,
    tone="short",
    max_words=None,
    preferred_chars=300,
    max_chars=1600,
    burst_window=timedelta(seconds=3),
)

Make = Callable[..., WhatsAppSender]


@pytest.fixture
def twilio() -> Iterator[str]:
    app = create_app(
        auth_token=TOKEN,
        account_sid=DEFAULT_ACCOUNT_SID,
        from_number=NUMBER,
        webhook_url=f"{PUBLIC_URL}/api/v1/webhooks/whatsapp",
    )
    with serve(app) as url:
        yield url


class Recorded:
    """The receipts that our deliveries hold."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    async def __call__(self, candidates: Sequence[str]) -> set[str]:
        return self.ids & set(candidates)


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
async def make_sender(twilio: str, recorded: Recorded) -> AsyncIterator[Make]:
    made: list[WhatsAppSender] = []

    def make(
        *tokens: str,
        api_base_url: str = twilio,
        public_base_url: str = NOBODY_LISTENS,
        timeout: float = 20,
    ) -> WhatsAppSender:
        sender = WhatsAppSender(
            account_sid=DEFAULT_ACCOUNT_SID,
            auth_tokens=[SecretStr(token) for token in tokens or (TOKEN,)],
            from_number=NUMBER,
            public_base_url=public_base_url,
            recorded_ids=recorded,
            api_base_url=api_base_url,
            timeout=timedelta(seconds=timeout),
            clock=lambda: NOW,
        )
        made.append(sender)
        return sender

    yield make
    for sender in made:
        sender.close()


def reply(
    text: str = "Your export is ready.", *, to: str = CUSTOMER, hours: float = 1
) -> OutboundMessage:
    kind = IdentifierKind.PHONE if to.startswith("+") else IdentifierKind.WHATSAPP
    return OutboundMessage(
        key=uuid4(),
        channel=Channel.WHATSAPP,
        recipient=Identifier(kind, to, Assurance.PROVIDER_ATTESTED),
        recipient_name="Anna",
        text=text,
        ticket_number="TKT-0123456789",
        last_inbound_at=NOW - timedelta(hours=hours),
    )


def only_part(sender: WhatsAppSender, message: OutboundMessage) -> Part:
    (part,) = sender.split(message, CONFIG)
    return part


async def sent(twilio: str) -> list[dict[str, object]]:
    async with httpx.AsyncClient(trust_env=False) as web:
        answer: list[dict[str, object]] = (await web.get(f"{twilio}/_sent")).json()
        return answer


async def ask(twilio: str, path: str, **wish: object) -> None:
    async with httpx.AsyncClient(trust_env=False) as web:
        (await web.post(f"{twilio}{path}", json=wish)).raise_for_status()


async def test_a_reply_reaches_twilio_with_our_number_and_status_address(
    make_sender: Make, twilio: str
) -> None:
    sender = make_sender()
    receipt = await sender.send(only_part(sender, reply()))
    (message,) = await sent(twilio)
    assert receipt.provider_message_id == message["sid"]
    assert receipt.state is DeliveryState.QUEUED
    assert message["to"] == f"whatsapp:{CUSTOMER}"
    assert message["from"] == f"whatsapp:{NUMBER}"
    assert message["body"] == "Your export is ready."


async def test_a_customer_without_a_phone_number_is_reached_by_their_user_id(
    make_sender: Make, twilio: str
) -> None:
    sender = make_sender()
    await sender.send(only_part(sender, reply(to="US.13491208655302741918")))
    (message,) = await sent(twilio)
    assert message["to"] == "whatsapp:US.13491208655302741918"


async def test_a_long_reply_goes_out_in_parts_each_after_the_one_before_was_passed_on(
    make_sender: Make, twilio: str
) -> None:
    sender = make_sender()
    text = " ".join(f"Sentence number {number} of the long answer." for number in range(120))
    parts = sender.split(reply(text), CONFIG)
    assert len(parts) > 2
    states = []
    for part in parts:
        states.append((await sender.send(part)).state)
    messages = await sent(twilio)
    assert [message["body"] for message in messages] == [part.text for part in parts]
    assert DeliveryState.QUEUED not in states[:-1]
    assert all(len(str(message["body"])) <= 1600 for message in messages)


async def test_the_parts_after_one_that_failed_are_not_sent(make_sender: Make, twilio: str) -> None:
    sender = make_sender()
    first, *_rest = sender.split(reply("A sentence of the answer. " * 100), CONFIG)
    await ask(twilio, "/_undeliver", code=63016)
    with pytest.raises(NotAllowedNow) as failure:
        await sender.send(first)
    assert failure.value.code == "63016"
    assert await sender.find_sent(first) is None


async def test_outside_the_window_nothing_is_sent_without_a_template(make_sender: Make) -> None:
    sender = make_sender()
    for last_inbound_at in (NOW - timedelta(hours=25), None):
        message = OutboundMessage(
            key=uuid4(),
            channel=Channel.WHATSAPP,
            recipient=reply().recipient,
            recipient_name="Anna",
            text="late",
            ticket_number=None,
            last_inbound_at=last_inbound_at,
        )
        with pytest.raises(NotAllowedNow) as refusal:
            sender.split(message, CONFIG)
        assert refusal.value.code == "63016"


async def test_outside_the_window_a_template_is_sent(make_sender: Make, twilio: str) -> None:
    sender = make_sender()
    config = ChannelConfig(
        channel=Channel.WHATSAPP,
        tone="",
        max_words=None,
        preferred_chars=None,
        max_chars=1600,
        burst_window=timedelta(0),
        templates={"reopen": "HXreopen", "answer": "HXanswer"},
    )
    (short,) = sender.split(reply("It is\n\nready.", hours=30), config)
    (long,) = sender.split(reply("word " * 400, hours=30), config)
    await sender.send(short)
    await sender.send(long)
    first, second = await sent(twilio)
    assert first["content_sid"] == "HXanswer"
    assert first["content_variables"] == {"1": "Anna", "2": "It is ready."}
    assert second["content_sid"] == "HXreopen"
    assert second["content_variables"] == {"1": "Anna", "2": "TKT-0123456789"}


async def test_a_rotated_token_is_tried_in_turn(make_sender: Make, twilio: str) -> None:
    sender = make_sender("the-old-token", TOKEN)
    await sender.send(only_part(sender, reply()))
    assert len(await sent(twilio)) == 1


async def test_wrong_credentials_are_not_the_messages_fault(make_sender: Make) -> None:
    sender = make_sender("wrong")
    with pytest.raises(ProviderUnavailable, match="20003"):
        await sender.send(only_part(sender, reply()))


async def test_an_opted_out_customer_gets_nothing(make_sender: Make, twilio: str) -> None:
    await ask(twilio, "/_fail", status=400, code=21610)
    sender = make_sender()
    with pytest.raises(NotAllowedNow) as refusal:
        await sender.send(only_part(sender, reply()))
    assert refusal.value.code == "21610"


async def test_a_closed_window_that_twilio_sees_first_is_not_allowed(
    make_sender: Make, twilio: str
) -> None:
    await ask(twilio, "/_fail", status=400, code=63016)
    sender = make_sender()
    with pytest.raises(NotAllowedNow) as refusal:
        await sender.send(only_part(sender, reply()))
    assert refusal.value.code == "63016"


async def test_an_impossible_recipient_is_refused_for_good(make_sender: Make) -> None:
    sender = make_sender()
    with pytest.raises(ProviderRejected) as refusal:
        await sender.send(only_part(sender, reply(to="+1")))
    assert refusal.value.code == "21211"


async def test_a_rate_limit_is_tried_again_when_twilio_says(make_sender: Make, twilio: str) -> None:
    await ask(twilio, "/_fail", status=429, retry_after=7)
    sender = make_sender()
    with pytest.raises(ProviderUnavailable) as refusal:
        await sender.send(only_part(sender, reply()))
    assert refusal.value.retry_after == timedelta(seconds=7)
    assert await sent(twilio) == []


async def test_a_refused_connection_is_certainly_not_sent(make_sender: Make) -> None:
    with serve(create_app()) as url:
        gone = url
    sender = make_sender(api_base_url=gone)
    with pytest.raises(ProviderUnavailable, match="reached"):
        await sender.send(only_part(sender, reply()))


@pytest.mark.parametrize(
    "failure",
    [
        {"status": 500},
        {"status": 503},
        {"status": 0},
        {"status": 201, "hang_seconds": 2},
    ],
    ids=["500", "503", "dropped connection", "read time-out"],
)
async def test_a_failure_after_the_message_was_taken_is_found_and_not_repeated(
    make_sender: Make, twilio: str, failure: dict[str, object]
) -> None:
    sender = make_sender(timeout=1)
    part = only_part(sender, reply())
    await ask(twilio, "/_fail", after_accept=True, **failure)
    with pytest.raises(SendUnsure):
        await sender.send(part)
    receipt = await make_sender().find_sent(part)
    (message,) = await sent(twilio)
    assert receipt is not None
    assert receipt.provider_message_id == message["sid"]


async def test_a_failure_before_the_message_was_taken_is_certainly_not_sent(
    make_sender: Make, twilio: str
) -> None:
    sender = make_sender()
    part = only_part(sender, reply())
    await ask(twilio, "/_fail", status=500)
    with pytest.raises(SendUnsure):
        await sender.send(part)
    assert await sender.find_sent(part) is None


async def test_what_twilio_does_after_the_clients_limit_is_found_once_it_has_done_it(
    make_sender: Make, twilio: str
) -> None:
    sender, patient = make_sender(timeout=0.3), make_sender()
    part = only_part(sender, reply())
    await ask(twilio, "/_fail", status=201, hang_seconds=3, late_effect=True)
    with pytest.raises(SendUnsure) as unsure:
        await sender.send(part)
    assert not unsure.value.is_answered
    assert await patient.find_sent(part) is None
    async with asyncio.timeout(30):
        while not await sent(twilio):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    found = await patient.find_sent(part)
    assert found is not None
    assert found.provider_message_id == (await sent(twilio))[0]["sid"]


@pytest.mark.parametrize(
    ("status", "code", "is_answered"),
    [(500, 20500, True), (503, 20503, True), (502, 20500, False), (504, 20504, False)],
)
async def test_only_twilios_own_failure_says_that_our_request_has_ended(
    make_sender: Make, twilio: str, status: int, code: int, is_answered: bool
) -> None:
    sender = make_sender()
    await ask(twilio, "/_fail", status=status, code=code)
    with pytest.raises(SendUnsure) as unsure:
        await sender.send(only_part(sender, reply()))
    assert unsure.value.is_answered is is_answered


async def test_a_gateways_failure_does_not_say_that_our_request_has_ended(
    make_sender: Make,
) -> None:
    gateway = FastAPI()

    @gateway.post("/{path:path}")
    def refuse(path: str) -> Response:
        return Response("<h1>503 Service Unavailable</h1>", 503, media_type="text/html")

    with serve(gateway) as url:
        sender = make_sender(api_base_url=url)
        with pytest.raises(SendUnsure) as unsure:
            await sender.send(only_part(sender, reply()))
    assert not unsure.value.is_answered


async def test_an_equal_reply_that_was_sent_before_is_not_taken_for_this_one(
    make_sender: Make, recorded: Recorded
) -> None:
    sender = make_sender()
    earlier = await sender.send(only_part(sender, reply("Same words.")))
    recorded.ids.add(earlier.provider_message_id)
    part = only_part(sender, reply("Same words."))
    assert await sender.find_sent(part) is None
    lost = await sender.send(part)
    found = await sender.find_sent(part)
    assert found is not None
    assert found.provider_message_id == lost.provider_message_id


async def test_two_messages_that_could_be_it_are_left_to_a_person(make_sender: Make) -> None:
    sender = make_sender()
    part = only_part(sender, reply())
    await sender.send(part)
    await sender.send(part)
    with pytest.raises(SendUnsure):
        await sender.find_sent(part)


async def test_the_look_up_reads_every_page(make_sender: Make, twilio: str) -> None:
    sender = make_sender()
    part = only_part(sender, reply("The one that is looked for."))
    first = await sender.send(part)
    for number in range(105):
        await sender.send(only_part(sender, reply(f"Another one, number {number}.")))
    found = await sender.find_sent(part)
    assert found is not None
    assert found.provider_message_id == first.provider_message_id


async def test_a_look_up_that_twilio_does_not_answer_is_tried_again(make_sender: Make) -> None:
    with serve(create_app()) as url:
        gone = url
    sender = make_sender(api_base_url=gone)
    with pytest.raises(ProviderUnavailable):
        await sender.find_sent(only_part(sender, reply()))


@pytest.mark.parametrize("act", ["send", "find_sent"])
async def test_a_silent_provider_never_blocks_the_event_loop(make_sender: Make, act: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host, port = silent.getsockname()
        sender = make_sender(api_base_url=f"http://{host}:{port}", timeout=1)
        calling = asyncio.create_task(getattr(sender, act)(only_part(sender, reply())))
        turns = 0
        while not calling.done():
            await asyncio.sleep(0.01)
            turns += 1
        with pytest.raises((SendUnsure, ProviderUnavailable)):
            await calling
    assert turns > 10


async def check(twilio: str, **changes: str) -> list[str]:
    token, patience = changes.pop("token", TOKEN), timedelta(seconds=5)
    settings = {
        "account_sid": DEFAULT_ACCOUNT_SID,
        "from_number": NUMBER,
        "public_base_url": PUBLIC_URL,
        "api_base_url": twilio,
    } | changes
    return await check_connection(auth_token=SecretStr(token), patience=patience, **settings)  # type: ignore[arg-type]


async def test_a_connection_in_order_has_nothing_missing(twilio: str) -> None:
    assert await check(twilio) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"token": "wrong"}, "20003"),
        ({"from_number": "+14155550199"}, "not a WhatsApp sender"),
        ({"public_base_url": "https://other.example"}, "callback_url"),
        ({"public_base_url": "http://support.example"}, "not https"),
        ({"account_sid": ""}, "TWILIO_ACCOUNT_SID is empty"),
        ({"api_base_url": NOBODY_LISTENS}, "127.0.0.1:9 refuses the connection"),
        ({"api_base_url": "http://twilio.invalid"}, "twilio.invalid is not found: check the DNS"),
    ],
)
async def test_what_is_missing_is_said(twilio: str, changes: dict[str, str], said: str) -> None:
    problems = await check(twilio, **changes)
    assert any(said in problem for problem in problems), problems


async def test_a_template_that_whatsapp_has_not_approved_is_said_with_where_to_change_it(
    twilio: str,
) -> None:
    async with httpx.AsyncClient() as client:
        await client.put(f"{twilio}/_approvals", json={"HX2": "rejected", "HX3": "absent"})

    async def problems(**templates: str) -> list[str]:
        return await check_templates(
            templates,
            account_sid=DEFAULT_ACCOUNT_SID,
            auth_token=SecretStr(TOKEN),
            api_base_url=twilio,
        )

    assert await problems() == []
    assert await problems(answer="HX1") == []
    (rejected,) = await problems(answer="HX1", reopen="HX2")
    assert "HX2 (rejected)" in rejected
    assert "channels.whatsapp.templates.reopen" in rejected
    (absent,) = await problems(answer="HX3")
    assert "no template of this account" in absent


async def test_a_network_that_fails_is_not_blamed_on_the_credentials(twilio: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host, port = silent.getsockname()
        nowhere = (NOBODY_LISTENS, "http://twilio.invalid", f"http://{host}:{port}")
        for address in nowhere:
            (problem,) = await check(twilio, api_base_url=address)
            assert "nothing about the credentials" in problem
            assert "TWILIO_AUTH_TOKEN" not in problem
    assert "does not answer in time" in problem
