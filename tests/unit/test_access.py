"""Tests staff keys and tickets' tokens."""

from __future__ import annotations

import pytest
from fastapi import Request
from pydantic import SecretStr

from deployments.api.access import StaffKeys, TicketTokens, authenticate, find_principal
from deployments.api.errors import Unauthorized
from deployments.api.limits import RateLimit
from domain.principals import Principal, Role

KEYS = StaffKeys({"grace": SecretStr("one key"), "henry": SecretStr("another")})


def request(authorization: str | None) -> Request:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        ("Bearer one key", "grace"),
        ("bearer  another ", "henry"),
        ("Bearer One key", None),
        ("Bearer one", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic one key", None),
        ("one key", None),
        ("Bearer \xff", None),
        ("", None),
        (None, None),
    ],
)
async def test_a_key_is_whose_it_is(authorization: str | None, name: str | None) -> None:
    found = await find_principal(KEYS, request(authorization))
    assert found == (Principal(name, Role.ADMIN) if name else None)


async def test_a_call_without_a_key_is_unauthorized() -> None:
    tries = RateLimit(1)
    henry = await authenticate(KEYS, request("Bearer another"), tries, "198.51.100.7")
    assert henry.name == "henry"
    with pytest.raises(Unauthorized):
        await authenticate(KEYS, request(None), tries, "198.51.100.7")


def test_keys_are_not_kept_in_clear() -> None:
    assert "one key" not in repr(vars(KEYS))


def test_a_token_opens_its_ticket_alone() -> None:
    tokens = TicketTokens(SecretStr("a secret"))
    token = tokens.token("TKT-1")
    assert tokens.opens("TKT-1", token)
    assert not tokens.opens("TKT-2", token)
    assert not tokens.opens("TKT-1", "")
    assert not tokens.opens("TKT-1", token[:-1])
    assert not tokens.opens("TKT-1", "ä")
    assert not TicketTokens(SecretStr("another secret")).opens("TKT-1", token)
    assert len(token) == 43
