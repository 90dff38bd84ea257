"""Pushes are believed only with a token that Google signed for us."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from channels.gmail.push import PushVerifier, parse_push
from channels.gmail.settings import GmailSettings
from domain.errors import ConfigurationError, Malformed, NotAuthentic, ProviderUnavailable
from tests.standins.gmail import create_app
from tests.standins.serving import serve

AUDIENCE = "https://support.example/api/v1/webhooks/gmail"
ACCOUNT = "gmail-push@project.iam.gserviceaccount.com"


def make_verifier(certs_url: str, audience: str = AUDIENCE) -> PushVerifier:
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
        )
    )


@pytest.fixture
def google() -> Iterator[httpx.Client]:
    with serve(create_app()) as url, httpx.Client(base_url=url) as client:
        yield client


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
async def test_any_wrong_claim_or_key_is_refused(google: httpx.Client, wish: dict[str, object]) -> None:
    with pytest.raises(NotAuthentic):
        await make_verifier(f"{google.base_url}/certs").verify(bearer(google, **wish))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a.b.c", "Bearer x"])
async def test_a_missing_or_unreadable_token_is_refused(google: httpx.Client, header: str | None) -> None:
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


async def test_keys_are_fetched_once_and_again_when_they_rotate(google: httpx.Client) -> None:
    verifier = make_verifier(f"{google.base_url}/certs")
    await verifier.verify(bearer(google))
    google.post("/_rotate_key")
    with pytest.raises(NotAuthentic):  # known to be fresh: strangers can't make us ask without end
        await verifier.verify(bearer(google))
    await make_verifier(f"{google.base_url}/certs").verify(bearer(google))


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
