"""Checks that pushes are believed only with a token that Google signed for us."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from channels.gmail.push import PushNotification, PushVerifier, parse_push
from channels.gmail.settings import GmailSettings
from domain.errors import ConfigurationError, Malformed, NotAuthentic, ProviderUnavailable
from standins.gmail import create_app
from standins.serving import serve

AUDIENCE = "https://support.example/api/v1/webhooks/gmail"
ACCOUNT = "gmail-push@project.iam.gserviceaccount.com"


def make_verifier(
    certs_url: str, audience: str = AUDIENCE, refetch_pause: timedelta = timedelta(minutes=1)
) -> PushVerifier:
    return PushVerifier(
        GmailSettings(
            address="support@techcorp.example",
            client_id="id",
            client_secret=SecretStr("s"),
            refresh_token=SecretStr("r"),
            pubsub_audience=audience,
            pubsub_service_account=ACCOUNT,
            pubsub_certs_url=certs_url,
            timeout=timedelta(seconds=5),
        ),
        refetch_pause,
    )


@pytest.fixture
def google() -> Iterator[httpx.Client]:
    with serve(create_app()) as url, httpx.Client(base_url=url) as client:
        yield client


def rotate(google: httpx.Client) -> str:
    google.post("/_rotate_key").raise_for_status()
    return bearer(google)


def bearer(google: httpx.Client, **wish: object) -> str:
    answer = google.post("/_token", json={"aud": AUDIENCE, "email": ACCOUNT, **wish})
    return f"Bearer {answer.json()['token']}"


@pytest.mark.parametrize("path", ["/certs", "/certs/jwks"])
async def test_a_token_of_googles_is_believed(google: httpx.Client, path: str) -> None:
    await make_verifier(f"{google.base_url}{path}").verify(bearer(google))


@pytest.mark.parametrize(
    "wish",
    [
        {"aud": "https://elsewhere.example/"},
        {"email": "attacker@project.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"email_verified": None},
        {"iss": "https://accounts.example"},
        {"iss": None},
        {"expires_in": -120},
        {"wrong_key": True},
    ],
    ids=lambda wish: next(iter(wish.items())).__repr__(),
)
async def test_any_wrong_claim_or_key_is_refused(
    google: httpx.Client, wish: dict[str, object]
) -> None:
    with pytest.raises(NotAuthentic):
        await make_verifier(f"{google.base_url}/certs").verify(bearer(google, **wish))


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c", "Bearer x"]
)
async def test_a_missing_or_unreadable_token_is_refused(
    google: httpx.Client, header: str | None
) -> None:
    with pytest.raises(NotAuthentic):
        await make_verifier(f"{google.base_url}/certs").verify(header)


async def test_an_unsigned_token_is_refused(google: httpx.Client) -> None:
    header, claims, _ = bearer(google).removeprefix("Bearer ").split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for forged in (f"{none}.{claims}.", f"{header}.{claims}.", f"{header}.{claims}.AAAA"):
        with pytest.raises(NotAuthentic):
            await make_verifier(f"{google.base_url}/certs").verify(f"Bearer {forged}")


async def test_a_changed_claim_breaks_the_signature(google: httpx.Client) -> None:
    header, _, signature = bearer(google).removeprefix("Bearer ").split(".")
    _, claims, _ = bearer(google, aud="https://other.example").removeprefix("Bearer ").split(".")
    with pytest.raises(NotAuthentic):
        await make_verifier(f"{google.base_url}/certs", "https://other.example").verify(
            f"Bearer {header}.{claims}.{signature}"
        )


async def test_a_rotated_key_is_learnt_but_strangers_cannot_make_us_ask_without_end(
    google: httpx.Client,
) -> None:
    certs_url = f"{google.base_url}/certs"
    patient = make_verifier(certs_url)
    eager = make_verifier(certs_url, refetch_pause=timedelta())
    old = bearer(google)
    await patient.verify(old)
    await eager.verify(old)
    new = rotate(google)
    with pytest.raises(NotAuthentic):
        await patient.verify(new)
    await eager.verify(new)
    with pytest.raises(NotAuthentic):
        await eager.verify(old)


async def test_pubsub_pushes_what_the_watched_mailbox_received_until_it_is_taken() -> None:
    taken: list[PushNotification] = []
    answered = asyncio.Event()
    receiver = FastAPI()
    verifier: PushVerifier

    @receiver.post("/push")
    async def push(request: Request) -> Response:
        await verifier.verify(request.headers.get("authorization"))
        taken.append(parse_push(await request.body()))
        return Response(status_code=503 if len(taken) == 1 else 200)

    with serve(receiver) as url:
        app = create_app("support@techcorp.example", f"{url}/push", AUDIENCE, ACCOUNT)
        with serve(app) as google_url:
            verifier = make_verifier(f"{google_url}/certs")
            async with httpx.AsyncClient(base_url=google_url) as client:
                form = {"grant_type": "refresh_token", "refresh_token": "r"}
                token = (await client.post("/token", data=form)).json()["access_token"]
                client.headers["Authorization"] = f"Bearer {token}"
                await client.post("/_receive", json={"subject": "before the watch", "text": "x"})
                topic = {"topicName": "projects/p/topics/t"}
                await client.post("/gmail/v1/users/me/watch", json=topic)
                received = (await client.post("/_receive", json={"subject": "x"})).json()
                while not any(
                    push.get("status") == 200 for push in (await client.get("/_pushes")).json()
                ):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(answered.wait(), 0.02)
    expected = PushNotification("support@techcorp.example", int(received["historyId"]))
    assert taken == [expected, expected]


async def test_keys_that_cannot_be_fetched_are_no_reason_to_believe() -> None:
    with serve(create_app()) as url, httpx.Client(base_url=url) as google:
        token = bearer(google)
    with pytest.raises(ProviderUnavailable):
        await make_verifier("http://127.0.0.1:9/certs").verify(token)


def test_an_empty_audience_or_account_does_not_start() -> None:
    with pytest.raises(ConfigurationError):
        make_verifier("http://127.0.0.1:9/certs", audience="")


def test_an_envelope_names_mailbox_and_history() -> None:
    data = "eyJlbWFpbEFkZHJlc3MiOiAidXNlckBleGFtcGxlLmNvbSIsICJoaXN0b3J5SWQiOiAiMTIzNDU2Nzg5MCJ9"
    push = parse_push(json.dumps({"message": {"data": data, "messageId": "1"}}).encode())
    assert (push.email_address, push.history_id) == ("user@example.com", 1234567890)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"message": {}}',
        b'{"message": {"data": "!!!"}}',
        b'{"message": {"data": "eyJmb28iOiJiYXIifQ=="}}',
        b'{"message": {"data": 5}}',
        b'{"message": "x"}',
        b"\x00\xff",
    ],
)
def test_anything_else_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_push(body)


@pytest.mark.parametrize(
    "number",
    [
        *("1e999", "-1e999", "1.5", "0", "-1", "true", "null", '"1e3"', '"x"', "[]", "9" * 5000),
        *(str(2**63), f'"{2**64}"', '"' + "9" * 5000 + '"', "NaN", "Infinity"),
    ],
)
def test_a_number_that_is_no_history_id_is_malformed(number: str) -> None:
    payload = f'{{"emailAddress": "user@example.com", "historyId": {number}}}'
    data = base64.b64encode(payload.encode()).decode()
    with pytest.raises(Malformed):
        parse_push(json.dumps({"message": {"data": data}}).encode())
