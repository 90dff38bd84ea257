"""Tests how much one sender may ask for."""

from __future__ import annotations

import pytest
from fastapi import Request

from deployments.api.limits import FormLimit, RateLimit, SenderAddress, network_of
from domain.errors import Overloaded


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def is_allowed(limit: RateLimit, sender: str = "ada") -> bool:
    try:
        limit.take(sender)
    except Overloaded:
        return False
    return True


def test_a_burst_as_large_as_the_rate_is_allowed_and_no_more() -> None:
    limit = RateLimit(3, clock=Clock())
    assert [is_allowed(limit) for _ in range(5)] == [True, True, True, False, False]


def test_senders_do_not_share() -> None:
    limit = RateLimit(1, clock=Clock())
    assert [is_allowed(limit, name) for name in ("ada", "bob", "ada")] == [True, True, False]


def test_tokens_come_back_with_time_and_never_more_than_the_burst() -> None:
    clock = Clock()
    limit = RateLimit(2, clock=clock)
    assert [is_allowed(limit) for _ in range(3)] == [True, True, False]
    clock.now += 30
    assert [is_allowed(limit) for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [is_allowed(limit) for _ in range(3)] == [True, True, False]


def test_who_comes_back_when_told_is_let_in() -> None:
    clock = Clock()
    limit = RateLimit(7, clock=clock)
    while is_allowed(limit):
        clock.now += 0.1
    for _ in range(50):
        with pytest.raises(Overloaded) as refusal:
            limit.take("ada")
        assert refusal.value.retry_after is not None
        clock.now += refusal.value.retry_after.total_seconds() + 1e-6
        assert is_allowed(limit)


def test_asking_too_often_costs_nothing() -> None:
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    while is_allowed(limit):
        clock.now += 0
    allowed = 0
    for _ in range(100):
        clock.now += 0.25
        allowed += is_allowed(limit)
    assert allowed == 25


def test_a_new_rate_counts_at_once() -> None:
    limit = RateLimit(1, clock=Clock())
    assert is_allowed(limit)
    limit.set_rate(100)
    assert not is_allowed(limit)
    assert [is_allowed(limit, "bob") for _ in range(3)] == [True, True, True]


def test_who_was_silent_longest_is_forgotten_first() -> None:
    limit = RateLimit(1, max_senders=2, clock=Clock())
    for sender in ("ada", "bob", "ada", "cid"):
        is_allowed(limit, sender)
    assert not is_allowed(limit, "ada")
    assert is_allowed(limit, "bob")


def address_of(peer: str, forwarded: str = "", trusted: str = "10.0.0.1") -> str:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "headers": headers, "client": (peer, 4711)})
    return SenderAddress(trusted)(request)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("[::ffff:198.51.100.1]:443", "198.51.100.1"),
        ("2001:db8:1:1::17", "2001:db8:1:1::/64"),
        ("[2001:db8:1:1::17]", "2001:db8:1:1::/64"),
        ("[2001:db8:1:1::17]:4711", "2001:db8:1:1::/64"),
        ("2001:db8:1:1::17%eth0", "2001:db8:1:1::/64"),
        ("2001:db8:1:2::17", "2001:db8:1:2::/64"),
        ("_hidden", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
    ],
)
def test_an_address_counts_without_its_port_and_of_ipv6_its_network(
    written: str, address: str
) -> None:
    assert address_of("10.0.0.1", f"1.1.1.1, {written}") == address
    if "." in address and address != "10.0.0.1":
        assert address_of(written) == address


def test_the_addresses_of_one_line_share_its_limit() -> None:
    limit = RateLimit(30, clock=Clock())
    passed = sum(
        is_allowed(limit, address_of("10.0.0.1", f"2001:db8:1:1::{number:x}"))
        for number in range(1000)
    )
    assert passed == 30


def test_a_network_is_limited_beyond_what_its_addresses_are() -> None:
    limit = FormLimit(10, clock=Clock())
    taken = 0
    for number in range(200):
        for _ in range(10):
            try:
                limit.take(f"198.51.100.{number}")
            except Overloaded:
                continue
            taken += 1
    assert taken == 50
    limit.take("198.51.101.1")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:1::/64", "2001:db8:1::/48"),
        ("", ""),
    ],
)
def test_a_network_is_that_of_its_addresses(address: str, network: str) -> None:
    assert network_of(address) == network
