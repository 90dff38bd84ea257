"""Tests the challenge of the form: whose it is, for how long, and that its solution serves one form alone."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from pydantic import SecretStr

from deployments.api.challenge import Challenges, work, zero_bits
from domain.company import FormRules
from domain.messages import REPEATED_WITHIN

BITS = 8
BODY = b'{"name":"Ada Fox"}'
KEY = "key-1"
LIFETIME = timedelta(minutes=5)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock | None = None, secret: str = "a secret of 16 or more") -> Challenges:
    return Challenges(SecretStr(secret), clock or Clock())


def solve(challenge: str, key: str | None = KEY, body: bytes = BODY, bits: int = BITS) -> str:
    for number in itertools.count():
        if zero_bits(work(challenge, key, body, str(number))) >= bits:
            return f"{challenge}:{number}"
    raise AssertionError


def test_a_solution_opens_the_form_that_it_was_made_for() -> None:
    challenges = make()
    challenges.check(solve(challenges.make(BITS)), BITS, KEY, BODY)
    challenges.check(solve(challenges.make(BITS), key=None), BITS, None, BODY)


def test_a_solution_opens_no_other_form() -> None:
    challenges = make()
    # More work than for the others: by chance one in 65,536 solves another form too.
    solution = solve(challenges.make(16), bits=16)
    for key, body in ((KEY, BODY + b" "), ("key-2", BODY), (None, BODY)):
        with pytest.raises(ValueError, match="does not solve"):
            challenges.check(solution, BITS, key, body)


def test_a_challenge_ends_before_a_repeated_form_counts_as_a_new_one() -> None:
    assert LIFETIME < REPEATED_WITHIN
    clock = Clock()
    challenges = make(clock)
    solution = solve(challenges.make(BITS))
    clock.now += LIFETIME.total_seconds() - 1
    challenges.check(solution, BITS, KEY, BODY)
    clock.now += 2
    with pytest.raises(ValueError, match="older than five minutes"):
        challenges.check(solution, BITS, KEY, BODY)


def test_a_challenge_that_somebody_else_made_or_changed_is_refused() -> None:
    challenges = make()
    ours = challenges.make(BITS)
    expires_at, bits, signature = ours.split(".")
    forged = [
        make(secret="the secret of somebody else").make(BITS),
        f"{int(expires_at) + 9999}.{bits}.{signature}",
        f"{expires_at}.1.{signature}",
        f"{expires_at}.{bits}.",
        f"..{signature}",
        "",
        ":",
        "ünïcode",
    ]
    for challenge in forged:
        with pytest.raises(ValueError, match="not one of ours"):
            challenges.check(solve(challenge), BITS, KEY, BODY)


def test_an_easier_challenge_of_before_does_not_serve_once_more_work_is_asked_for() -> None:
    challenges = make()
    with pytest.raises(ValueError, match="less work"):
        challenges.check(solve(challenges.make(BITS)), BITS + 1, KEY, BODY)


@pytest.mark.parametrize("number", ["", "-1", "x", "1e9", "٣", "9" * 21, "0x1", " 1"])
def test_what_is_no_number_solves_nothing(number: str) -> None:
    challenges = make()
    with pytest.raises(ValueError, match="does not solve"):
        challenges.check(f"{challenges.make(0)}:{number}", 0, KEY, BODY)


def test_the_work_is_what_the_documentation_says() -> None:
    challenge, number = "1800000300.12.00ff", "168"
    digest = work(challenge, "key-1", '{"message":"Zürich"}'.encode(), number)
    assert digest.hex() == "000f4dba0be1c5d7662db255d529a9d09bb606aa047257c6abd108c2cabdd131"
    assert zero_bits(digest) == 12


def test_zero_bits_are_counted_across_bytes() -> None:
    assert [zero_bits(bytes.fromhex(text)) for text in ("ff", "7f", "01", "0080", "0000")] == [
        0, 1, 7, 8, 16,
    ]  # fmt: skip


def test_the_profile_asks_for_nothing_unless_it_says_so() -> None:
    assert FormRules().challenge == "never"
