"""Tests staff keys and tickets' tokens."""

from __future__ import annotations

import pytest
from fastapi import Request
from pydantic import SecretStr

from deployments.api.access import Gate, TicketTokens
from deployments.api.errors import ForeignOrigin, Unauthorized
from deployments.api.guesses import GuessLimit
from deployments.api.limits import SenderAddress
from deployments.api.session_cookie import SessionCookie
from deployments.staff_directory import Staff
from domain.errors import NotFound, Overloaded, SessionOver
from domain.principals import Principal, Role
from domain.stores import UnitOfWork


def no_database() -> UnitOfWork:
    raise AssertionError(
        "a key of the settings needs no database, nor does a guess of another form"
    )


KEYS = Staff({"grace": SecretStr("one key"), "henry": SecretStr("another")}, no_database)


class OneSession(Staff):
    """Beside the keys one open session, and one that is over."""

    async def find_session(self, token: str) -> Principal | None:
        if token == "over":
            raise SessionOver("over")
        return Principal("ivy", Role.AGENT) if token == "open" else None


def make_gate(per_minute: int = 1000, keys: Staff = KEYS, base: str = "http://testserver") -> Gate:
    return Gate(keys, GuessLimit(per_minute), SenderAddress(""), SessionCookie(base))


def request(authorization: str | None) -> Request:
    return with_headers({} if authorization is None else {"authorization": authorization})


def with_headers(
    headers: dict[str, str], peer: str = "198.51.100.7", method: str = "GET"
) -> Request:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "headers": encoded, "client": (peer, 4711)})


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
    assert "one key" not in repr(vars(KEYS)) + repr(vars(vars(KEYS)["_keys"]))


def session(token: str, method: str = "GET", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    cookie = {"cookie": f"staff_session={token}", "host": "testserver"}
    return with_headers(cookie | named, method=method)


ONE_SESSION = OneSession({"grace": SecretStr("one key")}, no_database)


async def test_a_session_opens_and_a_key_beside_it_goes_first() -> None:
    gate = make_gate(keys=ONE_SESSION)
    assert (await gate.staff(session("open"))).name == "ivy"
    assert (await gate.staff(session("open", authorization="Bearer one key"))).name == "grace"
    with pytest.raises(Unauthorized):
        await gate.staff(session("open", authorization="Bearer wrong"))


async def test_over_https_only_the_protected_name_is_read() -> None:
    gate = make_gate(keys=ONE_SESSION, base="https://support.example")
    with pytest.raises(Unauthorized):
        await gate.staff(session("open"))
    assert (await gate.staff(with_headers({"cookie": "__Host-staff_session=open"}))).name == "ivy"


async def test_guessed_sessions_are_counted_and_one_that_is_over_is_no_guess() -> None:
    gate = make_gate(per_minute=3, keys=ONE_SESSION)
    for _ in range(10):
        with pytest.raises(SessionOver):
            await gate.staff(session("over"))
    assert (await gate.staff(session("open"))).name == "ivy"
    for number in range(3):
        with pytest.raises(SessionOver):
            await gate.staff(session(f"guess-{number}"))
    with pytest.raises(Overloaded):
        await gate.staff(session("open"))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": "http://neighbour.testserver"},
        {"sec_fetch_site": "cross-site", "origin": "https://testserver.evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_another_sites_page_changes_nothing_with_a_session(
    headers: dict[str, str], method: str
) -> None:
    gate = make_gate(keys=ONE_SESSION)
    with pytest.raises(ForeignOrigin):
        await gate.staff(session("open", method, **headers))
    # A key is never sent by a browser on its own.
    with_key = headers | {"authorization": "Bearer one key"}
    assert (await gate.staff(session("open", method, **with_key))).name == "grace"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://testserver"},
        {"sec_fetch_site": "same-origin", "origin": "http://testserver"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {},
    ],
)
async def test_our_own_pages_change_what_their_reader_may(headers: dict[str, str]) -> None:
    gate = make_gate(keys=ONE_SESSION)
    assert (await gate.staff(session("open", "POST", **headers))).name == "ivy"


async def test_behind_a_proxy_that_renames_the_host_our_own_page_is_known_by_the_public_address() -> (
    None
):
    gate = make_gate(keys=ONE_SESSION, base="https://support.example")
    request = with_headers(
        {
            "cookie": "__Host-staff_session=open",
            "origin": "https://support.example",
            "host": "10.0.0.7:8000",
        },
        method="POST",
    )
    assert (await gate.staff(request)).name == "ivy"


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
