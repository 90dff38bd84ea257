"""Tests what the stand-in posts, and what our verifier and parser make of it, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr
from twilio.rest import Client

from channels.whatsapp.client import make_client
from channels.whatsapp.parse import StatusUpdate, parse_inbound, parse_status
from channels.whatsapp.sender import STATUS_PATH, WhatsAppSender
from channels.whatsapp.signature import TwilioSignature
from domain.channels import Channel
from domain.errors import NotAuthentic, SendUnsure
from domain.identifiers import Assurance, identify_whatsapp
from domain.messages import DeliveryState, InboundMessage, OutboundMessage, Part
from standins.serving import serve
from standins.twilio import DEFAULT_ACCOUNT_SID, create_app

TOKEN = "the-account-token"
INBOUND_PATH = "/api/v1/webhooks/whatsapp"


class Site:
    """Our public side: verifies, parses and keeps what came."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self.updates: list[StatusUpdate] = []
        self.refused = 0
        self.signature: TwilioSignature | None = None
        self.app = FastAPI()
        self.app.post(INBOUND_PATH)(self.take_message)
        self.app.post(STATUS_PATH)(self.take_status)

    async def take_message(self, request: Request) -> Response:
        body = await self._verify(request)
        if body is None:
            return Response(status_code=403)
        self.messages.append(parse_inbound(body, datetime.now(UTC)))
        return Response("<Response/>", media_type="text/xml")

    async def take_status(self, request: Request) -> Response:
        body = await self._verify(request)
        if body is None:
            return Response(status_code=403)
        self.updates.append(parse_status(body, request.url.query))
        return Response()

    async def _verify(self, request: Request) -> bytes | None:
        assert self.signature is not None
        body = await request.body()
        try:
            signed = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            self.signature.verify(signed, body, request.headers.get("x-twilio-signature"))
        except NotAuthentic:
            self.refused += 1
            return None
        return body


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def site_url(site: Site) -> Iterator[str]:
    with serve(site.app) as url:
        site.signature = TwilioSignature([SecretStr(TOKEN)], url)
        yield url


@pytest.fixture
def twilio(site_url: str) -> Iterator[str]:
    app = create_app(
        account_sid=DEFAULT_ACCOUNT_SID, auth_token=TOKEN, webhook_url=site_url + INBOUND_PATH
    )
    with serve(app) as url:
        yield url


async def post(url: str, **body: object) -> dict[str, object]:
    async with httpx.AsyncClient(trust_env=False) as web:
        answer = await web.post(url, json=body)
        answer.raise_for_status()
        result: dict[str, object] = answer.json()
        return result


async def wait_for(state: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not state():  # noqa: ASYNC110 - the state is set by another thread
            await asyncio.sleep(0.01)


async def send(twilio: str, site_url: str, to: str = "whatsapp:+491701234567") -> str:
    client: Client = make_client(
        DEFAULT_ACCOUNT_SID, TOKEN, base_url=twilio, timeout=timedelta(seconds=5)
    )
    message = await asyncio.to_thread(
        client.messages.create,
        to=to,
        from_="whatsapp:+14155550100",
        body="Hello",
        status_callback=site_url + STATUS_PATH,
    )
    return str(message.sid)


async def test_a_customers_message_arrives_verified(site: Site, twilio: str) -> None:
    answer = await post(f"{twilio}/_receive", body="Grüße & 100 % = ja\x00?", times=3)
    assert [reply["status"] for reply in answer["answers"]] == [200, 200, 200]  # type: ignore[attr-defined]
    assert {message.provider_message_id for message in site.messages} == {answer["message_sid"]}
    assert site.messages[0].text == "Grüße & 100 % = ja?"
    assert site.messages[0].sender.value == "+491701234567"
    assert site.messages[0].sender_name == "Anna"


async def test_the_media_of_a_message_is_listed(site: Site, twilio: str) -> None:
    await post(f"{twilio}/_receive", media=[{"content_type": "image/jpeg"}])
    (message,) = site.messages
    assert [attachment.content_type for attachment in message.attachments] == ["image/jpeg"]
    assert message.details["MediaUrl0"].startswith("https://api.twilio.com/")


async def test_a_sent_message_reports_every_step(site: Site, site_url: str, twilio: str) -> None:
    sid = await send(twilio, site_url)
    await wait_for(lambda: len(site.updates) == 4)
    assert [update.state for update in site.updates] == [
        DeliveryState.QUEUED,
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.READ,
    ]
    assert {update.provider_message_id for update in site.updates} == {sid}
    assert site.refused == 0


async def test_a_closed_window_is_reported_with_its_code(
    site: Site, site_url: str, twilio: str
) -> None:
    await post(f"{twilio}/_receive", body="long ago", hours_ago=25)
    await send(twilio, site_url)
    await wait_for(lambda: len(site.updates) == 2)
    assert site.updates[-1].state is DeliveryState.FAILED
    assert site.updates[-1].error_code == "63016"


async def test_stop_is_kept_by_twilio_until_start(site: Site, site_url: str, twilio: str) -> None:
    await post(f"{twilio}/_receive", body="STOP")
    with pytest.raises(Exception, match="unsubscribed"):
        await send(twilio, site_url)
    await post(f"{twilio}/_receive", body="START")
    assert await send(twilio, site_url)
    await wait_for(lambda: len(site.updates) == 4)


async def test_without_a_token_of_its_own_the_stand_in_signs_with_its_clients(
    site: Site, site_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serve(create_app(webhook_url=site_url + INBOUND_PATH)) as url:
        await send(url, site_url)
        await post(f"{url}/_receive", body="hello")
    assert len(site.messages) == 1
    assert site.refused == 0


async def test_what_another_account_signed_is_refused(site: Site, site_url: str) -> None:
    app = create_app(
        account_sid=DEFAULT_ACCOUNT_SID, auth_token="another", webhook_url=site_url + INBOUND_PATH
    )
    with serve(app) as url:
        answer = await post(f"{url}/_receive", body="hello")
    assert answer["answers"][0]["status"] == 403  # type: ignore[index]
    assert (site.messages, site.refused) == ([], 1)


async def test_a_status_names_the_reply_whose_send_got_no_answer(
    site: Site, site_url: str, twilio: str
) -> None:
    async def none_recorded(_ids: Sequence[str]) -> Sequence[str]:
        return ()

    sender = WhatsAppSender(
        account_sid=DEFAULT_ACCOUNT_SID,
        auth_tokens=[SecretStr(TOKEN)],
        from_number="+14155550100",
        public_base_url=site_url,
        recorded_ids=none_recorded,
        api_base_url=twilio,
        timeout=timedelta(seconds=0.3),
    )
    recipient = identify_whatsapp("whatsapp:+491701234567", Assurance.PROVIDER_ATTESTED)
    message = OutboundMessage(uuid4(), Channel.WHATSAPP, recipient, "Anna", "Hello", None)
    await post(f"{twilio}/_fail", status=201, hang_seconds=0.8, late_effect=True)
    try:
        with pytest.raises(SendUnsure):
            await sender.send(Part(message, 2, 3, "Hello"))
        await wait_for(lambda: len(site.updates) == 4)
    finally:
        sender.close()
    assert site.refused == 0
    assert {update.part_key for update in site.updates} == {(message.key, 2)}
