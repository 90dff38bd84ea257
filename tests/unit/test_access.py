"""Tests staff keys and tickets' tokens."""

from __future__ import annotations

import pytest
from fastapi import Request
from pydantic import SecretStr

from deployments.api.access import Gate, StaffKeys, TicketTokens
from deployments.api.errors import Unauthorized
from deployments.api.guesses import GuessLimit
from deployments.api.limits import SenderAddress
from domain.errors import NotFound, Overloaded
from domain.principals import Principal, Role

KEYS = StaffKeys({"grace": SecretStr("one key"), "henry": SecretStr("another")})


def make_gate(per_minute: int = 1000) -> Gate:
    return Gate(KEYS, GuessLimit(per_minute), SenderAddress(""))


def request(authorization: str | None) -> Request:
    return with_headers({} if authorization is None else {"authorization": authorization})


def with_headers(headers: dict[str, str], peer: str = "198.51.100.7") -> Request:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": encoded, "client": (peer, 4711)})


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
    gate = make_gate()
    if name is None:
        with pytest.raises(Unauthorized):
            await gate.staff(request(authorization))
    else:
        assert await gate.staff(request(authorization)) == Principal(name, Role.ADMIN)


TOKENS = TicketTokens(SecretStr("a secret"))
RIGHT = {"x-ticket-token": TOKENS.token("TKT-1")}


async def opens(gate: Gate, headers: dict[str, str], peer: str = "198.51.100.7") -> str:
    """How a look at ticket TKT-1 ends."""
    try:
        await gate.ticket(TOKENS, with_headers(headers, peer), "TKT-1", staff_too=True)
    except NotFound:
        return "wrong"
    except Overloaded:
        return "refused"
    return "open"


@pytest.mark.parametrize("name", ["x-ticket-token", "authorization"])
async def test_who_guesses_is_refused_before_anything_is_compared_and_others_are_not(
    name: str,
) -> None:
    gate = make_gate(per_minute=30)
    guesses = [{name: f"Bearer guess-{number}"} for number in range(400)]
    ends = [await opens(gate, guess) for guess in guesses]
    assert ends == ["wrong"] * 30 + ["refused"] * 370
    assert await opens(gate, RIGHT) == "refused"
    assert await opens(gate, RIGHT, "203.0.113.9") == "open"
    assert await opens(gate, {"authorization": "Bearer another"}, "203.0.113.9") == "open"


async def test_a_target_that_many_addresses_guess_at_stays_open_for_its_owner() -> None:
    gate = make_gate(per_minute=30)
    ends = []
    for number in range(1000):
        guess = {"x-ticket-token": f"guess-{number}"}
        ends.append(await opens(gate, guess, f"203.0.113.{number % 50}"))
    assert ends.count("wrong") <= 30 + 50 * 3
    assert await opens(gate, RIGHT) == "open"
    assert await opens(gate, {"x-ticket-token": "a slip"}) == "wrong"
    assert await opens(gate, RIGHT) == "open"


async def test_right_secrets_are_never_counted() -> None:
    gate = make_gate(per_minute=3)
    for _ in range(50):
        assert await opens(gate, RIGHT) == "open"
        assert (await gate.staff(request("Bearer another"))).name == "henry"


async def test_a_call_without_a_secret_is_no_guess() -> None:
    gate = make_gate(per_minute=3)
    for _ in range(10):
        assert await opens(gate, {}) == "wrong"
        with pytest.raises(Unauthorized):
            await gate.staff(request(None))
    assert await opens(gate, RIGHT) == "open"


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
