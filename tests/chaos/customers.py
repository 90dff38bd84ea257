"""Plays a schedule's customers: each waits for its message to be accepted before it writes the next one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from domain.channels import Channel
from tests.chaos.history import Accepted
from tests.chaos.schedule import Write
from tests.chaos.system import SystemUnderFire

PATIENCE = timedelta(minutes=8)
_FIRST_PAUSE_S = 0.3
_LONGEST_PAUSE_S = 3.0
_REPEAT_FORM_AFTER_S = 10.0


class Refused(Exception):
    """A message was refused for good, which nothing in a schedule gives a reason for."""


async def play(
    system: SystemUnderFire, writes: Sequence[Write], client: httpx.AsyncClient
) -> list[Accepted]:
    """Everything that was accepted; what never was within the patience is not in it."""
    started = asyncio.get_running_loop().time()
    by_customer: dict[str, list[Write]] = {}
    for write in writes:
        by_customer.setdefault(write.customer.address, []).append(write)
    told = await asyncio.gather(
        *(_play_one(system, own, client, started) for own in by_customer.values())
    )
    return [accepted for own in told for accepted in own]


async def _play_one(
    system: SystemUnderFire, writes: Sequence[Write], client: httpx.AsyncClient, started: float
) -> list[Accepted]:
    loop = asyncio.get_running_loop()
    accepted: list[Accepted] = []
    send = {
        Channel.WEB_FORM: _submit_form,
        Channel.EMAIL: _write_mail,
        Channel.WHATSAPP: _write_whatsapp,
    }
    earlier: Write | None = None
    for order, write in enumerate(writes):
        await asyncio.sleep(max(0.0, started + write.at_s - loop.time()))
        if await send[write.customer.channel](system, write, client):
            accepted.append(
                Accepted(write.token, write.customer.channel, write.customer.address, order)
            )
        if (
            earlier is not None
            and earlier.copies > 1
            and write.customer.channel is Channel.WHATSAPP
        ):
            # Twilio's late repeat of the message before: it comes after its successor.
            await _post_whatsapp(system, earlier, client, once=True)
        earlier = write
    return accepted


async def _submit_form(system: SystemUnderFire, write: Write, client: httpx.AsyncClient) -> bool:
    form = {
        "name": write.customer.name,
        "email": write.customer.address,
        "subject": "A question of mine",
        "category": "general",
        "priority": "medium",
        "message": write.text,
    }
    return await _until_taken(
        lambda: client.post(
            f"{system.base_url}/api/v1/support/form",
            json=form,
            headers={"Idempotency-Key": write.token},
            timeout=_REPEAT_FORM_AFTER_S,
        )
    )


async def _write_mail(system: SystemUnderFire, write: Write, client: httpx.AsyncClient) -> bool:
    """In the mailbox is accepted: it is Gmail that said so to the sender."""
    mail = {
        "from": write.customer.address,
        "name": write.customer.name,
        "subject": "A question of mine",
        "text": write.text,
        "message_id": f"<{write.token}@example.com>",
        "pushes": write.copies,
    }
    # A frozen stand-in takes it once it runs again; asking twice would be two mails.
    answer = await client.post(
        f"{system.gmail_url}/_receive",
        json=mail,
        headers=system.stand_in_headers,
        timeout=PATIENCE.total_seconds(),
    )
    answer.raise_for_status()
    return True


async def _write_whatsapp(system: SystemUnderFire, write: Write, client: httpx.AsyncClient) -> bool:
    copies = [_post_whatsapp(system, write, client) for _ in range(write.copies)]
    return any(await asyncio.gather(*copies))


async def _post_whatsapp(
    system: SystemUnderFire, write: Write, client: httpx.AsyncClient, *, once: bool = False
) -> bool:
    """As Twilio does: signed, and again until somebody says 200."""
    path = "/api/v1/webhooks/whatsapp"
    sid = "SM" + hashlib.sha256(write.token.encode()).hexdigest()[:32]
    address = f"whatsapp:{write.customer.address}"
    form = {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "AccountSid": "AC00000000000000000000000000000001",
        "From": address,
        "To": "whatsapp:+14155550100",
        "Body": write.text,
        "NumMedia": "0",
        "ProfileName": write.customer.name,
        "WaId": write.customer.address.removeprefix("+"),
    }
    signature = RequestValidator(system.twilio_token).compute_signature(  # type: ignore[no-untyped-call]
        system.public_url + path, form
    )
    headers = {
        "X-Twilio-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    }

    def post() -> asyncio.Future[httpx.Response]:
        return asyncio.ensure_future(
            client.post(
                system.base_url + path, content=urlencode(form), headers=headers, timeout=15
            )
        )

    if once:
        try:
            return (await post()).is_success
        except httpx.HTTPError:
            return False
    return await _until_taken(post)


async def _until_taken(post) -> bool:  # type: ignore[no-untyped-def] # any call that answers a response
    deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    pause_s = _FIRST_PAUSE_S
    while asyncio.get_running_loop().time() < deadline:
        try:
            answer = await post()
        except httpx.HTTPError:
            answer = None
        if answer is not None:
            if answer.is_success:
                return True
            if answer.status_code < 500 and answer.status_code != 429:
                raise Refused(f"{answer.request.url}: {answer.status_code} {answer.text[:200]}")
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    return False
