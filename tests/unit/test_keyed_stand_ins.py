"""A stand-in with a key does nothing for who lacks it; one without is for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from standins import gmail, twilio
from standins.keyed import STAND_IN_HEADER, Keyed

CALLS = [("GET", "/_sent"), ("POST", "/_receive"), ("POST", "/_fail"), ("GET", "/_fail")]


@pytest.fixture(params=[gmail, twilio])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    app = Keyed(request.param.create_app(), "the key")
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in") as found:
        yield found


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_a_stand_ins_own_calls_need_its_key(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    for headers in ({}, {STAND_IN_HEADER: ""}, {STAND_IN_HEADER: "the ke"}):
        assert (await client.request(method, path, headers=headers)).status_code == 401
    known = await client.request("GET", "/_sent", headers={STAND_IN_HEADER: "the key"})
    assert (known.status_code, known.json()) == (200, [])


async def test_only_the_given_login_gets_a_token_of_the_mailbox() -> None:
    app = gmail.create_app(client_secret="right", refresh_token="also right")
    transport = httpx.ASGITransport(app)
    form = {"grant_type": "refresh_token", "client_secret": "right", "refresh_token": "also right"}
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in") as client:
        assert (await client.post("/token", data=form)).status_code == 200
        for wrong in (
            {"client_secret": "guess"},
            {"refresh_token": "guess"},
            {"refresh_token": ""},
        ):
            assert (await client.post("/token", data={**form, **wrong})).status_code in (400, 401)
