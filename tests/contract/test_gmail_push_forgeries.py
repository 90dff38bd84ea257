"""Checks that a push's token can't be forged, and forged ones can't make us fetch without end or limit."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr
from starlette.responses import JSONResponse, StreamingResponse

from channels.gmail.push import PushVerifier
from channels.gmail.settings import GmailSettings
from domain.errors import ConfigurationError, NotAuthentic, ProviderUnavailable
from standins.google_identity import SigningKey, push_claims
from standins.serving import serve

AUDIENCE = "https://support.example/api/v1/webhooks/gmail"
ACCOUNT = "gmail-push@project.iam.gserviceaccount.com"


@dataclass
class KeyHost:
    """An address that publishes keys and counts who asked."""

    key: SigningKey = field(default_factory=SigningKey)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    url: str = ""

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/keys")
        async def keys(request: Request) -> Response:
            self.asked.append(request.url.path)
            return JSONResponse({"keys": [self.key.jwk()]}, self.status)

        @app.get("/certificates")
        async def certificates(request: Request) -> Response:
            self.asked.append(request.url.path)
            return JSONResponse({self.key.key_id: self.key.certificate}, self.status)

        @app.get("/endless")
        async def endless() -> Response:
            async def spaces() -> AsyncIterator[bytes]:
                while True:
                    yield b" " * 65536

            return StreamingResponse(spaces())

        @app.get("/slow")
        async def slow() -> Response:
            async def drips() -> AsyncIterator[bytes]:
                while True:
                    yield b" "
                    await asyncio.sleep(0.05)

            return StreamingResponse(drips())

        @app.get("/nested")
        async def nested() -> Response:
            return Response("[" * 100_000)

        return app


@contextmanager
def key_host() -> Iterator[KeyHost]:
    host = KeyHost()
    with serve(host.app()) as url:
        host.url = url
        yield host


@pytest.fixture
def google() -> Iterator[KeyHost]:
    with key_host() as host:
        yield host


def make_verifier(url: str, timeout: timedelta = timedelta(seconds=5)) -> PushVerifier:
    return PushVerifier(
        GmailSettings(
            address="support@techcorp.example",
            client_id="id",
            client_secret=SecretStr("s"),
            refresh_token=SecretStr("r"),
            pubsub_audience=AUDIENCE,
            pubsub_service_account=ACCOUNT,
            pubsub_certs_url=url,
            timeout=timeout,
        )
    )


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims(**changes: object) -> dict[str, object]:
    return push_claims(AUDIENCE, ACCOUNT) | changes


def signed_with_hmac(secret: bytes, header: Mapping[str, object]) -> str:
    signed = f"{encode(header)}.{encode(claims())}"
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


async def test_the_public_key_is_no_secret_to_sign_with(google: KeyHost) -> None:
    verifier = make_verifier(f"{google.url}/keys")
    for secret in (google.key.certificate.encode(), json.dumps(google.key.jwk()).encode()):
        for algorithm in ("HS256", "RS256"):
            header = {"alg": algorithm, "typ": "JWT", "kid": google.key.key_id}
            with pytest.raises(NotAuthentic):
                await verifier.verify(f"Bearer {signed_with_hmac(secret, header)}")


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", None, 5, ["RS256"]])
async def test_no_algorithm_but_googles_is_taken(google: KeyHost, algorithm: object) -> None:
    header = encode({"alg": algorithm, "kid": google.key.key_id})
    for signature in ("", encode(b"x" * 256)):
        with pytest.raises(NotAuthentic):
            await make_verifier(f"{google.url}/keys").verify(
                f"Bearer {header}.{encode(claims())}.{signature}"
            )


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
async def test_a_key_that_the_token_brings_is_not_used(google: KeyHost, member: str) -> None:
    with key_host() as stranger:
        value: object = {
            "jku": f"{stranger.url}/keys",
            "x5u": f"{stranger.url}/certificates",
            "jwk": stranger.key.jwk(),
            "x5c": [stranger.key.certificate],
        }[member]
        for key_id in (google.key.key_id, stranger.key.key_id):
            token = stranger.key.sign(claims(), key_id, **{member: value})
            with pytest.raises(NotAuthentic):
                await make_verifier(f"{google.url}/keys").verify(f"Bearer {token}")
        assert stranger.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE]},
        {"aud": [AUDIENCE, "https://elsewhere.example"]},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        {"iat": time.time() + 3600},
        {"iss": ["https://accounts.google.com"]},
        {"email": None},
        {"email": [ACCOUNT]},
        {"email_verified": "true"},
        {"email_verified": 1},
    ],
    # Without the number of this moment, which is another one in each process that collects the tests.
    ids=lambda changes: "-".join(
        f"{name} {type(value).__name__}" for name, value in changes.items()
    ),
)
async def test_a_signed_claim_of_another_kind_is_refused(
    google: KeyHost, changes: dict[str, object]
) -> None:
    token = google.key.sign(claims(**changes))
    with pytest.raises(NotAuthentic):
        await make_verifier(f"{google.url}/keys").verify(f"Bearer {token}")


async def test_a_deeply_nested_token_is_refused(google: KeyHost) -> None:
    deep = encode(b"[" * 5000)
    for forged in (f"{deep}.{encode(claims())}.AAAA", google.key.sign({"a": 1}) + deep):
        with pytest.raises(NotAuthentic):
            await make_verifier(f"{google.url}/keys").verify(f"Bearer {forged}")


@pytest.mark.parametrize("form", ["keys", "certificates"])
async def test_unknown_keys_are_looked_up_once_a_minute_and_known_ones_not_at_all(
    google: KeyHost, form: str
) -> None:
    verifier = make_verifier(f"{google.url}/{form}")
    for _ in range(5):
        await verifier.verify(f"Bearer {google.key.sign(claims())}")
        with pytest.raises(NotAuthentic):
            await verifier.verify(f"Bearer {google.key.sign(claims(), 'unknown')}")
    assert google.asked == [f"/{form}"]


@pytest.mark.parametrize("path", ["endless", "slow", "nested", "absent"])
async def test_an_answer_that_holds_no_keys_is_given_up_within_the_time_limit(
    google: KeyHost, path: str
) -> None:
    verifier = make_verifier(f"{google.url}/{path}", timedelta(seconds=1))
    with pytest.raises(ProviderUnavailable):
        async with asyncio.timeout(30):
            await verifier.verify(f"Bearer {google.key.sign(claims())}")


async def test_keys_are_had_again_once_their_address_answers(google: KeyHost) -> None:
    verifier = make_verifier(f"{google.url}/keys")
    google.status = 503
    with pytest.raises(ProviderUnavailable):
        await verifier.verify(f"Bearer {google.key.sign(claims())}")
    google.status = 200
    await verifier.verify(f"Bearer {google.key.sign(claims())}")


def test_keys_from_a_file_do_not_start() -> None:
    with pytest.raises(ConfigurationError):
        make_verifier("file:///etc/passwd")
